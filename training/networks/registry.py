"""Every network by its name: one way to make any of them from the same few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monai.networks.nets import AttentionUnet, BasicUNet

from appliance.errors import Misuse
from training.networks.published import DeepLab, Fcn8, ResUNet, TransUNet
from training.networks.teacher import ResidualUNet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Which network, and its size: enough to build it again beside its weights."""

    name: str = "teacher"
    channels: int = 3
    outputs: int = 3
    widths: tuple[int, ...] = (16, 32, 64, 96, 128)
    """Of the teacher, level by level; the published networks have their published widths."""
    dropout: float = 0.1


BUILDERS: dict[str, Callable[[NetworkSpec, Path | None], nn.Module]] = {
    "teacher": lambda spec, _: ResidualUNet(spec.channels, spec.outputs, spec.widths, spec.dropout),
    "fcn8_vgg16": lambda spec, weights: Fcn8(spec.outputs, spec.dropout, weights),
    "resunet_resnet50": lambda spec, weights: ResUNet(spec.outputs, spec.dropout, weights),
    "deeplabv3plus": lambda spec, weights: DeepLab(spec.outputs, spec.dropout, weights),
    "transunet": lambda spec, weights: TransUNet(spec.outputs, spec.dropout, weights),
    "attention_unet": lambda spec, _: AttentionUnet(
        2, spec.channels, spec.outputs, (32, 64, 128, 256, 512), (2, 2, 2, 2), dropout=spec.dropout
    ),
    "unet": lambda spec, _: BasicUNet(
        2, spec.channels, spec.outputs, act="relu", norm="batch", dropout=spec.dropout, upsample="deconv"
    ),
}


def build(spec: NetworkSpec, encoder_weights: Path | None = None) -> nn.Module:
    """Make the network; ``encoder_weights`` is a local file in torchvision's key layout."""
    if spec.name not in BUILDERS:
        raise Misuse(f"There is no network “{spec.name}”.", advice=f"Use one of: {', '.join(sorted(BUILDERS))}.")
    return BUILDERS[spec.name](spec, encoder_weights)
