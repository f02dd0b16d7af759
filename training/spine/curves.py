"""ROC curves and confusion matrices of every run that left its answers out of fold.

The answers stand beside the labels of the data set, so they stay below ``runs``; the pictures go to the record.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from training.datasets.sudirman import GRADES
from training.spine.pictures import draw_confusion, draw_roc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Rows = list[dict[str, str]]
PFIRRMANN_GRADES = ("1", "2", "3", "4", "5")


def draw_curves(work: Path, results: Path) -> list[Path]:
    """Draw into each record what its run's table allows; say what was written."""
    written: list[Path] = []
    for table in sorted(work.glob("*/out_of_fold.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows and "p_Serious" in rows[0]:
            written += _axial(rows, _record(results, table))
        elif rows and "p_narrowing" in rows[0]:
            written += _discs([row for row in rows if row["weighting"] == "T2"], _record(results, table))
    return written


def _record(results: Path, table: Path) -> Path:
    folder = results / table.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _axial(rows: Rows, folder: Path) -> list[Path]:
    known = [row for row in rows if row["student"]]
    truth = _numbers(known, "student").astype(int)
    told = np.stack([_numbers(known, f"p_{grade}") for grade in GRADES], axis=1)
    curves = {"student's coding": _no_or_serious(rows, "student"), "written rule": _no_or_serious(rows, "worded")}
    draw_roc(curves, folder / "roc.png")
    draw_confusion(counted(truth, told.argmax(1), len(GRADES)), GRADES, folder / "confusion.png")
    return [folder / "roc.png", folder / "confusion.png"]


def _no_or_serious(rows: Rows, column: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kept = [row for row in rows if row[column] in {"0", "2"}]
    no, serious = (np.clip(_numbers(kept, name), 1e-6, None) for name in ("p_No", "p_Serious"))
    return (_numbers(kept, column) > 0).astype(np.int64), np.log(serious) - np.log(no)


def _discs(rows: Rows, folder: Path) -> list[Path]:
    narrowed = (_numbers(rows, "narrowing") > 0).astype(np.int64)
    draw_roc({"narrowing, T2": (narrowed, _numbers(rows, "p_narrowing"))}, folder / "roc.png")
    grades = (_numbers(rows, "pfirrmann").astype(int) - 1, _numbers(rows, "pfirrmann_told").astype(int) - 1)
    draw_confusion(counted(*grades, len(PFIRRMANN_GRADES)), PFIRRMANN_GRADES, folder / "confusion.png")
    return [folder / "roc.png", folder / "confusion.png"]


def counted(truth: NDArray[np.int64], told: NDArray[np.int64], classes: int) -> Sequence[Sequence[int]]:
    """Count label (rows) against answer (columns)."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (truth, told), 1)
    return counts.tolist()


def _numbers(rows: Rows, column: str) -> NDArray[np.float64]:
    return np.array([float(row[column]) for row in rows])
