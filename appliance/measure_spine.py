"""From a labelled sagittal slice to numbered discs and canal widths; no network, no file, NumPy and SciPy only.

Guarantees: discs are numbered from the lowest upward (1 is L5/S1) and each is found once; a width is
the length of the canal along a line through a disc's or vertebra's middle, across the canal; the line's
two ends are kept, so that what was measured can be drawn. Millimetres appear only where the spacing is
known. A grade derived here is a *measured* grade: it says nothing that the line does not show.

The counting is relative to the lowest disc in view: a transitional vertebra or a slice that ends above
the sacrum shifts every name, so the names are to be shown as counted from the lowest disc.

Labels: 1 vertebra, 2 disc, 3 canal. Row 0 is nearest to the head.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

VERTEBRA, DISC, CANAL = 1, 2, 3
Labels: TypeAlias = NDArray[np.uint8]
Point: TypeAlias = tuple[float, float]
"""Row and column, in pixels."""

LEVEL_NAMES = ("L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2", "T12/L1", "T11/T12", "T10/T11", "T9/T10")
SMALLEST_DISC = 0.12
"""A piece smaller than this share of the median disc is a speck, not a disc."""
SHORTEST_DISC = 0.33
"""What is shorter from front to back than this share of the median disc is the rest of a disc inside the sacrum."""
SAME_DISC = 0.35
"""Two pieces with less between them than this share of the median gap are one disc: a vertebra is twice as high."""
ROOM_ABOVE = 0.25
"""A disc nearer to the picture's upper edge than this share of the usual gap is left out: of the vertebra above it too
little is in view to tell whether it is whole, and nothing to measure the canal against."""
FARTHEST_CANAL = 2.5
"""The canal is looked for within this many disc lengths behind a disc's middle."""
FEWEST_TO_COMPARE = 2
"""With no more pieces than this there is no usual gap to compare with."""
STEP = 0.25
"""Pixels between two samples of a measuring line."""

RELATIVE_STENOSIS_MM = 12.0
ABSOLUTE_STENOSIS_MM = 10.0
"""Verbiest's limits of the front-to-back width."""
MODERATE_RATIO = 2 / 3
SEVERE_RATIO = 1 / 3
"""Moderate from a third, severe from two thirds of the width lost (after Lurie et al. 2008)."""


class MeasuredGrade(StrEnum):
    """What the width alone says."""

    NORMAL_OR_MILD = "normal or mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class MillimetreGrade(StrEnum):
    """The published limits, where the spacing is known."""

    NONE = "none"
    RELATIVE = "relative stenosis"
    ABSOLUTE = "absolute stenosis"


@dataclass(frozen=True, slots=True)
class Disc:
    """One disc of a sagittal slice."""

    number: int
    """Counted from the lowest disc upward; 1 is L5/S1 where the sacrum is in view."""
    centre: Point
    backward: Point
    """Unit vector along the disc, towards the canal."""
    length: float
    """Front to back, in pixels."""
    height: float
    """Mean, in pixels."""
    area: int

    @property
    def name(self) -> str:
        """The level, if the lowest disc in view is L5/S1."""
        return LEVEL_NAMES[self.number - 1] if self.number <= len(LEVEL_NAMES) else f"disc {self.number}"


@dataclass(frozen=True, slots=True)
class Width:
    """The canal's front-to-back width along one line."""

    front: Point
    back: Point
    pixels: float
    mm: float | None


@dataclass(frozen=True, slots=True)
class LevelMeasure:
    """One disc level: the width there, against the width at the vertebrae next to it."""

    disc: Disc
    at_disc: Width
    above: Width | None
    below: Width | None
    ratio: float | None
    """Width at the disc over the mean of those at the middle of the vertebrae above and below."""
    by_ratio: MeasuredGrade | None
    by_mm: MillimetreGrade | None


def find_discs(labels: Labels) -> tuple[Disc, ...]:
    """Find the discs and number them from the lowest upward."""
    pieces = _whole(_without_specks(_pieces(labels == DISC)), len(labels))
    groups = _with_room_above(_grouped(sorted(pieces, key=lambda piece: -piece[:, 0].mean())))
    canal = max(_pieces(labels == CANAL), key=len, default=np.empty((0, 2), dtype=np.int64))
    discs = _without_short([_disc(number, pixels, canal) for number, pixels in enumerate(groups, start=1)])
    return tuple(replace(disc, number=number) for number, disc in enumerate(discs, start=1))


def measure_levels(labels: Labels, spacing_mm: tuple[float, float] | None = None) -> tuple[LevelMeasure, ...]:
    """Measure the canal at every disc behind which it lies."""
    discs = find_discs(labels)
    middles = [_between(lower, upper) for lower, upper in itertools.pairwise(discs)]
    at_middles = [canal_width(labels, *middle, spacing_mm) for middle in middles]
    measures = []
    for k, disc in enumerate(discs):
        at_disc = canal_width(labels, disc.centre, disc.backward, disc.length, spacing_mm)
        if at_disc is not None:
            above = at_middles[k] if k < len(at_middles) else None
            below = at_middles[k - 1] if k > 0 else None
            measures.append(_level(disc, at_disc, above, below))
    return tuple(measures)


def canal_width(
    labels: Labels, start: Point, backward: Point, length: float, spacing_mm: tuple[float, float] | None
) -> Width | None:
    """Follow a line backward to the canal and through it; ``None`` where it meets none."""
    along = np.arange(0, FARTHEST_CANAL * length, STEP)
    line = np.asarray(start) + along[:, None] * np.asarray(backward)
    inside = ndimage.map_coordinates((labels == CANAL).astype(np.uint8), line.T, order=0, mode="constant")
    runs, count = ndimage.label(ndimage.binary_closing(inside, iterations=4) if inside.any() else inside)
    if not count:
        return None
    largest = 1 + int(np.argmax(ndimage.sum_labels(inside, runs, range(1, count + 1))))
    at = np.flatnonzero(runs == largest)
    front, back = line[at[0]], line[at[-1]] + STEP * np.asarray(backward)
    across = back - front
    mm = None if spacing_mm is None else float(np.hypot(*(across * np.asarray(spacing_mm))))
    return Width(_point(front), _point(back), float(np.hypot(*across)), mm)


def grade_by_ratio(ratio: float) -> MeasuredGrade:
    """How much of the width is lost against the neighbouring vertebrae."""
    if ratio < SEVERE_RATIO:
        return MeasuredGrade.SEVERE
    return MeasuredGrade.MODERATE if ratio < MODERATE_RATIO else MeasuredGrade.NORMAL_OR_MILD


def grade_by_mm(mm: float) -> MillimetreGrade:
    """Apply the published limits in millimetres."""
    if mm <= ABSOLUTE_STENOSIS_MM:
        return MillimetreGrade.ABSOLUTE
    return MillimetreGrade.RELATIVE if mm <= RELATIVE_STENOSIS_MM else MillimetreGrade.NONE


def _level(disc: Disc, at_disc: Width, above: Width | None, below: Width | None) -> LevelMeasure:
    beside = [width.pixels for width in (above, below) if width is not None]
    ratio = at_disc.pixels / float(np.mean(beside)) if beside else None
    return LevelMeasure(
        disc,
        at_disc,
        above,
        below,
        ratio,
        None if ratio is None else grade_by_ratio(ratio),
        None if at_disc.mm is None else grade_by_mm(at_disc.mm),
    )


def _pieces(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    numbered, count = ndimage.label(mask, structure=np.ones((3, 3)))
    return [np.argwhere(numbered == k) for k in range(1, count + 1)]


def _without_specks(pieces: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    if not pieces:
        return []
    largest = sorted((len(piece) for piece in pieces), reverse=True)[:7]
    return [piece for piece in pieces if len(piece) >= SMALLEST_DISC * float(np.median(largest))]


def _without_short(discs: list[Disc]) -> list[Disc]:
    if not discs:
        return []
    usual = float(np.median([disc.length for disc in discs]))
    return [disc for disc in discs if disc.length >= SHORTEST_DISC * usual]


def _whole(pieces: list[NDArray[np.int64]], rows: int) -> list[NDArray[np.int64]]:
    """Leave out what the picture's upper or lower edge cuts off: its middle and its length are not in view."""
    return [piece for piece in pieces if piece[:, 0].min() > 0 and piece[:, 0].max() < rows - 1]


def _grouped(pieces: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Put together the pieces of one disc: nearer to each other than a vertebra is high, however the disc lies."""
    if len(pieces) <= FEWEST_TO_COMPARE:
        return pieces
    usual = _usual_gap(pieces)
    groups = [pieces[0]]
    for piece in pieces[1:]:
        if _apart(groups[-1], piece) < SAME_DISC * usual:
            groups[-1] = np.vstack([groups[-1], piece])
        else:
            groups.append(piece)
    return groups


def _with_room_above(groups: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    if len(groups) <= FEWEST_TO_COMPARE:
        return groups
    room = ROOM_ABOVE * _usual_gap(groups)
    return [group for group in groups if group[:, 0].min() >= room]


def _usual_gap(pieces: list[NDArray[np.int64]]) -> float:
    """Give the median way from one middle to the next."""
    centres = np.array([piece.mean(axis=0) for piece in pieces])
    return float(np.median(np.hypot(*np.diff(centres, axis=0).T)))


def _apart(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Measure from the nearest pixel to the nearest pixel."""
    return float(cKDTree(one).query(other)[0].min())


def _disc(number: int, pixels: NDArray[np.int64], canal: NDArray[np.int64]) -> Disc:
    centre = pixels.mean(axis=0)
    _, _, axes = np.linalg.svd(pixels - centre, full_matrices=False)
    backward = axes[0]
    if len(canal):
        nearest = canal[np.argmin(np.hypot(*(canal - centre).T))]
        backward = backward if backward @ (nearest - centre) >= 0 else -backward
    along = (pixels - centre) @ backward
    length = float(np.ptp(along)) + 1
    return Disc(number, _point(centre), _point(backward), length, len(pixels) / length, len(pixels))


def _between(lower: Disc, upper: Disc) -> tuple[Point, Point, float]:
    """Give the middle of the vertebra between two discs, and the direction across the canal there."""
    middle = (np.asarray(lower.centre) + np.asarray(upper.centre)) / 2
    direction = np.asarray(lower.backward) + np.asarray(upper.backward)
    size = float(np.hypot(*direction))
    unit = direction / size if size > 0 else np.asarray(upper.backward)
    return _point(middle), _point(unit), max(lower.length, upper.length)


def _point(pair: NDArray[np.generic]) -> Point:
    return (float(pair[0]), float(pair[1]))
