"""What is said about one series of the lumbar spine.

Levels are counted from the lowest disc in view, which is taken for L5/S1; a transitional vertebra or a scan
that ends above the sacrum shifts every name, so each record keeps the number beside the name.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the exact loader reads the annotations at run time
from dataclasses import dataclass

from appliance.measure_spine import MeasuredGrade, MillimetreGrade  # noqa: TC001 - the same


@dataclass(frozen=True, slots=True)
class GradeOf:
    """One thing that a network graded."""

    structure: str
    """``canal``, ``left_foramen``, … in an axial slice; ``pfirrmann``, ``bulging``, … of a disc."""
    grade: str
    probability: float
    """Of this grade."""
    probabilities: Mapping[str, float]
    """Of every grade, in their order."""
    sure: bool
    """Whether the probability reaches the setting ``spine.sure_from``."""
    tested: bool
    """Whether this was ever compared with a radiologist's grade on scans like this one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one slice."""

    slice_number: int
    """Counted from 1 along the series' slices."""
    row: float
    column: float
    """In the slice's pixels, from 0."""
    centre_mm: tuple[float, float, float]
    """The patient's right-anterior-superior millimetres."""


@dataclass(frozen=True, slots=True)
class AxialLevel:
    """One level, seen from above."""

    level: str
    """``L4/L5``, or ``level 3`` where nothing tells the name."""
    number: int
    """Of the disc, from the lowest upward."""
    series: str
    """``SeriesRead.id`` of the stack that holds the slice."""
    named_by: str
    """How the level came by its name, in words."""
    place: Place
    """Of the spinal canal's middle in the slice that was graded."""
    crop_mm: tuple[float, float]
    """Height and width of the window that was graded."""
    grades: tuple[GradeOf, ...]
    """The canal first."""


@dataclass(frozen=True, slots=True)
class AxialFindings:
    """All that is said about one series of axial slices."""

    series: str
    """``SeriesRead.id`` of its first stack: a scanner may angle a stack of its own along each disc."""
    levels: tuple[AxialLevel, ...]
    """From the lowest upward."""
    tested_contrast: bool
    """Whether grades were ever tested on this weighting."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A measuring line across the canal, in a slice's pixels as ``(row, column)``."""

    front: tuple[float, float]
    back: tuple[float, float]
    mm: float | None


@dataclass(frozen=True, slots=True)
class SagittalLevel:
    """One level, seen from the side."""

    level: str
    number: int
    """Of the disc, from the lowest upward."""
    disc: Place
    at_disc: Line | None
    """``None`` where no canal was found behind the disc."""
    above: Line | None
    """At the middle of the vertebra above …"""
    below: Line | None
    """… and below."""
    ratio: float | None
    """Width at the disc over the mean of those above and below."""
    measured_grade: MeasuredGrade | None
    """By the ratio."""
    millimetre_grade: MillimetreGrade | None
    """By Verbiest's limits."""
    grades: tuple[GradeOf, ...]
    """Of the disc; empty where no disc grader is installed."""


@dataclass(frozen=True, slots=True)
class SagittalFindings:
    """All that is said about one sagittal series."""

    series: str
    slice_number: int
    """The slice that was measured, counted from 1."""
    slice_rule: str
    levels: tuple[SagittalLevel, ...]
    """From the lowest upward."""
    rule: str
    tested_contrast: bool
    """Whether this was ever tested on this weighting."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A level at which the two views do not say the same."""

    level: str
    axial_series: str
    sagittal_series: str
    axial_grade: str
    sagittal_grade: str
    sentence: str
