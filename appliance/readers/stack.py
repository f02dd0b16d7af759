"""A volume as a stack of pictures that hang as a radiologist hangs them, and the way back to millimetres.

Axes are swapped and flipped, nothing is resampled. Sagittal: head above, belly on the left. Axial: belly above,
the patient's right on the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.contracts import Plane
from appliance.errors import Unreadable
from appliance.measure.grid import places_mm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Affine, Geometry, Volume

AXES = 3
WORLD: dict[Plane, tuple[tuple[int, int], ...]] = {
    Plane.SAGITTAL: ((0, -1), (2, -1), (1, -1)),
    Plane.AXIAL: ((2, 1), (1, -1), (0, -1)),
    Plane.CORONAL: ((1, -1), (2, -1), (0, -1)),
}
"""For slice, row and column: which axis of the patient it follows, and whether up or down that axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Pictures ``[slice, row, column]``."""

    voxels: NDArray[np.generic]
    spacing_mm: tuple[float, float, float]
    to_mm: Affine
    """Index of slice, row and column → the patient's right-anterior-superior millimetres."""
    order: tuple[int, int, int]
    """Which axis of the volume became slice, row and column."""
    flips: tuple[bool, bool, bool]

    @property
    def in_plane_mm(self) -> tuple[float, float]:
        """The size of a pixel: row to row, column to column."""
        return self.spacing_mm[1:]

    def slice_number(self, index: int) -> int:
        """Say which slice of the series this is, counted from 1 as the series counts."""
        return (len(self.voxels) - 1 - index if self.flips[0] else index) + 1

    def place_mm(self, index: int, row: float, column: float) -> tuple[float, float, float]:
        """Say where a place of a picture is in the patient."""
        x, y, z = (float(value) for value in places_mm(self.to_mm, np.array([index, row, column], dtype=np.float64)))
        return (x, y, z)

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        """Hang an array on the volume's axes like this stack, without copying it."""
        return _flipped(np.transpose(values, self.order), self.flips)

    def back(self, pictures: NDArray[np.generic]) -> NDArray[np.generic]:
        """Bring pictures of this stack's shape to the axes of the volume."""
        return np.ascontiguousarray(np.transpose(_flipped(pictures, self.flips), np.argsort(self.order)))


def stacked(volume: Volume, plane: Plane) -> Stack:
    """Hang a volume as pictures of one plane."""
    if np.issubdtype(volume.voxels.dtype, np.floating) and not np.isfinite(volume.voxels).all():
        raise Unreadable("The scan contains values that are not numbers.", advice="Export the scan again.")
    affine = volume.geometry.affine
    order = _order(volume.geometry, plane)
    flips = tuple(bool(affine[world, axis] * sign < 0) for (world, sign), axis in zip(WORLD[plane], order, strict=True))
    to_mm = np.eye(4)
    to_mm[:3, 3] = affine[:3, 3]
    for place, (axis, is_flipped) in enumerate(zip(order, flips, strict=True)):
        to_mm[:3, place] = affine[:3, axis] * (-1 if is_flipped else 1)
        if is_flipped:
            to_mm[:3, 3] += affine[:3, axis] * (volume.voxels.shape[axis] - 1)
    slice_mm, row_mm, column_mm = (volume.geometry.spacing_mm[axis] for axis in order)
    turned = _flipped(np.transpose(volume.voxels, order), flips)
    return Stack(turned, (slice_mm, row_mm, column_mm), to_mm, order, (flips[0], flips[1], flips[2]))


def _order(geometry: Geometry, plane: Plane) -> tuple[int, int, int]:
    """Which axis of the volume follows slice, row and column most nearly; each axis once."""
    along = np.abs(geometry.affine[:3, :3] / np.asarray(geometry.spacing_mm))
    orders = [(k, j, i) for k, j, i in permutations(range(AXES))]
    return max(orders, key=lambda axes: _along(along, plane, axes))


def _along(along: NDArray[np.float64], plane: Plane, axes: tuple[int, ...]) -> float:
    return float(sum(along[world, axis] for (world, _), axis in zip(WORLD[plane], axes, strict=True)))


def _flipped(array: NDArray[Any], flips: tuple[bool, ...]) -> NDArray[Any]:
    return array[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
