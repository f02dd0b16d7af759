"""Linear maps with their exact transposes, in operations that every inference runtime has.

Relevance flows backward through the transpose of what the network did forward. Each map here can be
applied (``apply``), transposed (``transpose``) and stripped of its signs (``magnitude``); none of the three
asks autograd for anything, so the backward pass exports to ONNX as it stands and shares the network's weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

Pair = tuple[int, int]


class LinearMap(Protocol):
    """What a rule needs to know of a linear operation."""

    def apply(self, signal: Tensor) -> Tensor:
        """Do what the network does, without its bias."""

    def transpose(self, relevance: Tensor) -> Tensor:
        """Bring a value for each output back to the inputs it was made of."""

    def magnitude(self) -> LinearMap:
        """Give the same map with every weight's sign taken away."""


def pair(value: int | Sequence[int]) -> Pair:
    """Spell a size out for both axes."""
    if isinstance(value, int):
        return value, value
    values = [int(number) for number in value]
    return values[0], values[-1]


def spread_out(values: Tensor, stride: Pair) -> Tensor:
    """Put a stride's zeros after each row and column."""
    if stride == (1, 1):
        return values
    batch, channels, height, width = values.shape
    apart = functional.pad(
        values.reshape(batch, channels, height, 1, width, 1), [0, stride[1] - 1, 0, 0, 0, stride[0] - 1]
    )
    return apart.reshape(batch, channels, height * stride[0], width * stride[1])


def turned_round(weight: Tensor, groups: int) -> Tensor:
    """Exchange a convolution's inputs and outputs, and turn its kernel by half a circle."""
    made, taken, *kernel = weight.shape
    by_group = weight.reshape(groups, made // groups, taken, *kernel).transpose(1, 2)
    return by_group.reshape(groups * taken, made // groups, *kernel).flip((2, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution from the grid ``wide`` to the grid ``narrow``."""

    weight: Tensor
    wide: tuple[int, ...]
    narrow: tuple[int, ...]
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def apply(self, signal: Tensor) -> Tensor:
        """Convolve."""
        return functional.conv2d(signal, self.weight, None, self.stride, self.padding, self.dilation, self.groups)

    def transpose(self, relevance: Tensor) -> Tensor:
        """Convolve the other way: zeros between the values where there is a stride, and the weights turned round.

        A transposed convolution would say the same; but OpenVINO 2026.4 takes one's packed weights for the
        other's on the CPU, where a graph has both with the same square weights.
        """
        reach = pair([(k - 1) * d + 1 for k, d in zip(self.weight.shape[2:], self.dilation, strict=True)])
        before = pair([r - 1 - p for r, p in zip(reach, self.padding, strict=True)])
        spaced = spread_out(relevance, self.stride)
        grids = zip(self.wide, spaced.shape[2:], reach, before, strict=True)
        rows, columns = pair([wide - 1 + r - narrow - b for wide, narrow, r, b in grids])
        padded = functional.pad(spaced, [before[1], columns, before[0], rows])
        return functional.conv2d(padded, turned_round(self.weight, self.groups), None, 1, 0, self.dilation, self.groups)

    def magnitude(self) -> Convolution:
        """Take the signs of the weights away."""
        return replace(self, weight=self.weight.abs())


@dataclass(frozen=True, slots=True, eq=False)
class Transposed:
    """Any map, run the other way: a transposed convolution is a convolution seen from behind."""

    forward_map: Convolution

    def apply(self, signal: Tensor) -> Tensor:
        """Go from the narrow grid to the wide one."""
        return self.forward_map.transpose(signal)

    def transpose(self, relevance: Tensor) -> Tensor:
        """Go from the wide grid to the narrow one."""
        return self.forward_map.apply(relevance)

    def magnitude(self) -> Transposed:
        """Take the signs of the weights away."""
        return Transposed(self.forward_map.magnitude())


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Multiplication by matrices that are held constant, from the left, from the right, or both."""

    left: Tensor | None = None
    right: Tensor | None = None

    def apply(self, signal: Tensor) -> Tensor:
        """Multiply."""
        signal = signal if self.left is None else self.left @ signal
        return signal if self.right is None else signal @ self.right

    def transpose(self, relevance: Tensor) -> Tensor:
        """Multiply by the transposed matrices."""
        relevance = relevance if self.left is None else self.left.mT @ relevance
        return relevance if self.right is None else relevance @ self.right.mT

    def magnitude(self) -> Product:
        """Take the signs of the matrices away."""
        return Product(*(side if side is None else side.abs() for side in (self.left, self.right)))


@dataclass(frozen=True, slots=True, eq=False)
class PerChannel:
    """A map of single-channel images, used for every channel alike."""

    inner: Convolution

    def apply(self, signal: Tensor) -> Tensor:
        """Run each channel through the inner map."""
        batch, channels, height, width = signal.shape
        made = self.inner.apply(signal.reshape(batch * channels, 1, height, width))
        return made.reshape(batch, channels * made.shape[1], *made.shape[2:])

    def transpose(self, relevance: Tensor) -> Tensor:
        """Bring each channel back."""
        batch, stacked, height, width = relevance.shape
        made = self.inner.weight.shape[0]
        channels = stacked // made
        back = self.inner.transpose(relevance.reshape(batch * channels, made, height, width))
        return back.reshape(batch, channels, *back.shape[2:])

    def magnitude(self) -> PerChannel:
        """Take the signs of the weights away."""
        return PerChannel(self.inner.magnitude())


def averaging(wide: Sequence[int], kernel: Pair, stride: Pair, padding: Pair) -> PerChannel:
    """Average pooling that counts its padding, as torch does by default."""
    weight = torch.full((1, 1, *kernel), 1.0 / (kernel[0] * kernel[1]))
    return PerChannel(Convolution(weight, tuple(wide), pooled(wide, kernel, stride, padding), stride, padding))


def windows(wide: Sequence[int], kernel: Pair, stride: Pair, padding: Pair) -> PerChannel:
    """Lay every pooling window's elements side by side, one channel for each place in the window."""
    places = kernel[0] * kernel[1]
    weight = torch.from_numpy(np.eye(places, dtype=np.float32).reshape(places, 1, *kernel))
    return PerChannel(Convolution(weight, tuple(wide), pooled(wide, kernel, stride, padding), stride, padding))


def pooled(wide: Sequence[int], kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    """Give the grid that a pooling window makes of the grid ``wide``."""
    return pair([(n + 2 * p - k) // s + 1 for n, k, s, p in zip(wide, kernel, stride, padding, strict=True)])


def resampling(old: Sequence[int], new: Sequence[int], *, bilinear: bool, align_corners: bool) -> Product:
    """Nearest or bilinear interpolation, which is one small matrix for each axis."""
    rows, columns = (
        weights_1d(o, n, bilinear=bilinear, align_corners=align_corners) for o, n in zip(old, new, strict=True)
    )
    return Product(torch.from_numpy(rows), torch.from_numpy(columns.T.copy()))


def weights_1d(old: int, new: int, *, bilinear: bool, align_corners: bool) -> np.ndarray:
    """Give the ``new × old`` matrix that interpolates along one axis exactly as torch does."""
    steps = np.arange(new, dtype=np.float64)
    weights = np.zeros((new, old), dtype=np.float32)
    if not bilinear:
        weights[np.arange(new), (steps * old / new).astype(int)] = 1.0
        return weights
    places = steps * ((old - 1) / max(new - 1, 1)) if align_corners else (steps + 0.5) * old / new - 0.5
    places = places.clip(0, old - 1)
    lower = np.minimum(places.astype(int), max(old - 2, 0))
    share = (places - lower).astype(np.float32)
    np.add.at(weights, (np.arange(new), lower), 1.0 - share)
    np.add.at(weights, (np.arange(new), np.minimum(lower + 1, old - 1)), share)
    return weights
