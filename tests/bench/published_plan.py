"""How nnU-Net's published rules lay a network out for a scan, and how it is slid over it and mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.contracts import Volume
    from appliance.engine.network import Floats

DOUBLE = 2.0
"""Spacings that are farther apart than this are not halved together."""
STEP_SHARE = 0.5
"""Windows are half a window apart."""
SMALLEST = 4
"""Pixels that an axis keeps at least."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How nnU-Net's published rules lay a network out for a scan."""

    window: tuple[int, ...]
    kernels: tuple[tuple[int, ...], ...]
    strides: tuple[tuple[int, ...], ...]


def plan_2d(shape: tuple[int, ...]) -> Plan:
    """Take whole slices, and halve both axes down to 4 pixels or a few more."""
    levels = int(np.log2(min(shape[1:]))) - 1
    return Plan(shape[1:], ((3, 3),) * levels, ((1, 1), *((2, 2),) * (levels - 1)))


def plan_3d(shape: tuple[int, ...], spacing_mm: tuple[float, ...]) -> Plan:
    """Leave the slices apart until pixels are as large, then halve all axes; ``shape`` begins with the slices."""
    thick = spacing_mm[0] > DOUBLE * spacing_mm[1]
    window = [min(256, _fit_to_halve(shape[0])), 256, 256] if thick else [128, 128, 128]
    spacing, size = list(spacing_mm), list(window)
    kernels, strides = [(3, 3, 3) if not thick else (1, 3, 3)], [(1, 1, 1)]
    for _ in range(5):
        near = [mm < DOUBLE * min(spacing) for mm in spacing]
        step = tuple(2 if near[axis] and size[axis] >= 2 * SMALLEST else 1 for axis in range(3))
        kernels.append((3 if near[0] else 1, 3, 3))
        strides.append(step)
        spacing = [mm * halved for mm, halved in zip(spacing, step, strict=True)]
        size = [length // halved for length, halved in zip(size, step, strict=True)]
    return Plan(tuple(window), tuple(kernels), tuple(strides))


def as_published(volume: Volume) -> tuple[Floats, tuple[float, ...]]:
    """Give slices first, as z-scores, padded so that a window fits."""
    order = np.argsort(volume.geometry.spacing_mm)[::-1]
    voxels = np.transpose(volume.voxels, order).astype(np.float32)
    voxels = (voxels - voxels.mean()) / max(float(voxels.std()), 1e-6)
    shape = (_fit_to_halve(voxels.shape[0]), *(max(256, _padded(length, 64)) for length in voxels.shape[1:]))
    padded = np.zeros(shape, dtype=np.float32)
    padded[tuple(slice(length) for length in voxels.shape)] = voxels
    return padded, tuple(float(volume.geometry.spacing_mm[axis]) for axis in order)


def places(shape: tuple[int, ...], window: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Lay windows over a scan; a flat window goes through it slice by slice."""
    full = (1,) * (len(shape) - len(window)) + window
    steps = tuple(max(1, int(length * STEP_SHARE)) for length in full)
    firsts = [
        sorted({min(first, size - length) for first in range(0, size - length + step, step)})
        for size, length, step in zip(shape, full, steps, strict=True)
    ]
    for first in product(*firsts):
        yield tuple(slice(start, start + length) for start, length in zip(first, full, strict=True))


def mirrorings(axes: int) -> list[tuple[int, ...]]:
    """List the ways to mirror a window: not at all, along each axis, along several."""
    return [some for count in range(axes + 1) for some in combinations(range(-axes, 0), count)]


def _fit_to_halve(slices: int) -> int:
    """Give the next number of slices that can be halved as often as the rules want to."""
    halvings = 0
    while slices >> halvings >= 2 * SMALLEST:
        halvings += 1
    return _padded(slices, max(SMALLEST, 2**halvings))


def _padded(length: int, to: int) -> int:
    return -(-length // to) * to
