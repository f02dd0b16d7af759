"""Train the sagittal reader: out of fold over patients, then on everybody."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import numpy as np

from training.datasets.spider import CLASSES, MaskedSlice, read_masked
from training.spine.answers import torch_answer
from training.spine.fitting import fit, load_weights, save_weights
from training.spine.folds import patient_folds
from training.spine.metrics import bootstrapped
from training.spine.records import RunRecord, data_hash, write_record, write_rows
from training.spine.sagittal import SagittalTask, dice_by_class, same_levels, segment, segmentation_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SagittalPlan:
    """How long and how."""

    epochs: int = 15
    batch: int = 8
    folds: int = 3
    only: int = 0
    """Stop after this many folds, where time is short: figures then cover their patients only. 0 is all."""
    seed: int = 30
    start_from: str = ""
    """Weights to go on from, with ``{fold}`` in the name: they must not have learnt from that fold either."""
    minutes: float = 0.0
    """Of each network; at 0 the epochs alone decide."""


def train_segmenter(slices: Sequence[MaskedSlice], plan: SagittalPlan, work: Path, fold: str = "all") -> SagittalTask:
    """Fit one network."""
    pl.seed_everything(plan.seed, verbose=False)
    task = SagittalTask()
    if plan.start_from:
        load_weights(task.net, Path(plan.start_from.format(fold=fold)))
        task.train()
    data = segmentation_data(slices)
    fit(task, data, work, epochs=plan.epochs, batch=plan.batch, seed=plan.seed, minutes=plan.minutes)
    return task


def cross_validate(
    slices: Sequence[MaskedSlice], plan: SagittalPlan, work: Path
) -> tuple[list[MaskedSlice], list[NDArray[np.uint8]]]:
    """Label slices by a network that has not seen their patient."""
    folds = patient_folds({item.patient: item.patient for item in slices}, plan.folds, plan.seed)
    told: list[MaskedSlice] = []
    labels = []
    for fold in range(plan.only or plan.folds):
        task = train_segmenter([s for s in slices if folds[s.patient] != fold], plan, work / f"fold{fold}", str(fold))
        facts = {"network": "segmenter", "not_learnt_from": f"fold {fold}"}
        save_weights(task.net, work / f"fold{fold}.safetensors", facts)
        new = [item for item in slices if folds[item.patient] == fold]
        labels += [segment(torch_answer(task.net), item.pixels) for item in new]
        told += new
    return told, labels


def sagittal_metrics(slices: Sequence[MaskedSlice], told: Sequence[NDArray[np.uint8]]) -> dict[str, object]:
    """Dice per patient, and whose levels are numbered right."""
    patients = np.array([item.patient for item in slices])
    dice = np.array([dice_by_class(t, s.labels) for t, s in zip(told, slices, strict=True)])
    right = np.array([same_levels(t, s.labels) for t, s in zip(told, slices, strict=True)])
    middle = middle_slices(slices)
    people = np.unique(patients)
    by_patient = np.array([np.nanmean(dice[patients == p], axis=0) for p in people])
    return {
        "n": {"slices": len(slices), "patients": len(people)},
        "dice": {
            name: bootstrapped(lambda r, c=c: float(np.nanmean(by_patient[r, c])), people)
            for c, name in enumerate(CLASSES[1:])
        },
        "dice_worst_patient": {
            name: round(float(np.nanmin(by_patient[:, c])), 4) for c, name in enumerate(CLASSES[1:])
        },
        "levels": {
            "accuracy": bootstrapped(lambda r: float(right[middle][r].mean()), patients[middle]),
            "accuracy_over_all_slices": bootstrapped(lambda r: float(right[r].mean()), patients),
        },
    }


def middle_slices(slices: Sequence[MaskedSlice]) -> NDArray[np.int64]:
    """Pick the middle one of each patient's slices."""
    rows: dict[int, list[int]] = {}
    for row, item in enumerate(slices):
        rows.setdefault(item.patient, []).append(row)
    return np.array([of[len(of) // 2] for of in rows.values()])


def run(data: Path, work: Path, results: Path, plan: SagittalPlan) -> None:
    """Cross-validate and record."""
    began = time.monotonic()
    everything = read_masked(data)
    sha = data_hash(array for item in everything for array in (item.pixels, item.labels))
    slices, told = cross_validate(everything, plan, work)
    metrics = sagittal_metrics(slices, told)
    settings = {name: getattr(plan, name) for name in SagittalPlan.__slots__}
    write_record(results, RunRecord(results.name, settings, plan.seed, sha, time.monotonic() - began, metrics))
    rows = [
        (s.file, s.patient, *map(float, dice_by_class(t, s.labels)), int(same_levels(t, s.labels)))
        for s, t in zip(slices, told, strict=True)
    ]
    write_rows(work / "out_of_fold.csv", ("file", "patient", *CLASSES[1:], "levels_right"), rows)


def train_final(data: Path, work: Path, checkpoints: Path, plan: SagittalPlan) -> None:
    """Learn from everybody and keep the weights."""
    task = train_segmenter(read_masked(data), plan, work / "all")
    save_weights(task.net, checkpoints / "spine-sagittal-segmenter.safetensors", {"network": "segmenter"})
