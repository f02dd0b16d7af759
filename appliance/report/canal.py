"""The spinal canal by both views together: where it is worst, and what each view says there. Pure.

Guarantees: the worse of both views counts, and of the view from the side the worse of ratio and millimetres, so
that nothing that one of them calls narrow is hidden by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from appliance.measure_spine import MillimetreGrade
from appliance.report.vocabulary import is_remarkable, is_severe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.spine import AxialFindings, SagittalFindings, SagittalLevel
    from appliance.findings.study import Findings

CANAL = "canal"
MILD = frozenset({"Mild", "mild", MillimetreGrade.RELATIVE})


class View(StrEnum):
    """From where the canal was seen."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"


class Badness(IntEnum):
    """How bad a grade is, whichever scale it is of."""

    NONE = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What one view says of the canal at one level."""

    view: View
    level: str
    grade: str
    mm: float | None = None

    @property
    def badness(self) -> Badness:
        """How bad it is."""
        return badness_of(CANAL, self.grade)


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst level, with everything that was said of the canal there."""

    seen: Seen
    by_view: tuple[Seen, ...]

    @property
    def views(self) -> tuple[View, ...]:
        """Those that say so; the other sees less, or nothing."""
        return tuple(dict.fromkeys(each.view for each in self.by_view if each.badness is self.seen.badness))


def badness_of(structure: str, grade: str) -> Badness:
    """Put a grade of any scale into one order."""
    if not is_remarkable(structure, grade):
        return Badness.NONE
    if is_severe(grade):
        return Badness.SEVERE
    return Badness.MILD if grade in MILD else Badness.MODERATE


def canals_of(findings: Findings) -> tuple[Seen, ...]:
    """List what was said of the canal, level by level, from above first."""
    from_above = (seen for axial in findings.spine_axial for seen in _from_above(axial))
    return (*from_above, *(seen for sagittal in findings.spine_sagittal for seen in from_the_side(sagittal)))


def worst_of(canals: tuple[Seen, ...]) -> Worst | None:
    """Find the level where the canal is worst by any view; of equals the one that measures least."""
    if not canals:
        return None
    widths = {seen.level: seen.mm for seen in canals if seen.mm is not None}
    worst = max(canals, key=lambda seen: (seen.badness, -widths.get(seen.level, float("inf"))))
    return Worst(worst, tuple(seen for seen in canals if seen.level == worst.level))


def from_the_side(sagittal: SagittalFindings) -> tuple[Seen, ...]:
    """List what the widths mean, by the worse of their two rules."""
    seen = map(seen_at, sagittal.levels)
    return tuple(each for each in seen if each is not None)


def seen_at(level: SagittalLevel) -> Seen | None:
    """Say what the width at one level means; nothing where none was measured."""
    grades = [str(grade) for grade in (level.measured_grade, level.millimetre_grade) if grade is not None]
    if not grades:
        return None
    worse = max(grades, key=lambda grade: badness_of(CANAL, grade))
    return Seen(View.SAGITTAL, level.level, worse, level.at_disc.mm if level.at_disc else None)


def _from_above(axial: AxialFindings) -> Iterator[Seen]:
    for level in axial.levels:
        yield from (Seen(View.AXIAL, level.level, grade.grade) for grade in level.grades if grade.structure == CANAL)
