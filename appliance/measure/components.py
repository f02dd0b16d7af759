"""One lesion mask → numbered lesions: touching voxels are one, confluent ones are taken apart at their necks.

How lesions that touch are taken apart: every voxel's depth is its distance in millimetres to the nearest
voxel outside. Going down from the deepest level, a part that is at least ``core_depth_mm`` deep is a core.
Where two cores meet, the shallower one stays a lesion of its own only if the level at which they meet (their
neck) is below ``neck_share`` of its depth. What lies around the cores then goes to the nearest one.

Guarantees: every voxel of the mask gets one number or, in a spot below ``min_volume_mm3``, none; numbers run
from 1 without gaps; the same mask always gives the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from appliance.measure.grid import Box, Labels, Mask, Spacing, bounding_box, neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Geometry
    from appliance.settings import Lesions

MOST_LEVELS = 24
"""Depth is looked at in at most this many steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """A lesion mask with its numbers."""

    labels: Labels
    """On the whole grid: from 1 to ``count``, or 0."""
    box: Box
    """Everything outside it is 0."""
    count: int
    too_small: int
    """Voxels in spots that are too small to count."""


def number_lesions(mask: Mask, geometry: Geometry, rule: Lesions) -> Numbered:
    """Give every lesion of a mask its number."""
    labels = np.zeros(mask.shape, dtype=np.int32)
    box = bounding_box(mask)
    if box is None:
        return Numbered(labels, (slice(0, 0), slice(0, 0), slice(0, 0)), 0, 0)
    touching = neighbours(geometry.spacing_mm, rule.thick_slices_from_mm)
    least = rule.min_volume_mm3 / (geometry.voxel_ml * 1000.0)
    pieces, count = ndimage.label(mask[box], structure=touching)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    inside, last, left_out = labels[box], 0, 0
    for number, place in enumerate(ndimage.find_objects(pieces), start=1):
        if sizes[number] < least:
            left_out += int(sizes[number])
            continue
        piece = pieces[place] == number
        parts, found = _taken_apart(piece, geometry.spacing_mm, touching, least, rule)
        inside[place][piece] = parts[piece] + last
        last += found
    return Numbered(labels, box, last, left_out)


def _taken_apart(piece: Mask, spacing: Spacing, touching: Mask, least: float, rule: Lesions) -> tuple[Labels, int]:
    one = piece.astype(np.int32)
    if piece.sum() < 2 * least:
        return one, 1
    padded = np.pad(piece, 1)
    depth = ndimage.distance_transform_edt(padded, sampling=spacing).astype(np.float32)
    if depth.max() < rule.core_depth_mm:
        return one, 1
    cores = _cores(depth, spacing, touching, rule)
    numbers = np.unique(cores[cores > 0])
    while len(numbers) > 1:
        parts = _nearest(padded, cores, spacing)
        sizes = ndimage.sum_labels(padded, parts, numbers)
        smallest = int(np.argmin(sizes))
        if sizes[smallest] >= least:
            renumbered = np.searchsorted(numbers, parts).astype(np.int32) + 1
            return np.where(padded, renumbered, 0)[1:-1, 1:-1, 1:-1].astype(np.int32), len(numbers)
        cores[cores == numbers[smallest]] = 0
        numbers = np.delete(numbers, smallest)
    return one, 1


def _cores(depth: NDArray[np.float32], spacing: Spacing, touching: Mask, rule: Lesions) -> Labels:
    """Flood from the deepest level down; see the module's docstring."""
    cores = np.zeros(depth.shape, dtype=np.int32)
    peaks = [0.0]
    deepest = float(depth.max())
    step = max(0.5 * min(spacing), deepest / MOST_LEVELS)
    for level in np.arange(deepest, 0.0, -step):
        pieces, _ = ndimage.label(depth >= level, structure=touching)
        for number, place in enumerate(ndimage.find_objects(pieces), start=1):
            piece = pieces[place] == number
            _flood(cores[place], depth[place], piece, float(level), peaks, rule)
    return cores


def _flood(
    cores: Labels, depth: NDArray[np.float32], piece: Mask, level: float, peaks: list[float], rule: Lesions
) -> None:
    """Let one connected piece of a level join the core in it, begin one, or keep several apart."""
    known = np.unique(cores[piece])
    known = known[known > 0]
    if len(known) == 0:
        peak = float(depth[piece].max())
        if peak >= rule.core_depth_mm:
            peaks.append(peak)
            cores[piece] = len(peaks) - 1
        return
    deepest = max(known, key=lambda number: peaks[number])
    swallowed = [number for number in known if number != deepest and level >= rule.neck_share * peaks[number]]
    if swallowed:
        cores[piece & np.isin(cores, swallowed)] = 0
    if len(known) - len(swallowed) == 1:
        cores[piece] = deepest


def _nearest(mask: Mask, cores: Labels, spacing: Spacing) -> Labels:
    """Give each voxel the number of the core nearest to it."""
    inside, open_ = np.argwhere(cores > 0), np.argwhere(mask & (cores == 0))
    tree = cKDTree(inside * np.asarray(spacing), balanced_tree=False, compact_nodes=False)
    _, nearest = tree.query(open_ * np.asarray(spacing))
    parts = cores.copy()
    parts[tuple(open_.T)] = cores[tuple(inside[nearest].T)]
    return parts
