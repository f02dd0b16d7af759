"""Does the axial reading hang on the weighting? Grades exist for T1 only; clinics send T2 as well.

Two patients are here in both weightings and are never learnt from. Their slices are paired by the
correlation of edges, each pair is read twice, and what comes out is compared. Nothing here says that a
grade on T2 is right: there is no graded T2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.errors import NothingToRead
from training.datasets.pictures_in import read_grey
from training.datasets.sudirman import BOTH_WEIGHTINGS, GRADES, HEADS, SPACING_MM, AxialSlice, pair_weightings
from training.spine.axial import grade, locate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.spine.answers import Answer

SURE_PAIR = 0.45
"""Edges of the same place in two weightings correlate more than this; of other people, less."""
USUAL_SPREADS = 4.0
"""A disc and canal farther from their usual distance than this many spreads are not believed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One place in both weightings."""

    patient: int
    level: str
    t2_file: str
    correlation: float
    apart_mm: float
    """Between the canal found on T1 and on T2."""
    t1_grade: str
    t2_grade: str
    difference: float
    """Largest difference of the canal's three probabilities."""


def read_t2(folder: Path) -> dict[str, NDArray[np.uint8]]:
    """Read the unlabelled T2 slices."""
    found = {path.name: read_grey(path) for path in sorted(folder.glob("*.png"))}
    if not found:
        raise NothingToRead(f"There are no PNG slices in {folder}.", advice="Give the folder of the T2 slices.")
    return found


def compare_weightings(
    slices: Sequence[AxialSlice], t2: dict[str, NDArray[np.uint8]], locator: Answer, grader: Answer
) -> list[Pair]:
    """Read every place of the two patients on T1 and on T2."""
    pairs = []
    for item in slices:
        name, correlation = pair_weightings(item.pixels, t2) if item.patient in BOTH_WEIGHTINGS else ("", 0.0)
        if correlation >= SURE_PAIR:
            both = locate(locator, [item, as_slice(name, t2[name], item.patient, item.level)])
            told = grade(grader, both)[:, HEADS.index("canal")]
            apart = float(np.hypot(*np.subtract(both[0].canal, both[1].canal))) * SPACING_MM
            words = [GRADES[int(row.argmax())] for row in told]
            pairs.append(
                Pair(item.patient, item.level, name, correlation, apart, *words, float(np.abs(told[0] - told[1]).max()))
            )
    return pairs


def believable(located_t1: NDArray[np.float64], located_t2: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell for each T2 slice whether disc and canal lie to each other as they do on T1: ``[slice, (row, column)]``."""
    usual, spread = located_t1.mean(axis=0), located_t1.std(axis=0)
    return np.asarray((np.abs(located_t2 - usual) <= USUAL_SPREADS * spread).all(axis=1))


def offsets(locator: Answer, slices: Sequence[AxialSlice]) -> NDArray[np.float64]:
    """From the disc's centre to the canal's, in pixels."""
    return np.array([np.subtract(found.canal, found.disc) for found in locate(locator, slices)])


def as_slice(name: str, pixels: NDArray[np.uint8], patient: int = 0, level: str = "") -> AxialSlice:
    """Wrap a picture of which nothing is known."""
    return AxialSlice(name, patient, level, pixels)
