"""Learns how bright the brain is expected to be at each place from lesion-free slices; the clinic uses what was learnt.

600 means and as many deviations are all there is to ship; what a place is, and the map, are the clinic's own code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.expectation import DEPTHS, HEIGHTS, Expectation, places, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.anomaly.material import Material

SPREAD_CELLS = (1.0, 1.5)
"""Neighbouring places learn from each other."""
PRIOR_SHARE = 0.02
"""Of an average place's voxels: how many of the whole brain's every place starts with."""
SMALLEST_DEVIATION = 3e-3


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


def heights(material: Material) -> NDArray[np.float64]:
    """Give each slice's height in its own stack: 0 at the feet, 1 at the head."""
    height = np.zeros(len(material.images))
    for scan in range(len(material.patients)):
        here = np.flatnonzero(material.scan_of == scan)
        height[here] = np.linspace(0.0, 1.0, len(here))
    return height
