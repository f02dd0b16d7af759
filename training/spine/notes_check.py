"""The written rule for the notes against the student's coding, and against a reading by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.datasets.pictures_in import read_table
from training.datasets.sudirman import GRADES, AxialSlice
from training.spine.metrics import kappa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def agreement(slices: Sequence[AxialSlice]) -> dict[str, object]:
    """Count, slice by slice, how the student's coding and the rule go together; the last place is “not known”."""
    unknown = len(GRADES)
    student = np.array([unknown if item.student is None else item.student for item in slices])
    worded = np.array([unknown if item.worded[0] is None else item.worded[0] for item in slices])
    table = np.zeros((unknown + 1, unknown + 1), dtype=int)
    np.add.at(table, (student, worded), 1)
    both = (student < unknown) & (worded < unknown)
    return {
        "rows_student_columns_rule": table.tolist(),
        "names": [*GRADES, "not known"],
        "n_both_known": int(both.sum()),
        "agreement": round(float((student[both] == worded[both]).mean()), 4),
        "kappa_quadratic": round(kappa(student[both], worded[both], "quadratic"), 4),
    }


def reading_error(verdicts: Path) -> dict[str, object]:
    """Count the verdicts of the reading by eye."""
    rows = read_table(verdicts, ("patient", "verdict", "what", "mended_since"))
    wrong = [row for row in rows if row["verdict"] == "wrong"]
    return {
        "notes_read": len(rows),
        "wrong": len(wrong),
        "error_rate": round(len(wrong) / len(rows), 4),
        "wrong_after_mending": sum(row["mended_since"] != "yes" for row in wrong),
    }
