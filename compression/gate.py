"""What a package must keep of what its teacher could do; else it is not written, and this says what was lost.

Decides on recorded figures alone; it measures nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.errors import OutpostError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Figure(StrEnum):
    """What was measured."""

    DICE = "Dice"
    AUC = "AUC"
    KAPPA = "κ"


LARGEST_DROP = {Figure.DICE: 0.006, Figure.AUC: 0.01, Figure.KAPPA: 0.01}
"""From the student in FP32 to the same in INT8."""
SMALLEST_SHARE_KEPT = 0.987
"""Of the teacher's score, by the INT8 student."""
USELESS = {Figure.DICE: 0.5, Figure.AUC: 0.5, Figure.KAPPA: 0.0}
"""At this Dice as much is marked wrongly or missed as twice what is marked rightly; AUC and κ are those of chance.

A student that keeps all of what a teacher without training could do would pass every other rule.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One figure on the same cases, before and after."""

    what: str
    """Which network and class."""
    figure: Figure
    teacher: float
    student: float
    """In FP32."""
    quantised: float
    """The same student in INT8."""

    @property
    def drop(self) -> float:
        """What quantisation cost."""
        return self.student - self.quantised

    @property
    def share(self) -> float:
        """How much of the teacher's score is left at the end."""
        return self.quantised / self.teacher if self.teacher > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason not to write a package."""

    what: str
    rule: str
    by_how_much: str

    def __str__(self) -> str:
        return f"{self.what}: {self.rule} ({self.by_how_much})"


class NotGoodEnough(OutpostError):
    """A package was not written, because it would have lost too much."""


def judged(figures: Sequence[Kept]) -> list[Refusal]:
    """Return every rule that a package breaks."""
    return [refusal for one in figures for refusal in _judged(one)]


def refuse(refusals: Sequence[Refusal]) -> None:
    """Stop here if there is any reason to."""
    if refusals:
        reasons = "; ".join(str(one) for one in refusals)
        raise NotGoodEnough(
            f"The package is not written: {reasons}.",
            advice="Train the student longer, prune it less, or quantise with accuracy control.",
        )


def _judged(one: Kept) -> list[Refusal]:
    found = []
    floor = USELESS[one.figure]
    if one.quantised <= floor:
        by = f"{one.quantised:.4f}, and it must be above {floor}"
        found.append(Refusal(one.what, f"its {one.figure} is of no use to anybody", by))
    limit = LARGEST_DROP[one.figure]
    if one.drop > limit:
        by = f"from {one.student:.4f} to {one.quantised:.4f}, a drop of {one.drop:.4f}, and {limit} is allowed"
        found.append(Refusal(one.what, f"INT8 loses too much {one.figure}", by))
    if one.share < SMALLEST_SHARE_KEPT:
        by = (
            f"{one.quantised:.4f} of the teacher's {one.teacher:.4f} is {one.share:.2%}, "
            f"and {SMALLEST_SHARE_KEPT:.1%} must be kept"
        )
        found.append(Refusal(one.what, f"too little is left of the teacher's {one.figure}", by))
    return found
