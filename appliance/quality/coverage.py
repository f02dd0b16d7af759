"""How much of the patient is on the pictures, in the patient's own directions and millimetres.

The stack is looked at every few millimetres. An edge counts as cut by the area of tissue on the outermost
layer, against the largest layer parallel to it: 0 where air lies beyond the patient, 1 where the picture ends
in the middle of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from appliance.quality.sections import brightness

if TYPE_CHECKING:
    from appliance.contracts import Geometry, Voxels
    from appliance.quality.sections import Floats, Mask

STEP_MM = 3.0
"""Finer layers tell nothing new."""
TISSUE_FROM = 0.4
"""Of ``brightness``: noise, averaged over a step, and ghosts stay below it."""
LEAST_SHARE = 0.02
"""A layer with less tissue than this, against the largest, is taken for air."""
ALONE = 1
"""Layers of a stack that has no second."""


class Side(StrEnum):
    """An edge of the pictures, as a technician calls it."""

    LEFT = "left"
    RIGHT = "right"
    BACK = "back"
    FRONT = "front"
    FEET = "lower"
    HEAD = "upper"


SIDES = ((Side.LEFT, Side.RIGHT), (Side.BACK, Side.FRONT), (Side.FEET, Side.HEAD))
"""Along R, A and S: where the axis begins and where it ends."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What lies on the pictures."""

    extent_mm: tuple[float, float, float]
    """Of the tissue, from left to right, back to front, feet to head."""
    cut: tuple[tuple[Side, float], ...]
    """How much of the patient lies on each edge, 0 to 1; edges of a single slice are left out."""
    between_slices_mm: float
    empty_slices: int
    """Between slices that show something."""
    repeated_slices: int
    """The same picture as the slice before."""
    slices: int

    def cut_at(self, side: Side) -> float:
        """Say how much of the patient lies on one edge."""
        return dict(self.cut).get(side, 0.0)

    @property
    def lost_share(self) -> float:
        """The share of slices that are empty or repeated."""
        return (self.empty_slices + self.repeated_slices) / self.slices


def coverage_of(voxels: Voxels, geometry: Geometry) -> Coverage | None:
    """Look at the whole stack coarsely; ``None`` where there is nothing in the picture."""
    steps = [max(1, int(STEP_MM / mm)) for mm in geometry.spacing_mm[:2]]
    coarse = _averaged(voxels, steps)
    tissue = coarse > TISSUE_FROM * brightness(coarse)
    if not tissue.any():
        return None
    spacing = geometry.spacing_mm
    axes = _axes(geometry)
    areas = [_areas(tissue, axis, backwards=backwards) for axis, backwards in axes]
    millimetres = [spacing[axis] * (steps[axis] if axis < len(steps) else 1) for axis, _ in axes]
    right, front, up = (
        _extent(layers, mm, at_least=spacing[axis])
        for layers, mm, (axis, _) in zip(areas, millimetres, axes, strict=True)
    )
    empty, repeated = _lost(coarse, tissue)
    return Coverage((right, front, up), tuple(_cut(areas)), spacing[2], empty, repeated, voxels.shape[2])


def _averaged(voxels: Voxels, steps: list[int]) -> Floats:
    """Average over steps within slices, from zero upward; what does not fill a step is left out."""
    rows, columns, slices = voxels.shape
    i, j = rows // steps[0], columns // steps[1]
    blocks = voxels[: i * steps[0], : j * steps[1]].reshape(i, steps[0], j, steps[1], slices)
    mean: Floats = blocks.mean(axis=(1, 3), dtype=np.float32)
    return mean - np.float32(min(float(mean.min()), 0.0))


def _axes(geometry: Geometry) -> list[tuple[int, bool]]:
    """Say which index axis runs most nearly along R, A and S, and whether backwards; each axis once."""
    along = geometry.affine[:3, :3] / np.asarray(geometry.spacing_mm)
    left = {0, 1, 2}
    found: dict[int, int] = {}
    for flat in np.argsort(-np.abs(along), axis=None):
        world, axis = divmod(int(flat), 3)
        if world not in found and axis in left:
            found[world] = axis
            left.remove(axis)
    return [(found[world], bool(along[world, found[world]] < 0)) for world in range(3)]


def _areas(tissue: Mask, axis: int, *, backwards: bool) -> Floats:
    others = tuple(other for other in range(3) if other != axis)
    areas = tissue.mean(axis=others, dtype=np.float32)
    return np.asarray(areas[::-1] if backwards else areas, dtype=np.float32)


def _extent(areas: Floats, millimetres: float, *, at_least: float) -> float:
    seen = np.flatnonzero(areas > LEAST_SHARE * areas.max())
    return max(float(seen[-1] - seen[0] + 1) * millimetres, at_least)


def _cut(areas: list[Floats]) -> list[tuple[Side, float]]:
    cut = []
    for layers, (begin, end) in zip(areas, SIDES, strict=True):
        if len(layers) > ALONE:
            largest = float(layers.max())
            cut += [(begin, float(layers[0]) / largest), (end, float(layers[-1]) / largest)]
    return cut


def _lost(coarse: Floats, tissue: Mask) -> tuple[int, int]:
    shown = np.asarray(tissue.any(axis=(0, 1)), dtype=np.bool_)
    seen = np.flatnonzero(shown)
    differs = np.abs(np.diff(coarse, axis=2)).max(axis=(0, 1)) > 0
    empty = int(seen[-1] - seen[0]) + 1 - len(seen)
    return empty, int(np.count_nonzero(~differs[shown[1:]]))
