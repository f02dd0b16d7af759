"""The brain's student: plain convolutions with batch norm and ReLU at half the resolution, skips that are added.

Nothing is concatenated and nothing is a transposed convolution, because runtimes quantise those wrongly
(docs/decisions/0050); half the resolution costs a quarter, and the last convolution spreads its channels back.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from training.networks.blocks import ConvNormRelu, Residual
from training.networks.registry import BUILDERS, NetworkSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

STUDENT = NetworkSpec("student", widths=(24, 28, 32, 40), dropout=0.0)


class Student(nn.Module):
    """Residual stages down, single convolutions up."""

    def __init__(self, channels: int, outputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.first = nn.Sequential(ConvNormRelu(channels, widths[0], 5, stride=2), Residual(widths[0], widths[0]))
        self.down = nn.ModuleList(
            nn.Sequential(ConvNormRelu(a, b, stride=2), Residual(b, b)) for a, b in pairwise(widths)
        )
        self.side = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(ConvNormRelu(a, a) for a in widths[:-1])
        self.answer = nn.Conv2d(widths[0], 4 * outputs, 1)
        self.spread = nn.PixelShuffle(2)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits of the image's size; rows and columns must divide by 16."""
        features, skips = self.first(image), []
        for stage in self.down:
            skips.append(features)
            features = stage(features)
        for skip, side, up in zip(reversed(skips), reversed(self.side), reversed(self.up), strict=True):
            features = up(functional.interpolate(side(features), scale_factor=2.0, mode="nearest") + skip)
        return self.spread(self.answer(features))


BUILDERS[STUDENT.name] = lambda spec, _: Student(spec.channels, spec.outputs, spec.widths)
