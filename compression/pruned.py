"""Checkpoints whose layers may be narrower than their spec says: channels that were pruned are gone from them.

The network is built at its full width, its layers are cut to the widths of the stored weights, and then filled.
What was never pruned is read the same way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

import compression.students  # noqa: F401 - makes the student known to the registry
from appliance.errors import Unreadable
from training.checkpoint import CheckpointSpec
from training.config import config_from
from training.networks.registry import build
from training.spine.checkpoints import BUILDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def load_any(path: Path) -> tuple[nn.Module, CheckpointSpec]:
    """Read a network, ready to answer."""
    try:
        with safe_open(path, framework="pt") as stored:
            table = json.loads((stored.metadata() or {})["spec"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise Unreadable(f"{path.name} is not a checkpoint ({error}).", advice="Give a .safetensors file.") from error
    spec = config_from(CheckpointSpec, table, path.name)
    network = build(spec.network)
    narrow(network, tensors)
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    return network.eval(), spec


def load_spine(path: Path) -> tuple[str, nn.Module]:
    """Read one of the spine's networks, ready to answer; its role comes first."""
    try:
        with safe_open(path, framework="pt") as stored:
            role = (stored.metadata() or {})["network"]
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
        network = BUILDERS[role]()
    except (OSError, KeyError, SafetensorError) as error:
        raise Unreadable(f"{path.name} is no spine network ({error}).", advice="Give a .safetensors file.") from error
    narrow(network, tensors)
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    return role, network.eval()


def narrow(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Cut every layer to the width of its stored weights."""
    for name, module in network.named_modules():
        stored = tensors.get(f"{name}.weight")
        if stored is None:
            continue
        if isinstance(module, nn.Conv2d):
            module.out_channels, module.in_channels = stored.shape[0], stored.shape[1] * module.groups
        elif isinstance(module, nn.ConvTranspose2d):
            module.in_channels, module.out_channels = stored.shape[0], stored.shape[1]
        elif isinstance(module, nn.BatchNorm2d):
            module.num_features = len(stored)
            module.running_mean, module.running_var = torch.zeros(len(stored)), torch.ones(len(stored))
        module.weight = nn.Parameter(torch.zeros(stored.shape))
        if module.bias is not None:
            module.bias = nn.Parameter(torch.zeros(tensors[f"{name}.bias"].shape))
