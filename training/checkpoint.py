"""A trained network as one small file: weights in half precision, and the spec that builds it again.

Written as safetensors, so that reading one runs no code of its writer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from appliance.errors import Unreadable
from appliance.preprocess import BrainInput, LesionInput
from training.config import as_table, config_from
from training.networks.registry import NetworkSpec, build

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import nn


@dataclass(frozen=True, slots=True)
class CheckpointSpec:
    """What is needed to use the weights: the network, and how its input is prepared."""

    network: NetworkSpec
    heads: bool = False
    brain_input: BrainInput = field(default_factory=BrainInput)
    lesion_input: LesionInput = field(default_factory=LesionInput)
    thresholds: tuple[float, ...] = (0.5, 0.5, 0.5)
    """For brain, ventricle and lesion."""
    smallest_lesion_ml: float = 0.0
    """Connected lesions below this volume are dropped."""
    run: str = ""
    """The recorded run that the weights come from."""


def save_checkpoint(network: nn.Module, spec: CheckpointSpec, path: Path) -> None:
    """Write weights and spec."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: _halved(value).contiguous() for name, value in network.state_dict().items()}
    save_file(tensors, path, metadata={"spec": json.dumps(as_table(spec))})


def load_checkpoint(path: Path) -> tuple[nn.Module, CheckpointSpec]:
    """Read a network, ready to answer."""
    try:
        with safe_open(path, framework="pt") as stored:
            table: dict[str, Any] = json.loads((stored.metadata() or {})["spec"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise Unreadable(f"{path.name} is not a checkpoint ({error}).", advice="Give a .safetensors file.") from error
    spec = config_from(CheckpointSpec, table, path.name)
    network = build(spec.network)
    network.load_state_dict({name: _widened(value) for name, value in tensors.items()})
    return network.eval(), spec


def _halved(value: torch.Tensor) -> torch.Tensor:
    return value.half() if value.is_floating_point() else value


def _widened(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value
