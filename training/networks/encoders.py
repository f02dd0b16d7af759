"""VGG16 and ResNet50 as encoders, with torchvision's names for every weight, so that its files can be loaded.

Both give their features at full depth, shallow ones first. ``load_encoder`` reads a local file; weights of
the classifier that stands behind the encoder in such a file are left out, anything else that does not fit
is an error.
"""

from __future__ import annotations

import logging
from pickle import UnpicklingError
from typing import TYPE_CHECKING

import torch
from torch import nn

from appliance.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

VGG_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
RESNET_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Width and number of bottlenecks."""
EXPANSION = 4
CLASSIFIERS = ("classifier.", "fc.")


class Vgg16(nn.Module):
    """The convolutions of VGG16: five stages, each ending in a halving of the size."""

    widths = tuple(stage[-1] for stage in VGG_STAGES)

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(*_vgg_layers())

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return what leaves each stage: 1/2, 1/4, 1/8, 1/16 and 1/32 of the size."""
        seen = []
        for layer in self.features:
            image = layer(image)
            if isinstance(layer, nn.MaxPool2d):
                seen.append(image)
        return seen


class ResNet50(nn.Module):
    """The convolutions of ResNet50; with ``dilated`` the last stage keeps the size and looks wider instead."""

    widths = (64, *(width * EXPANSION for width, _ in RESNET_STAGES))

    def __init__(self, *, dilated: bool = False, stages: int = len(RESNET_STAGES)) -> None:
        super().__init__()
        self.stages = stages
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = 64
        for number, (width, count) in enumerate(RESNET_STAGES[:stages], start=1):
            last = dilated and number == len(RESNET_STAGES)
            stride = 1 if number == 1 or last else 2
            blocks = [Bottleneck(inputs, width, stride, 2 if last else 1)]
            inputs = width * EXPANSION
            blocks += [Bottleneck(inputs, width, 1, 2 if last else 1) for _ in range(count - 1)]
            setattr(self, f"layer{number}", nn.Sequential(*blocks))

    def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
        """Return what leaves the stem and each stage: 1/2, 1/4, 1/8, 1/16 and 1/32 (dilated: 1/16) of the size."""
        seen = [self.relu(self.bn1(self.conv1(image)))]
        features = self.maxpool(seen[0])
        for number in range(1, self.stages + 1):
            features = getattr(self, f"layer{number}")(features)
            seen.append(features)
        return seen


class Bottleneck(nn.Module):
    """Narrow, convolve, widen, beside a short cut."""

    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the block's features."""
        found = self.relu(self.bn1(self.conv1(features)))
        found = self.relu(self.bn2(self.conv2(found)))
        return self.relu(self.bn3(self.conv3(found)) + self.downsample(features))


def load_encoder(encoder: nn.Module, path: Path | None) -> None:
    """Fill an encoder from a file in torchvision's layout; without one, say that it starts from scratch."""
    if path is None:
        log.warning(
            "No encoder weights were given: %s starts from scratch. Give a file in torchvision's key layout "
            "with --encoder-weights.",
            type(encoder).__name__,
        )
        return
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        encoder.load_state_dict({key: value for key, value in stored.items() if not key.startswith(_unused(encoder))})
    except (OSError, RuntimeError, AttributeError, ValueError, EOFError, UnpicklingError) as error:
        raise Unreadable(
            f"{path.name} does not hold the weights of {type(encoder).__name__} ({str(error).splitlines()[0]}).",
            advice="Give the state dict that torchvision publishes for this network.",
        ) from error


def _unused(encoder: nn.Module) -> tuple[str, ...]:
    """Prefixes of weights that stand behind what the encoder keeps."""
    kept = getattr(encoder, "stages", len(RESNET_STAGES))
    return (*CLASSIFIERS, *(f"layer{number}." for number in range(kept + 1, len(RESNET_STAGES) + 1)))


def _vgg_layers() -> Iterator[nn.Module]:
    inputs = 3
    for stage in VGG_STAGES:
        for width in stage:
            yield nn.Conv2d(inputs, width, 3, padding=1)
            yield nn.ReLU()
            inputs = width
        yield nn.MaxPool2d(2)
