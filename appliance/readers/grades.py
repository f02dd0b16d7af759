"""A grader's row of probabilities, taken apart by what they speak of, and the grade that is told of each.

Networks count grades from 0. Here they have the names that doctors use: Pfirrmann 1 to 5, Modic 0 to 3, and no or
yes for what is there or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.measure.grades import told_grade
from appliance.models.probabilities import BETWEEN, groups_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.preprocess import Floats

PFIRRMANN = "pfirrmann"
PFIRRMANN_GRADES = 5
CUT = "pfirrmann_from_"
"""A package's thresholds: the expected grade, counted from 1, from which each grade is told."""
NO_OR_YES = ("no", "yes")


@dataclass(frozen=True, slots=True)
class Grade:
    """What a network says of one property."""

    name: str
    told: str
    probabilities: Mapping[str, float]
    """Of each grade, in their order."""


def most_probable(classes: tuple[str, ...], row: Floats) -> tuple[Grade, ...]:
    """Tell of each property the grade that is most probable."""
    return tuple(
        Grade(name, labels[int(np.argmax(values))], dict(zip(labels, map(float, values), strict=True)))
        for name, labels, values in _groups(classes, row)
    )


def disc_grades(classes: tuple[str, ...], row: Floats, cuts: tuple[float, ...]) -> tuple[Grade, ...]:
    """Tell the grades of a disc: Pfirrmann's by its cut points, all others by what is most probable."""
    grades = []
    for name, labels, values in _groups(classes, row):
        names = _names(name, labels)
        at = int(told_grade(values[None], cuts)[0]) if name == PFIRRMANN else int(np.argmax(values))
        grades.append(Grade(name, names[at], dict(zip(names, map(float, values), strict=True))))
    return tuple(grades)


def pfirrmann_cuts(thresholds: Mapping[str, float]) -> tuple[float, ...]:
    """Return a package's cut points, counted from grade 0; halfway between grades where it has none."""
    return tuple(thresholds.get(f"{CUT}{grade}", grade - 0.5) - 1 for grade in range(2, PFIRRMANN_GRADES + 1))


def _groups(classes: tuple[str, ...], row: Floats) -> list[tuple[str, tuple[str, ...], Floats]]:
    return [
        (name, tuple(label.partition(BETWEEN)[2] for label in classes[part]), row[part])
        for name, part in groups_of(classes).items()
    ]


def _names(name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    if name == PFIRRMANN:
        return tuple(str(int(label) + 1) for label in labels)
    return NO_OR_YES if len(labels) == len(NO_OR_YES) else labels
