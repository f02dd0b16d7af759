"""The residual-encoder U-Net that the clinic's models descend from, and, narrower, the brain network."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from training.networks.blocks import Residual, UpAndMerge

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch


class ResidualUNet(nn.Module):
    """Residual blocks on the way down, one convolution a level on the way up."""

    def __init__(self, channels: int, outputs: int, widths: Sequence[int], dropout: float) -> None:
        super().__init__()
        ins = [channels, *widths[:-1]]
        self.down = nn.ModuleList(Residual(inside, out) for inside, out in zip(ins, widths, strict=True))
        self.shrink = nn.MaxPool2d(2)
        self.drop = nn.Dropout2d(dropout)
        self.up = nn.ModuleList(UpAndMerge(low, high, high) for low, high in pairwise(widths[::-1]))
        self.answer = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return logits of the image's size; rows and columns must divide by ``2 ** (levels - 1)``."""
        seen = [self.down[0](image)]
        for block in self.down[1:]:
            seen.append(block(self.shrink(seen[-1])))
        features = self.drop(seen.pop())
        for step in self.up:
            features = step(features, seen.pop())
        return self.answer(features)
