"""Networks answer whole scans: the clinic's flow with PyTorch in the engine's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from appliance.preprocess import Floats, Prepared

BATCH = 8


def answer(network: nn.Module, prepared: Prepared, slices: Iterable[int], *, mirrored: bool = False) -> Floats:
    """Return probabilities ``[slice, outputs, rows, columns]``; slices that were not asked for are 0."""
    wanted = list(slices)
    outputs: Floats | None = None
    device = next(network.parameters()).device
    for start in range(0, len(wanted), BATCH):
        here = wanted[start : start + BATCH]
        found = _probabilities(network, torch.from_numpy(prepared.batch(here)).to(device), mirrored=mirrored)
        if outputs is None:
            outputs = np.zeros((len(prepared.slices), *found.shape[1:]), dtype=np.float32)
        outputs[here] = found.cpu().numpy()
    if outputs is None:
        raise ValueError("no slices to answer")
    return outputs


@torch.inference_mode()
def _probabilities(network: nn.Module, images: torch.Tensor, *, mirrored: bool) -> torch.Tensor:
    images = images.to(memory_format=torch.channels_last)
    found = torch.sigmoid(network(images))
    if mirrored:
        found = (found + torch.sigmoid(network(images.flip(-1))).flip(-1)) / 2
    return found
