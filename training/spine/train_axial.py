"""Train the axial readers: the locator, the grader out of fold, and the grader on everybody."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import numpy as np
from torch.utils.data import TensorDataset

from training.datasets.sudirman import BOTH_WEIGHTINGS, GRADES, HEADS, AxialSlice, read_axial
from training.spine.answers import torch_answer
from training.spine.axial import AxialTask, Located, LocatorTask, clicked, grade, grading_data, locate
from training.spine.fitting import fit, load_weights, save_weights
from training.spine.folds import patient_folds
from training.spine.invented import invented_slices, load_invented, save_invented
from training.spine.records import RunRecord, data_hash, write_record, write_rows
from training.spine.report_axial import axial_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LOCATOR_REPEATS = 8
"""The clicked slices are few: each is seen this often in an epoch, in a new view each time."""


@dataclass(frozen=True, slots=True)
class AxialPlan:
    """How long and how."""

    network: str = "grader"
    epochs: int = 14
    batch: int = 32
    folds: int = 3
    only: int = 0
    """Stop after this many folds, where time is short: figures then cover their patients only. 0 is all."""
    seed: int = 20
    consistency: float = 1.0
    locator_epochs: int = 40
    invented: int = 0
    """How many invented slices the grader learns from besides (``invented.py``)."""
    start_from: str = ""
    """Weights to go on from, with ``{fold}`` in the name: they must not have learnt from that fold either."""
    minutes: float = 0.0
    """Of each network; at 0 the epochs alone decide."""


def train_locator(slices: Sequence[AxialSlice], plan: AxialPlan, work: Path) -> LocatorTask:
    """Learn disc and canal from the clicked places, or load what an earlier call left."""
    pl.seed_everything(plan.seed, verbose=False)
    task = LocatorTask()
    weights = work / "locator.safetensors"
    if weights.is_file():
        load_weights(task.net, weights)
        return task
    repeated = TensorDataset(*(t.repeat(LOCATOR_REPEATS, *[1] * (t.dim() - 1)) for t in clicked(slices).tensors))
    fit(task, repeated, work / "locator", epochs=plan.locator_epochs, batch=24, seed=plan.seed, minutes=plan.minutes)
    save_weights(task.net, weights, {"network": "locator"})
    return task


def train_grader(located: Sequence[Located], plan: AxialPlan, work: Path, fold: str = "all") -> AxialTask:
    """Fit one grader; patients with both weightings are never among those it learns from."""
    pl.seed_everything(plan.seed, verbose=False)
    task = AxialTask(plan.network, consistency=plan.consistency)
    if plan.start_from:
        load_weights(task.net, Path(plan.start_from.format(fold=fold)))
        task.train()
    known = [item for item in located if item.slice.student is not None or item.slice.worded[0] is not None]
    learnt = [item for item in known if item.slice.patient not in BOTH_WEIGHTINGS]
    data = grading_data([*learnt, *located_inventions(plan, work.parent)])
    fit(task, data, work, epochs=plan.epochs, batch=plan.batch, seed=plan.seed, minutes=plan.minutes)
    return task


def located_inventions(plan: AxialPlan, work: Path) -> list[Located]:
    """Draw invented slices, or take those that an earlier call of the same plan left; find their canals."""
    if not plan.invented:
        return []
    kept = work / f"invented-{plan.invented}-{plan.seed}.npz"
    if not kept.is_file():
        save_invented(invented_slices(plan.invented, plan.seed), kept)
    return locate(torch_answer(train_locator((), plan, work).net), load_invented(kept))


def cross_validate(
    located: Sequence[Located], plan: AxialPlan, work: Path
) -> tuple[list[Located], NDArray[np.float64]]:
    """Grade slices by a grader that has not seen their patient."""
    folds = patient_folds({item.slice.patient: item.slice.note_group for item in located}, plan.folds, plan.seed)
    told: list[Located] = []
    graded = []
    for fold in range(plan.only or plan.folds):
        new = [item for item in located if folds[item.slice.patient] == fold]
        seen = [item for item in located if folds[item.slice.patient] != fold]
        task = train_grader(seen, plan, work / f"fold{fold}", str(fold))
        save_weights(
            task.net, work / f"fold{fold}.safetensors", {"network": plan.network, "not_learnt_from": f"fold {fold}"}
        )
        graded.append(grade(torch_answer(task.net), new))
        told += new
    return told, np.concatenate(graded)


def run(data: Path, work: Path, results: Path, plan: AxialPlan) -> None:
    """Locate, cross-validate, record."""
    began = time.monotonic()
    slices = read_axial(data).slices
    located = locate(torch_answer(train_locator(slices, plan, work).net), slices)
    located, graded = cross_validate(located, plan, work)
    metrics = axial_metrics([item.slice for item in located], graded)
    sha = data_hash([*(item.pixels for item in slices), np.array([str(item.student) for item in slices])])
    record = RunRecord(results.name, _settings(plan), plan.seed, sha, time.monotonic() - began, metrics)
    write_record(results, record)
    write_rows(work / "out_of_fold.csv", _columns(), _rows(located, graded))


def train_final(data: Path, work: Path, checkpoints: Path, plan: AxialPlan) -> None:
    """Learn from everybody (but those kept for the test of weightings) and keep the weights."""
    slices = read_axial(data).slices
    locator = train_locator(slices, plan, work)
    task = train_grader(locate(torch_answer(locator.net), slices), plan, work / "all")
    save_weights(locator.net, checkpoints / "spine-axial-locator.safetensors", {"network": "locator"})
    save_weights(task.net, checkpoints / f"spine-axial-{plan.network}.safetensors", {"network": plan.network})


def _settings(plan: AxialPlan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in AxialPlan.__slots__}


def _columns() -> tuple[str, ...]:
    return ("file", "patient", "level", "student", "worded", *(f"p_{grade}" for grade in GRADES))


def _rows(located: Sequence[Located], graded: NDArray[np.float64]) -> list[tuple[object, ...]]:
    canal = graded[:, HEADS.index("canal")]
    return [
        (i.slice.file, i.slice.patient, i.slice.level, i.slice.student, i.slice.worded[0], *map(float, told))
        for i, told in zip(located, canal, strict=True)
    ]
