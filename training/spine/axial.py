"""Axial slices: find disc and canal, then grade the crop.

The locator learns from a few places that were clicked by hand (``landmarks.csv``); the grader from the
note grades. Every level is seen in two views at once (two random ones of a slice, or the axial and the sagittal
side where a set has both): both are graded, and a consistency term asks that they agree, so that the grade
does not hang on the weighting. Missing labels cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import TensorDataset

from appliance.spine_inputs import CROP, LOCATOR, axial_crop, from_locator, locator_input, to_locator
from training.datasets.pictures_in import read_table
from training.datasets.sudirman import GRADES, HEADS, AxialSlice
from training.spine.answers import Answer, softmax
from training.spine.augment import Contrast, Motion, motion_grid, moved, randomise_contrast
from training.spine.fitting import SpineTask
from training.spine.networks import FiveBlocks, Grader, Locator, landmark_points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MARGIN = 16
"""Training crops are cut this much wider on every side, so that they can be moved and turned."""
CROP_SHAPE = (CROP.rows, CROP.columns)
MARGIN_SHAPE = (CROP.rows + 2 * MARGIN, CROP.columns + 2 * MARGIN)
SWAPPED = (0, 2, 1, 4, 3)
"""Where each head's label goes in a mirror image."""
HEAD_WEIGHTS = (1.0, 0.2, 0.2, 0.1, 0.1)
SMOOTHING = 0.05


@dataclass(frozen=True, slots=True)
class Located:
    """A slice with the place of its canal."""

    slice: AxialSlice
    canal: tuple[float, float]
    disc: tuple[float, float]


class LocatorTask(SpineTask):
    """Learn two places from the whole slice."""

    def __init__(self) -> None:
        super().__init__(Locator(), rate=3e-3)

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Move and recolour slices; sum the distance of the places plus how much the map spreads."""
        images, points = batch
        side = images.shape[-1]
        grid, _ = motion_grid(len(images), (side, side), (side, side), Motion(degrees=15, zoom=0.3, shift=0.12))
        images = randomise_contrast(moved(images, grid), Contrast())
        target = _follow(points, grid)
        logits = self.net(images)
        places = landmark_points(logits, Locator.stride)
        inside = ((target > 0) & (target < side - 1)).all(-1)
        distance = (places - target).norm(dim=-1)
        cell = ((target + 0.5) / Locator.stride - 0.5).round().long().clamp(0, logits.shape[-1] - 1)
        index = cell[..., 0] * logits.shape[-1] + cell[..., 1]
        hit = functional.cross_entropy(logits.flatten(2).transpose(1, 2), index, reduction="none")
        return ((0.2 * distance + hit) * inside).sum() / inside.sum().clamp_min(1)


def _follow(points: Tensor, grid: Tensor) -> Tensor:
    """Where points of the source lie after sampling: the output pixel whose source place is nearest."""
    size = torch.tensor([grid.shape[2] - 1, grid.shape[1] - 1])
    source = (grid.flatten(1, 2) + 1) / 2 * size
    wanted = points.flip(-1)
    nearest = torch.cdist(wanted, source).argmin(-1)
    return torch.stack([nearest // grid.shape[2], nearest % grid.shape[2]], dim=-1).float()


class AxialTask(SpineTask):
    """Grade canal, foramina and recesses from two views of a level."""

    def __init__(
        self,
        network: str = "grader",
        *,
        consistency: float = 1.0,
        contrast: Contrast | None = None,
        class_weights: Sequence[float] = (1.0, 1.0, 1.0),
        head_weights: Sequence[float] = HEAD_WEIGHTS,
    ) -> None:
        kind = FiveBlocks if network == "five-blocks" else Grader
        super().__init__(kind([len(GRADES)] * len(HEADS)))
        self.consistency = consistency
        self.contrast = contrast or Contrast()
        self.register_buffer("class_weights", torch.tensor(class_weights), persistent=False)
        self.register_buffer("head_weights", torch.tensor(head_weights), persistent=False)

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Grade both views, and count their disagreement about the canal."""
        first, second, targets, counts, mirror = batch
        views = [self._view(images, targets, counts, mirror[:, k]) for k, images in enumerate((first, second))]
        graded = sum(cost for cost, _ in views) / 2
        told = [probabilities for _, probabilities in views]
        middle = ((told[0] + told[1]) / 2).clamp_min(1e-6).log()
        apart = sum(functional.kl_div(middle, view, reduction="batchmean") for view in told) / 2
        return graded + self.consistency * apart

    def _view(self, images: Tensor, targets: Tensor, counts: Tensor, mirror: Tensor) -> tuple[Tensor, Tensor]:
        grid, mirrored = motion_grid(len(images), MARGIN_SHAPE, CROP_SHAPE, Motion(), mirror)
        crops = randomise_contrast(moved(images, grid), self.contrast)
        swap = list(SWAPPED)
        targets = torch.where(mirrored[:, None, None], targets[:, swap], targets)
        counts = torch.where(mirrored[:, None], counts[:, swap], counts)
        logits = self.net(crops).view(len(images), len(HEADS), len(GRADES))
        costs = -(targets * self.class_weights * logits.log_softmax(-1)).sum(-1) * counts * self.head_weights
        return costs.sum() / counts[:, 0].sum().clamp_min(1), logits[:, 0].softmax(-1)


@dataclass(frozen=True, slots=True)
class Click:
    """Where a hand clicked disc and canal, as row and column of the slice."""

    disc: tuple[float, float]
    canal: tuple[float, float]


@cache
def _clicks() -> dict[str, Click]:
    rows = read_table(_landmark_file(), ("file", "disc_x", "disc_y", "canal_x", "canal_y"))
    return {
        row["file"]: Click(*((float(row[f"{name}_y"]), float(row[f"{name}_x"])) for name in ("disc", "canal")))
        for row in rows
    }


def clicked_files() -> frozenset[str]:
    """Name the slices whose places were clicked by hand."""
    return frozenset(_clicks())


def click(file: str) -> Click:
    """Give the clicked places of one slice."""
    return _clicks()[file]


def clicked(slices: Sequence[AxialSlice]) -> TensorDataset:
    """Collect the locator's data: slices whose places were clicked by hand."""
    chosen = [item for item in slices if item.file in clicked_files()]
    images = np.stack([locator_input(item.pixels.astype(np.float32)) for item in chosen])
    points = [
        [to_locator(place, item.pixels.shape) for place in (click(item.file).disc, click(item.file).canal)]
        for item in chosen
    ]
    return TensorDataset(torch.from_numpy(images)[:, None], torch.tensor(points))


def _landmark_file() -> Path:
    return files("training.spine").joinpath("landmarks.csv")  # type: ignore[return-value]


def locate(answer: Answer, slices: Sequence[AxialSlice]) -> list[Located]:
    """Find disc and canal in every slice."""
    inputs = np.stack([locator_input(item.pixels.astype(np.float32)) for item in slices])[:, None]
    points = landmark_points(torch.from_numpy(answer(inputs)), Locator.stride).tolist()
    return [_located(item, disc, canal) for item, (disc, canal) in zip(slices, points, strict=True)]


def _located(item: AxialSlice, disc: list[float], canal: list[float]) -> Located:
    places = [from_locator((place[0], place[1]), item.pixels.shape, LOCATOR) for place in (disc, canal)]
    return Located(item, canal=places[1], disc=places[0])


def grading_data(located: Sequence[Located]) -> TensorDataset:
    """Windows around the canal (twice: two views of one slice), soft targets, which count, which may be mirrored."""
    images = np.stack([axial_crop(i.slice.pixels.astype(np.float32), i.canal, margin=MARGIN) for i in located])
    targets = torch.zeros(len(located), len(HEADS), len(GRADES))
    counts = torch.zeros(len(located), len(HEADS))
    for row, item in enumerate(located):
        for head, grades in enumerate(_labels(item.slice)):
            for grade in grades:
                targets[row, head, grade] += 1 / len(grades)
            counts[row, head] = float(bool(grades))
    targets = (1 - SMOOTHING) * targets + SMOOTHING / len(GRADES)
    views = torch.from_numpy(images)[:, None]
    return TensorDataset(views, views, targets, counts, torch.ones(len(located), 2))


def _labels(item: AxialSlice) -> list[list[int]]:
    """Take the canal from the student's coding and the written rule, the rest from the rule alone."""
    canal = [grade for grade in (item.student, item.worded[0]) if grade is not None]
    return [canal, *([] if grade is None else [grade] for grade in item.worded[1:])]


def grade(answer: Answer, located: Sequence[Located]) -> NDArray[np.float64]:
    """Probabilities ``[slice, head, grade]``, the mean of a slice and its mirror image."""
    crops = np.stack([axial_crop(item.slice.pixels.astype(np.float32), item.canal) for item in located])[:, None]
    shape = (len(located), len(HEADS), len(GRADES))
    plain = softmax(answer(crops).reshape(shape))
    mirrored = softmax(answer(np.ascontiguousarray(crops[..., ::-1])).reshape(shape))
    return (plain + mirrored[:, list(SWAPPED)]) / 2
