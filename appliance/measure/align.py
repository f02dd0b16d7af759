"""Lay an earlier scan of the same patient over today's: turned and moved, never stretched.

Both scans are FLAIR, so their intensities follow each other: what is minimised is the difference inside the
brain after a gain and an offset, robustly (Tukey's weights), so that lesions that changed do not pull. Coarse
to fine, from several tilts of the head, because patients nod between visits more than anything else.

Guarantees: the result is rigid; it is given only where the scans agree (``Change.min_correlation``) and
overlap; the same two scans give the same result; memory beyond the inputs is a few copies of the brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from appliance.measure.grid import bounding_box, inside, inverse, places_mm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Affine, Geometry, Voxels
    from appliance.measure.grid import Mask
    from appliance.settings import Change

LEVELS_MM = (8.0, 4.0, 2.0)
"""From coarse to fine: sampling and smoothing of both scans."""
MOST_POINTS = 60_000
"""Places in the brain that are compared at one level."""
TILTS_DEG = (-20.0, -10.0, 0.0, 10.0, 20.0)
"""Nods from which the coarsest level starts."""
STARTS = 3
"""How many of the best starts are followed."""
ITERATIONS = 30
STILL_MM = 0.005
"""A step that moves the brain's rim by less ends a level."""
RIM_MM = 80.0
"""From the middle of the brain to its rim, roughly."""
TUKEY = 4.685
LEAST_OVERLAP = 0.6
"""Share of today's brain that the earlier scan must have seen …"""
LEAST_SEEN = 0.1
"""… and without which nothing can be compared at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What alignment needs of one study."""

    voxels: Voxels
    geometry: Geometry
    brain: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where a place of today's scan was in the earlier one."""

    matrix: Affine
    """Today's RAS millimetres → the earlier scan's RAS millimetres."""
    correlation: float
    """Of the two scans inside the brain, at the finest level."""
    overlap: float
    """Share of today's brain that the earlier scan covers."""


@dataclass(frozen=True, slots=True)
class NotAligned:
    """No change can be told, and why."""

    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Both scans at one resolution; the matrices are of places around the brain's middle."""

    points: NDArray[np.float64]
    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    """Change of each value with a step of gain, offset, three turns and three shifts."""
    moving: NDArray[np.float32]
    to_index: Affine
    middle: NDArray[np.float64]


def align(now: Scan, before: Scan, rule: Change) -> Alignment | NotAligned:
    """Find the rigid motion between two scans of one patient."""
    if not now.brain.any() or not before.brain.any():
        return NotAligned("No brain was outlined in one of the two studies, so change cannot be told.")
    level = _level(now, before, LEVELS_MM[0])
    ends = [_followed(level, start) for start in _starts(level, now, before)]
    found = max(ends, key=lambda end: _agreement(level, end)[0])
    for size in LEVELS_MM[1:]:
        level = _level(now, before, size)
        found = _followed(level, found)
    correlation, overlap = _agreement(level, found)
    if correlation < rule.min_correlation:
        return NotAligned(
            f"The two studies do not match (correlation {correlation:.2f}, needed {rule.min_correlation:.2f}), so "
            "change cannot be told: check that they are of the same patient."
        )
    if overlap < LEAST_OVERLAP:
        return NotAligned(f"The two studies show only {overlap:.0%} of the brain in common, so change cannot be told.")
    return Alignment(found, correlation, overlap)


def _level(now: Scan, before: Scan, size_mm: float) -> _Level:
    fixed, affine, brain = _coarsened(now, size_mm)
    indices = np.argwhere(brain)
    indices = indices[:: 1 + len(indices) // MOST_POINTS]
    at = tuple(indices.T)
    points = places_mm(affine, indices)
    middle = points.mean(axis=0)
    slope = np.stack([np.gradient(fixed, axis=axis)[at] for axis in range(3)], axis=1) @ inverse(affine[:3, :3])
    values = fixed[at].astype(np.float64)
    turns = np.cross(points - middle, slope)
    moving, moving_affine, _ = _coarsened(before, size_mm)
    slopes = np.column_stack([values, np.ones_like(values), turns, slope])
    return _Level(points, values, slopes, moving, inverse(moving_affine), middle)


def _coarsened(scan: Scan, size_mm: float) -> tuple[NDArray[np.float32], Affine, Mask]:
    """Cut out the brain with its surroundings, even out its brightness, smooth, and take every n-th voxel."""
    spacing = np.asarray(scan.geometry.spacing_mm)
    box = bounding_box(scan.brain, margin=int(np.ceil(2 * size_mm / spacing.min())))
    assert box is not None  # the caller has looked
    voxels, brain = scan.voxels[box].astype(np.float32), scan.brain[box]
    voxels = np.clip(voxels / max(float(np.median(voxels[brain])), 1e-6), 0, 3)
    strides = np.maximum(1, np.round(size_mm / spacing)).astype(int)
    sigma = np.where(strides > 1, 0.5 * strides, 0.0)
    every = tuple(slice(None, None, int(step)) for step in strides)
    smooth = ndimage.gaussian_filter(voxels, sigma, truncate=3.0)[every]
    affine = scan.geometry.affine.copy()
    affine[:3, 3] = places_mm(affine, np.array([span.start for span in box]))
    affine[:3, :3] = affine[:3, :3] * strides
    return smooth, affine, ndimage.binary_dilation(brain[every])


def _starts(level: _Level, now: Scan, before: Scan) -> list[Affine]:
    """Brain over brain and header over header, nodding; the best of them at the coarsest level."""
    shift = _middle_of(before) - _middle_of(now)
    starts = []
    for moved in (shift, np.zeros(3)):
        for tilt in TILTS_DEG:
            start = _motion(np.array([np.radians(tilt), 0, 0, 0, 0, 0]), level.middle)
            start[:3, 3] += moved
            starts.append(start)
    return sorted(starts, key=lambda start: -_agreement(level, start)[0])[:STARTS]


def _middle_of(scan: Scan) -> NDArray[np.float64]:
    box = bounding_box(scan.brain)
    assert box is not None  # the caller has looked
    indices = np.argwhere(scan.brain[box][::4, ::4]) * [4, 4, 1] + [span.start for span in box]
    return places_mm(scan.geometry.affine, indices.mean(axis=0))


def _followed(level: _Level, start: Affine) -> Affine:
    """Gauss and Newton's steps, with the slopes of the fixed scan (inverse compositional)."""
    found = start
    for _ in range(ITERATIONS):
        seen, values = _sampled(level, found)
        if seen.mean() < LEAST_SEEN:
            return found
        step = _step(level.slopes[seen], level.values[seen], values[seen])
        found = found @ inverse(_motion(step, level.middle))
        if np.abs(step[:3]).max() * RIM_MM + np.abs(step[3:]).max() < STILL_MM:
            break
    return found


def _step(slopes: NDArray[np.float64], fixed: NDArray[np.float64], moving: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = fixed - fixed.mean()
    gain = float(centred @ moving) / max(float(centred @ centred), 1e-9)
    rest = moving - moving.mean() - gain * centred
    scale = 1.4826 * float(np.median(np.abs(rest))) + 1e-9
    weights = np.clip(1 - (rest / (TUKEY * scale)) ** 2, 0, None) ** 2
    design = slopes * np.r_[1, 1, np.full(6, gain)]
    normal = (design * weights[:, None]).T
    solved: NDArray[np.float64] = np.linalg.lstsq(normal @ design, normal @ rest, rcond=None)[0]
    return solved[2:]


def _motion(step: NDArray[np.float64], middle: NDArray[np.float64]) -> Affine:
    """Turn around the brain's middle, then move."""
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(step[:3]).as_matrix()
    motion[:3, 3] = step[3:] + middle - motion[:3, :3] @ middle
    return motion


def _sampled(level: _Level, motion: Affine) -> tuple[Mask, NDArray[np.float64]]:
    """Read the earlier scan where today's points were; say which of them it covers."""
    at = places_mm(level.to_index @ motion, level.points)
    seen = inside(at, level.moving.shape)
    values = ndimage.map_coordinates(level.moving, at.T, order=1, mode="nearest", output=np.float64)
    return seen, values


def _agreement(level: _Level, motion: Affine) -> tuple[float, float]:
    """Correlation where both scans see the brain, and how much of it both see."""
    seen, values = _sampled(level, motion)
    overlap = float(seen.mean())
    if overlap < LEAST_SEEN:
        return -1.0, overlap
    fixed, moving = level.values[seen] - level.values[seen].mean(), values[seen] - values[seen].mean()
    spread = float(np.linalg.norm(fixed) * np.linalg.norm(moving))
    return (float(fixed @ moving) / spread if spread > 0 else -1.0), overlap
