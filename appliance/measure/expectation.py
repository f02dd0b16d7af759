"""How bright the brain is expected to be at each place: 600 means and as many deviations, no network.

A place is its depth below the brain's surface and its height in the stack: cortex is bright at the rim, flow and
bone make the lowest slices bright and uneven. A voxel is as anomalous as it is brighter than expected there, in
standard deviations. Training learns the table from lesion-free slices with the same code; needs no registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DEPTHS, HEIGHTS = 30, 20
DEPTH_STEP_PX = 2.0
SMOOTH_PX = 1.0
STRETCH = 1 / 12
"""The top of the map, in standard deviations: twelve."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Mean and standard deviation of the smoothed brightness, ``[depth, height]``."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def maps(self, images: Floats) -> Floats:
        """Score a whole stack, feet to head; 0 outside the brain."""
        height = np.linspace(0.0, 1.0, len(images))
        return np.stack([self._map(image, high) for image, high in zip(images, height, strict=True)])

    def _map(self, image: Floats, height: float) -> Floats:
        place = places(image[None], np.array([height]))
        unusual = (smooth(image[None]) - self.mean[place]) / self.deviation[place]
        return np.asarray(np.clip(STRETCH * unusual * (image > 0), 0.0, 1.0)[0], dtype=np.float32)


def places(images: Floats, height: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give every voxel's cell: its depth in its own slice, and its slice's height in the stack."""
    depth = np.stack([_depth(image > 0) for image in images])
    deep = np.minimum(depth / DEPTH_STEP_PX, DEPTHS - 1).astype(np.intp)
    high = np.minimum(height * HEIGHTS, HEIGHTS - 1).astype(np.intp)
    return deep, np.broadcast_to(high[:, None, None], deep.shape)


def _depth(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Say how far each pixel is from the nearest one outside, looking no farther than the brain's box."""
    depth = np.zeros(inside.shape)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if len(rows):
        box = tuple(slice(max(int(at[0]) - 1, 0), int(at[-1]) + 2) for at in (rows, columns))
        depth[box] = ndimage.distance_transform_edt(inside[box])
    return depth


def smooth(maps: Floats) -> Floats:
    """Smooth each map in its plane."""
    return np.asarray(ndimage.gaussian_filter(maps, (0.0, SMOOTH_PX, SMOOTH_PX)), dtype=np.float32)
