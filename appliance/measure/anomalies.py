"""An anomaly map and the lesions → regions that look unusual and that no lesion explains, for a human to look at.

Guarantees: a region shares no voxel with a lesion and does not come nearer to one than ``explained_within_mm``, so
that the soft rim of a lesion is not flagged a second time; volumes come from the scan's own grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.grid import Box, Mask, Place, bounding_box, grown, neighbours, place_of, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Geometry
    from appliance.settings import Anomaly, Lesions


@dataclass(frozen=True, slots=True)
class Region:
    """One region that nobody explained."""

    volume_ml: float
    place: Place
    highest: float
    mean: float


@dataclass(frozen=True, slots=True)
class Unusual:
    """What looks unusual in one scan."""

    regions: tuple[Region, ...]
    """The largest first."""
    explained_ml: float
    """Unusual, and a lesion or its rim."""
    unexplained_ml: float
    """Of the regions."""


def find_unexplained(
    scores: NDArray[np.float32], threshold: float, lesion: Mask, geometry: Geometry, rule: Anomaly, touch: Lesions
) -> Unusual:
    """List what is above the threshold and away from every lesion."""
    unusual = scores > threshold
    box = bounding_box(unusual)
    if box is None:
        return Unusual((), 0.0, 0.0)
    near = _near(lesion[box], geometry, rule.explained_within_mm)
    explained_ml = float(np.count_nonzero(unusual[box] & near) * geometry.voxel_ml)
    regions = _regions(unusual[box] & ~near, scores, box, geometry, rule, touch)
    return Unusual(regions, explained_ml, sum((region.volume_ml for region in regions), 0.0))


def rule_in_words(threshold: float, rule: Anomaly) -> str:
    """Put the rule as the report prints it."""
    return (
        f"Brighter than expected for its place, from {threshold:.2f} of the map on; at least {rule.min_volume_ml:g} ml "
        f"in one piece, {rule.min_mean:g} on average, and more than {rule.explained_within_mm:g} mm from every lesion. "
        "The expectation was learnt from lesion-free slices of people with MS, not from healthy people."
    )


def _near(lesion: Mask, geometry: Geometry, within_mm: float) -> Mask:
    """Widen the lesions along each axis as far as the rule says."""
    near = lesion
    for axis, gap in enumerate(geometry.spacing_mm):
        for _ in range(int(within_mm / gap)):
            near = grown(near, (axis,))
    return near


def _regions(
    left: Mask, scores: NDArray[np.float32], box: Box, geometry: Geometry, rule: Anomaly, touch: Lesions
) -> tuple[Region, ...]:
    pieces, count = ndimage.label(left, structure=neighbours(geometry.spacing_mm, touch.thick_slices_from_mm))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    least = rule.min_volume_ml / geometry.voxel_ml
    start = start_of(box)
    found = [
        _region(np.argwhere(pieces[place] == number) + start_of(place) + start, scores, geometry)
        for number, place in enumerate(ndimage.find_objects(pieces), start=1)
        if sizes[number] >= least
    ]
    kept = [region for region in found if region.mean >= rule.min_mean]
    return tuple(sorted(kept, key=lambda region: -region.volume_ml))


def _region(indices: NDArray[np.intp], scores: NDArray[np.float32], geometry: Geometry) -> Region:
    values = scores[tuple(indices.T)].astype(np.float64)
    return Region(
        float(len(indices) * geometry.voxel_ml), place_of(indices, geometry), float(values.max()), float(values.mean())
    )
