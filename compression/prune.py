"""Structured pruning: whole channels go, the least important ones over the whole network, and with them their cost.

torch-pruning follows which layers hang together; a channel that is pruned is gone from every layer that made or read
it, and so from the ONNX file. Batch norms are measured anew afterwards, then the student is taught on.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
import torch_pruning
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

RATIOS = (0.1, 0.2, 0.35)
"""Shares of the channels."""
ROUND_TO = 4
"""Runtimes compute four channels as fast as three."""
MOST_OF_A_LAYER = 0.6


def pruned(network: nn.Module, example: Tensor, ratio: float, kept: Iterable[nn.Module]) -> nn.Module:
    """Return a copy without a share of its channels; the layers ``kept`` keep all that they give."""
    copied = copy.deepcopy(network).eval()
    names = {id(module): name for name, module in network.named_modules()}
    modules = dict(copied.named_modules())
    pruner = torch_pruning.pruner.MetaPruner(
        copied,
        example,
        importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        global_pruning=True,
        pruning_ratio=ratio,
        max_pruning_ratio=MOST_OF_A_LAYER,
        round_to=ROUND_TO,
        ignored_layers=[modules[names[id(module)]] for module in kept],
    )
    pruner.step()
    return copied


@torch.no_grad()
def measure_norms_anew(network: nn.Module, images: Iterable[Tensor]) -> None:
    """Let every batch norm see real images again and forget what it knew of the wider network."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over everything that it sees
    network.train()
    for batch in images:
        network(batch)
    network.eval()
    for norm in norms:
        norm.momentum = 0.1
