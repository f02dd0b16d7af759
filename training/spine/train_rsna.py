"""Train the grader on RSNA 2024: every level seen from the axial and the sagittal side.

The two views of a level are what the consistency term compares. A level seen from one side only is its
own second view. Images that cannot be read are listed and left out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import lightning.pytorch as pl
import numpy as np
import torch
from torch.utils.data import TensorDataset

from appliance.errors import NothingToRead, Unreadable
from appliance.spine_inputs import CROP, at_spacing, axial_crop
from training.datasets.rsna2024 import (
    AXIAL_T2,
    CONDITIONS,
    SAGITTAL_T2,
    SEVERITIES,
    SpineLevel,
    read_image,
    read_rsna,
    weighted_log_loss,
)
from training.spine.answers import softmax, torch_answer
from training.spine.axial import MARGIN, AxialTask
from training.spine.fitting import fit, save_weights
from training.spine.folds import patient_folds
from training.spine.records import RunRecord, data_hash, write_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.datasets.rsna2024 import Place
    from training.spine.answers import Answer


@dataclass(frozen=True, slots=True)
class RsnaPlan:
    """How long and how."""

    epochs: int = 30
    batch: int = 32
    folds: int = 5
    seed: int = 50
    consistency: float = 1.0


@dataclass(frozen=True, slots=True)
class LevelViews:
    """One level with its pictures around the graded place."""

    level: SpineLevel
    axial: NDArray[np.float32] | None = field(repr=False)
    sagittal: NDArray[np.float32] | None = field(repr=False)


def collect(levels: Sequence[SpineLevel]) -> tuple[list[LevelViews], list[str]]:
    """Cut the views of every level; say what could not be read."""
    found, left_out = [], []
    for level in levels:
        views: list[NDArray[np.float32] | None] = []
        for series in (AXIAL_T2, SAGITTAL_T2):
            try:
                views.append(_view([place for place in level.places if place.series == series]))
            except Unreadable as error:
                left_out.append(str(error))
                views.append(None)
        if any(view is not None for view in views):
            found.append(LevelViews(level, *views))
    return found, left_out


def _view(places: list[Place]) -> NDArray[np.float32] | None:
    """Cut a window around the middle of the points on one image."""
    if not places:
        return None
    path = places[0].path
    here = [place for place in places if place.path == path]
    pixels, spacing = read_image(path)
    even = at_spacing(pixels, spacing, CROP.spacing_mm)
    scale = np.array(even.shape) / np.array(pixels.shape)
    row, column = np.mean([[place.row, place.column] for place in here], axis=0) * scale
    return axial_crop(even, (float(row), float(column)), margin=MARGIN)


def level_data(views: Sequence[LevelViews]) -> TensorDataset:
    """First view, second view, targets, which count, and which views may be mirrored."""
    pairs = [
        (v.axial if v.axial is not None else v.sagittal, v.sagittal if v.sagittal is not None else v.axial)
        for v in views
    ]
    first, second = (torch.from_numpy(np.stack(side))[:, None] for side in zip(*pairs, strict=True))
    targets = torch.zeros(len(views), len(CONDITIONS), len(SEVERITIES))
    counts = torch.zeros(len(views), len(CONDITIONS))
    for row, view in enumerate(views):
        for head, grade in enumerate(view.level.grades):
            if grade is not None:
                targets[row, head, grade] = 1
                counts[row, head] = 1
    mirror = torch.tensor([[float(v.axial is not None), float(v.sagittal is None)] for v in views])
    return TensorDataset(first, second, targets, counts, mirror)


def rsna_task(plan: RsnaPlan) -> AxialTask:
    """Make the axial grader with RSNA's levels; severe cases count more, as in the competition."""
    return AxialTask(consistency=plan.consistency, class_weights=(1.0, 2.0, 4.0), head_weights=(1.0,) * 5)


def grade_levels(answer: Answer, views: Sequence[LevelViews]) -> NDArray[np.float64]:
    """Probabilities ``[level, condition, severity]``: the mean over the views that a level has."""
    shape = (len(views), len(CONDITIONS), len(SEVERITIES))
    sides = [images.numpy()[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN] for images in level_data(views).tensors[:2]]
    return np.mean([softmax(answer(np.ascontiguousarray(side)).reshape(shape)) for side in sides], axis=0)


def run(data: Path, work: Path, results: Path, plan: RsnaPlan) -> dict[str, float]:
    """Cross-validate by study, record the weighted log loss, then train on all and keep the weights."""
    began = time.monotonic()
    views, left_out = collect(read_rsna(data))
    if not views:
        raise NothingToRead("No image of the set can be read.", advice="Check train_images.")
    folds = patient_folds({v.level.study: v.level.study for v in views}, plan.folds, plan.seed)
    of = np.array([folds[v.level.study] for v in views])
    told = np.zeros((len(views), len(CONDITIONS), len(SEVERITIES)))
    for fold in range(plan.folds):
        task = _fitted([v for v, f in zip(views, of, strict=True) if f != fold], plan, work / f"fold{fold}")
        told[of == fold] = grade_levels(
            torch_answer(task.net), [v for v, f in zip(views, of, strict=True) if f == fold]
        )
    truth = np.array([[-1 if g is None else g for g in v.level.grades] for v in views])
    losses = weighted_log_loss(truth, told, [v.level.study for v in views])
    save_weights(_fitted(views, plan, work / "all").net, work / "grader.safetensors", {"network": "grader"})
    sha = data_hash(view for item in views for view in (item.axial, item.sagittal) if view is not None)
    settings = {name: getattr(plan, name) for name in RsnaPlan.__slots__}
    metrics = {"weighted_log_loss": losses, "levels": len(views), "left_out": left_out}
    write_record(results, RunRecord(results.name, settings, plan.seed, sha, time.monotonic() - began, metrics))
    return losses


def _fitted(views: Sequence[LevelViews], plan: RsnaPlan, work: Path) -> AxialTask:
    pl.seed_everything(plan.seed, verbose=False)
    task = rsna_task(plan)
    fit(task, level_data(views), work, epochs=plan.epochs, batch=plan.batch, seed=plan.seed)
    return task
