"""The spine's networks: plain convolutions, batch norm and ReLU, so that they quantise and export well."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence


def conv(channels_in: int, channels_out: int, *, size: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    padding = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, size, stride, padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions around a shortcut; the shortcut is a 1×1 convolution where the shape changes."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.first = conv(channels_in, channels_out, stride=stride)
        self.second = nn.Sequential(
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False), nn.BatchNorm2d(channels_out)
        )
        same = channels_in == channels_out and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the convolutions find to what came in."""
        return functional.relu(self.second(self.first(x)) + self.shortcut(x))


class Locator(nn.Module):
    """An axial slice → for each landmark a map of logits at a quarter of the input's resolution."""

    stride = 4

    def __init__(self, landmarks: int = 2) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(1, 16, size=5, stride=2),
            conv(16, 32, stride=2),
            conv(32, 32, dilation=2),
            conv(32, 32, dilation=4),
            conv(32, 32, dilation=8),
            conv(32, 32),
            nn.Conv2d(32, landmarks, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Logits; ``landmark_points`` turns them into places."""
        return self.layers(image)


def landmark_points(logits: Tensor, stride: int) -> Tensor:
    """Take the mean place under each softmaxed map: ``[batch, landmark, (row, column)]`` in input pixels."""
    rows, columns = logits.shape[-2:]
    weights = logits.flatten(2).softmax(-1).unflatten(-1, (rows, columns))
    row = (weights.sum(3) * torch.arange(rows, device=logits.device)).sum(2)
    column = (weights.sum(2) * torch.arange(columns, device=logits.device)).sum(2)
    return (torch.stack([row, column], dim=-1) + 0.5) * stride - 0.5


class Trunk(nn.Module):
    """An image → a vector: residual stages at halving resolution, then mean and maximum over the plane."""

    def __init__(self, widths: Sequence[int], channels_in: int = 1) -> None:
        super().__init__()
        stages: list[nn.Module] = [conv(channels_in, widths[0], size=5, stride=2)]
        stages += [Residual(a, b, stride=2 if k else 1) for k, (a, b) in enumerate(pairwise(widths))]
        self.stages = nn.Sequential(*stages)
        self.features = 2 * widths[-1]

    def forward(self, image: Tensor) -> Tensor:
        """Pool twice: the mean sees extent, the maximum sees a spot."""
        x = self.stages(image)
        return torch.cat([x.mean((2, 3)), functional.max_pool2d(x, (x.shape[2], x.shape[3])).flatten(1)], dim=1)


WEIGHED_FACTS = 32
"""So many thresholds and slopes a grader can put on what is known of its crop."""


class Grader(nn.Module):
    """A crop, and what is known of it in further planes → the logits of all heads side by side."""

    def __init__(self, heads: Sequence[int], widths: Sequence[int] = (16, 24, 48, 96), known: int = 0) -> None:
        super().__init__()
        self.heads = tuple(heads)
        self.known = known
        self.trunk = Trunk(widths)
        self.dropout = nn.Dropout(0.3)
        weighed = WEIGHED_FACTS if known else 0
        self.weigh = nn.Sequential(nn.Linear(known, weighed), nn.ReLU()) if known else None
        self.out = nn.Linear(self.trunk.features + weighed, sum(heads))

    def forward(self, x: Tensor) -> Tensor:
        """Look at the first plane; weigh what the other planes say, and join it behind the convolutions."""
        if self.weigh is None:
            return self.out(self.dropout(self.trunk(x)))
        picture, facts = x.split([1, self.known], dim=1)
        return self.out(torch.cat([self.dropout(self.trunk(picture)), self.weigh(facts.mean((2, 3)))], dim=1))


class FiveBlocks(nn.Module):
    """The published baseline: five blocks of convolution, batch norm, max pooling and dropout; a dense head.

    It takes 256×256 pixels.
    """

    side = 256

    def __init__(self, heads: Sequence[int]) -> None:
        super().__init__()
        self.heads = tuple(heads)
        widths = (1, 16, 32, 64, 64, 64)
        blocks = [nn.Sequential(conv(a, b), nn.MaxPool2d(2), nn.Dropout(0.2)) for a, b in pairwise(widths)]
        dense = [nn.Flatten(), nn.Linear(64 * 8 * 8, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, sum(heads))]
        self.layers = nn.Sequential(*blocks, *dense)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge the crop to the published size, then grade."""
        return self.layers(functional.interpolate(x, (self.side, self.side), mode="bilinear", align_corners=False))


class SpineNet(nn.Module):
    """A sagittal slice → class logits at its own resolution.

    A U-shaped network that works at half the resolution (2×2 pixels become four channels and logits are
    spread back) and adds skips instead of joining them: a quarter of the cost of the usual one.
    """

    def __init__(self, classes: int = 4, widths: Sequence[int] = (24, 48, 80, 112, 128)) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(2)
        self.first = conv(4, widths[0])
        self.down = nn.ModuleList(nn.Sequential(conv(a, b, stride=2), Residual(b, b)) for a, b in pairwise(widths))
        self.side = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(conv(a, a) for a in widths[:-1])
        self.out = nn.Conv2d(widths[0], 4 * classes, 1)
        self.spread = nn.PixelShuffle(2)

    def forward(self, image: Tensor) -> Tensor:
        """Both sides of the image must be multiples of 32."""
        x = self.first(self.fold(image))
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        for skip, side, up in zip(reversed(skips), reversed(self.side), reversed(self.up), strict=True):
            x = up(functional.interpolate(side(x), scale_factor=2.0, mode="nearest") + skip)
        return self.spread(self.out(x))
