"""The axial figures, with the level-only baseline in the same table.

The baseline is told the level and nothing of the picture: its score is the share of Serious among the
measured slices of that level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.datasets.sudirman import GRADES, HEADS, AxialSlice
from training.spine.metrics import auc, bootstrapped, classification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NO, SERIOUS = GRADES.index("No"), GRADES.index("Serious")


def axial_metrics(slices: Sequence[AxialSlice], graded: NDArray[np.float64]) -> dict[str, object]:
    """All figures against the student's coding, and the main ones against the written rule."""
    canal = graded[:, HEADS.index("canal")]
    student = np.array([-1 if item.student is None else item.student for item in slices])
    worded = np.array([-1 if item.worded[0] is None else item.worded[0] for item in slices])
    agreed = np.where(student == worded, student, -1)
    patients = np.array([item.patient for item in slices])
    known = student >= 0
    return {
        "auc": {
            "serious_vs_no": serious_against_no(student, severity(canal), patients),
            "level_only": serious_against_no(student, level_only(slices, student), patients),
            "serious_vs_no_by_rule": serious_against_no(worded, severity(canal), patients),
            "serious_vs_no_where_both_agree": serious_against_no(agreed, severity(canal), patients),
        },
        **classification(student[known], canal[known], patients[known], GRADES),
        "heads_by_rule": _sides(slices, graded, patients),
    }


def severity(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Serious against No, as log odds."""
    safe = np.clip(probabilities, 1e-6, None)
    return np.log(safe[:, SERIOUS]) - np.log(safe[:, NO])


def serious_against_no(
    truth: NDArray[np.int64], score: NDArray[np.float64], patients: NDArray[np.int64]
) -> dict[str, float]:
    """AUC over the slices that are one or the other."""
    rows = np.flatnonzero((truth == NO) | (truth == SERIOUS))
    wanted, scores = (truth[rows] == SERIOUS).astype(int), score[rows]
    return bootstrapped(lambda r: auc(wanted[r], scores[r]), patients[rows])


def level_only(slices: Sequence[AxialSlice], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give each slice the share of Serious at its level in this very folder: the best that the level alone can do."""
    levels = np.array([item.level for item in slices])
    extreme = (truth == NO) | (truth == SERIOUS)
    shares = {level: (truth[extreme & (levels == level)] == SERIOUS).mean() for level in np.unique(levels[extreme])}
    return np.array([shares.get(level, 0.0) for level in levels])


def _sides(
    slices: Sequence[AxialSlice], probabilities: NDArray[np.float64], patients: NDArray[np.int64]
) -> dict[str, dict[str, float]]:
    """AUC of pressed against free, for the heads that only the written rule knows."""
    found = {}
    for head, name in enumerate(HEADS[1:], start=1):
        truth = np.array([-1 if item.worded[head] is None else item.worded[head] for item in slices])
        rows = np.flatnonzero(truth >= 0)
        wanted, score = (truth[rows] == 2).astype(int), probabilities[rows, head, 2]
        found[name] = bootstrapped(lambda r, w=wanted, s=score: auc(w[r], s[r]), patients[rows])
    return found
