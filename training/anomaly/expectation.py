"""How bright the brain is expected to be at each place, learned from lesion-free slices; plain arrays, no network.

A place is its depth below the brain's surface and its height in the stack: cortex is bright at the rim, flow and
bone make the lowest slices bright and uneven. A voxel is as anomalous as it is brighter than expected there, in
standard deviations. Needs no registration; 600 means and as many deviations are all there is to ship.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.anomaly.material import Material

    Floats = NDArray[np.float32]

DEPTHS, HEIGHTS = 30, 20
DEPTH_STEP_PX = 2.0
SPREAD_CELLS = (1.0, 1.5)
"""Neighbouring places learn from each other."""
PRIOR_SHARE = 0.02
"""Of an average place's voxels: how many of the whole brain's every place starts with."""
SMOOTH_PX = 1.0
SMALLEST_DEVIATION = 3e-3
STRETCH = 1 / 12
"""The top of the map, in standard deviations: twelve."""


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Mean and standard deviation of the smoothed brightness, ``[depth, height]``."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    def maps(self, images: Floats) -> Floats:
        """Score a whole stack, feet to head; 0 outside the brain."""
        place = places(images, np.linspace(0.0, 1.0, len(images)))
        unusual = (smooth(images) - self.mean[place]) / self.deviation[place]
        return np.clip(STRETCH * unusual * (images > 0), 0.0, 1.0).astype(np.float32)


def expect(material: Material, indices: NDArray[np.intp]) -> Expectation:
    """Learn from lesion-free slices."""
    images = material.images[indices].astype(np.float32) / np.float32(255)
    inside = material.inside[indices]
    place = tuple(axis[inside] for axis in places(images, heights(material)[indices]))
    values = smooth(images)[inside].astype(np.float64)
    count, first, second = (totals(place, weight) for weight in (np.ones_like(values), values, values**2))
    prior = PRIOR_SHARE * len(values) / count.size
    mean = (first + prior * values.mean()) / (count + prior)
    square = (second + prior * np.mean(values**2)) / (count + prior)
    return Expectation(mean, np.sqrt(np.maximum(square - mean**2, SMALLEST_DEVIATION**2)))


def totals(place: tuple[NDArray[np.intp], ...], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add up weights by place, and let neighbours share."""
    flat = np.ravel_multi_index(place, (DEPTHS, HEIGHTS))
    added = np.bincount(flat, weights, minlength=DEPTHS * HEIGHTS).reshape(DEPTHS, HEIGHTS)
    return ndimage.gaussian_filter(added, SPREAD_CELLS)


def places(images: Floats, height: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give every voxel's cell: its depth in its own slice, and its slice's height in the stack."""
    depth = np.stack([ndimage.distance_transform_edt(image > 0) for image in images])
    deep = np.minimum(depth / DEPTH_STEP_PX, DEPTHS - 1).astype(np.intp)
    high = np.minimum(height * HEIGHTS, HEIGHTS - 1).astype(np.intp)
    return deep, np.broadcast_to(high[:, None, None], deep.shape)


def heights(material: Material) -> NDArray[np.float64]:
    """Give each slice's height in its own stack: 0 at the feet, 1 at the head."""
    height = np.zeros(len(material.images))
    for scan in range(len(material.patients)):
        here = np.flatnonzero(material.scan_of == scan)
        height[here] = np.linspace(0.0, 1.0, len(here))
    return height


def smooth(maps: Floats) -> Floats:
    """Smooth each map in its plane."""
    return ndimage.gaussian_filter(maps, (0.0, SMOOTH_PX, SMOOTH_PX)).astype(np.float32)
