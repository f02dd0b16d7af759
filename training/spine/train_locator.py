"""Measure the axial locator: how far from the clicked places it lands in patients that it never saw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from training.datasets.sudirman import SPACING_MM, AxialSlice, read_axial
from training.spine.answers import torch_answer
from training.spine.axial import click, clicked_files, locate
from training.spine.folds import patient_folds
from training.spine.metrics import bootstrapped
from training.spine.records import RunRecord, data_hash, write_record, write_rows
from training.spine.train_axial import AxialPlan, train_locator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

NEAR_MM = 5.0
"""Half the width of a roomy canal: farther away, the crop is not centred on it any more."""
PLAN = AxialPlan()


def cross_validate(
    slices: Sequence[AxialSlice], plan: AxialPlan, work: Path
) -> tuple[list[AxialSlice], NDArray[np.float64]]:
    """Distance in mm from the clicked disc and canal, by a locator that has not seen the patient."""
    folds = patient_folds({item.patient: item.patient for item in slices}, plan.folds, plan.seed)
    told: list[AxialSlice] = []
    apart: list[tuple[float, float]] = []
    for fold in range(plan.only or plan.folds):
        seen = [item for item in slices if folds[item.patient] != fold]
        task = train_locator(seen, plan, work / f"fold{fold}")
        new = [item for item in slices if folds[item.patient] == fold]
        for found in locate(torch_answer(task.net), new):
            wanted = click(found.slice.file)
            apart.append((_mm(found.disc, wanted.disc), _mm(found.canal, wanted.canal)))
        told += new
    return told, np.array(apart)


def _mm(found: tuple[float, float], wanted: tuple[float, float]) -> float:
    return SPACING_MM * float(np.hypot(found[0] - wanted[0], found[1] - wanted[1]))


def locator_metrics(slices: Sequence[AxialSlice], apart: NDArray[np.float64]) -> dict[str, object]:
    """Middle and worst distance, and the share that lands near enough."""
    patients = np.array([item.patient for item in slices])
    return {
        "n": {"slices": len(slices), "patients": len(np.unique(patients))},
        "near_mm": NEAR_MM,
        **{
            name: {
                "median_mm": bootstrapped(lambda r, c=column: float(np.median(apart[r, c])), patients),
                "worst_mm": round(float(apart[:, column].max()), 2),
                "near": bootstrapped(lambda r, c=column: float((apart[r, c] <= NEAR_MM).mean()), patients),
            }
            for column, name in enumerate(("disc", "canal"))
        },
    }


def run(data: Path, work: Path, results: Path, plan: AxialPlan) -> None:
    """Cross-validate on the slices that were clicked by hand, and record."""
    began = time.monotonic()
    chosen = clicked_files()
    slices = [item for item in read_axial(data).slices if item.file in chosen]
    told, apart = cross_validate(slices, plan, work)
    sha = data_hash(item.pixels for item in slices)
    settings: dict[str, object] = {
        "locator_epochs": plan.locator_epochs,
        "folds": plan.folds,
        "only": plan.only,
        "seed": plan.seed,
    }
    metrics = locator_metrics(told, apart)
    write_record(results, RunRecord(results.name, settings, plan.seed, sha, time.monotonic() - began, metrics))
    rows = [(item.file, item.patient, *map(float, pair)) for item, pair in zip(told, apart, strict=True)]
    write_rows(work / "out_of_fold.csv", ("file", "patient", "disc_mm", "canal_mm"), rows)
