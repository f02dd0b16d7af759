"""Helpers on voxel grids of any shape: boxes, neighbours, growing by one voxel, places in millimetres.

A box is a tuple of three slices. Distances between voxels are gaps between their boxes: voxels that
touch are 0 mm apart, however thick the slices are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from appliance.contracts import Affine, Geometry

Box: TypeAlias = tuple[slice, slice, slice]
Mask: TypeAlias = "NDArray[np.bool_]"
Labels: TypeAlias = "NDArray[np.int32]"
Spacing: TypeAlias = tuple[float, float, float]

FULL = 255
"""What stands for 1 where values are kept in bytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group of voxels lies."""

    centre_index: tuple[float, float, float]
    """Along ``i``, ``j``, ``k``, for drawing."""
    centre_mm: tuple[float, float, float]
    """In the patient's RAS frame."""
    first: tuple[int, int, int]
    last: tuple[int, int, int]
    """The corners of its box, both inside."""


def in_255ths(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Keep values from 0 to 1 in a byte each: a map of a fine scan is large."""
    kept = np.empty(values.shape, dtype=np.uint8)
    for slab, given in zip(kept, values, strict=True):  # one by one: a scaled copy of all would be as large as the scan
        scaled = given * np.float32(FULL)
        np.rint(scaled, out=scaled)
        slab[...] = np.clip(scaled, 0, FULL, out=scaled)
    return kept


def bounding_box(mask: Mask, margin: int = 0) -> Box | None:
    """Enclose all set voxels, with a margin that stays on the grid; ``None`` where none is set."""
    in_i = np.flatnonzero(mask.any(axis=(1, 2)))
    if len(in_i) == 0:
        return None
    slab = mask[in_i[0] : in_i[-1] + 1]
    in_j, in_k = np.flatnonzero(slab.any(axis=(0, 2))), np.flatnonzero(slab.any(axis=(0, 1)))
    i, j, k = (
        slice(max(int(at[0]) - margin, 0), min(int(at[-1]) + 1 + margin, size))
        for at, size in zip((in_i, in_j, in_k), mask.shape, strict=True)
    )
    return (i, j, k)


def widened(box: Box, margin: Sequence[int], shape: tuple[int, ...]) -> Box:
    """Add a margin along each axis that stays on the grid."""
    i, j, k = (
        slice(max(span.start - more, 0), min(span.stop + more, size))
        for span, more, size in zip(box, margin, shape, strict=True)
    )
    return (i, j, k)


def neighbours(spacing_mm: Spacing, thick_from_mm: float) -> Mask:
    """Say which of the 26 voxels around one count as touching it.

    All of them, but across a thick slice only the one right over and the one right under: at 6 mm from
    slice to slice, voxels that meet at an edge are too far apart to be one lesion.
    """
    touching = np.ones((3, 3, 3), dtype=np.bool_)
    steps = np.indices((3, 3, 3)) != 1
    for axis, gap in enumerate(spacing_mm):
        if gap >= thick_from_mm:
            touching &= ~(steps[axis] & (steps.sum(axis=0) > 1))
    return touching


def grown(mask: Mask, axes: Sequence[int] = (0, 1, 2)) -> Mask:
    """Add every voxel whose box touches one that is set, along the axes given."""
    for axis in axes:
        larger = mask.copy()
        along, before = np.moveaxis(larger, axis, 0), np.moveaxis(mask, axis, 0)
        along[1:] |= before[:-1]
        along[:-1] |= before[1:]
        mask = larger
    return mask


def places_mm(affine: Affine, indices: NDArray[np.intp] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Take indices, one a row, to the patient's RAS millimetres."""
    places: NDArray[np.float64] = indices @ affine[:3, :3].T + affine[:3, 3]
    return places


def inverse(affine: Affine) -> Affine:
    """Turn a transform around."""
    return np.asarray(np.linalg.inv(affine), dtype=np.float64)


def inside(indices: NDArray[np.intp] | NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Say which indices, one a row, are on a grid."""
    on_grid: NDArray[np.bool_] = np.all((indices >= 0) & (indices <= np.array(shape) - 1), axis=1)
    return on_grid


def place_of(indices: NDArray[np.intp], geometry: Geometry) -> Place:
    """Say where voxels lie, given one index a row."""
    centre = indices.mean(axis=0)
    i, j, k = (float(value) for value in centre)
    x, y, z = (float(value) for value in places_mm(geometry.affine, centre))
    first, last = indices.min(axis=0), indices.max(axis=0)
    return Place(
        (i, j, k), (x, y, z), (int(first[0]), int(first[1]), int(first[2])), (int(last[0]), int(last[1]), int(last[2]))
    )


def start_of(box: Box) -> NDArray[np.intp]:
    """Give the index of a box's first voxel."""
    return np.array([span.start for span in box], dtype=np.intp)
