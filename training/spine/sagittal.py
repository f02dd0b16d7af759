"""Sagittal slices: which pixels are vertebra, disc and canal, whatever the weighting.

The masks exist on T2 only. Grey values go through random curves while training and each labelled tissue is
lifted or lowered as a whole, so that the network learns shapes and T1 can be read too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import TensorDataset

from appliance.measure_spine import Disc, find_discs
from appliance.spine_inputs import SAGITTAL, sagittal_input, sagittal_labels_back
from training.datasets.spider import CLASSES, MaskedSlice
from training.spine.augment import Contrast, Motion, motion_grid, moved, randomise_contrast
from training.spine.fitting import SpineTask
from training.spine.networks import SpineNet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from training.spine.answers import Answer

CROP = (256, 192)
"""Rows and columns of a training picture, cut anywhere near the spine."""
MOTION = Motion(degrees=12, zoom=0.28, shift=0.16, mirror=0.0)
CONTRAST = Contrast(tissue=0.7, upside_down=0.05)


class SagittalTask(SpineTask):
    """Cross-entropy and Dice together."""

    def __init__(self) -> None:
        super().__init__(SpineNet(len(CLASSES)), rate=4e-3)

    def cost(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Cut, turn, recolour; then compare."""
        images, labels = batch
        grid, _ = motion_grid(len(images), (images.shape[2], images.shape[3]), CROP, MOTION)
        labels = moved(labels, grid, labels=True)
        images = randomise_contrast(moved(images, grid), CONTRAST, labels)
        logits = self.net(images)
        return functional.cross_entropy(logits, labels) + dice_loss(logits, labels)


def dice_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """One minus the mean Dice of the classes other than background, over the whole batch."""
    told = logits.softmax(1)[:, 1:]
    truth = functional.one_hot(labels, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:]
    shared = (told * truth).sum((0, 2, 3))
    return 1 - (2 * shared / (told.sum((0, 2, 3)) + truth.sum((0, 2, 3))).clamp_min(1)).mean()


def segmentation_data(slices: Sequence[MaskedSlice]) -> TensorDataset:
    """All slices on one square-ish grid, labels with them."""
    images = [sagittal_input(item.pixels) for item in slices]
    rows, columns = (max(image.shape[axis] for image in images) for axis in (0, 1))
    padded = [np.pad(i, [(0, rows - i.shape[0]), (0, columns - i.shape[1])], mode="edge") for i in images]
    labels = [_fit(item.labels, (rows, columns)) for item in slices]
    return TensorDataset(torch.from_numpy(np.stack(padded))[:, None], torch.from_numpy(np.stack(labels)))


def _fit(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    scale = SAGITTAL.longest_side / max(labels.shape)
    sides = [round(side * scale) for side in labels.shape]
    index = [
        np.minimum(((np.arange(n) + 0.5) / scale).astype(int), m - 1) for n, m in zip(sides, labels.shape, strict=True)
    ]
    scaled = labels[np.ix_(*index)]
    return np.pad(scaled, [(0, shape[0] - sides[0]), (0, shape[1] - sides[1])])


def segment(answer: Answer, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Class numbers on the slice's own grid."""
    logits = answer(sagittal_input(pixels)[None, None])[0]
    return sagittal_labels_back(logits.argmax(0).astype(np.uint8), pixels.shape)


def dice_by_class(told: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Dice of vertebra, disc and canal; not a number where neither has a pixel."""
    sums = np.array([(told == c).sum() + (truth == c).sum() for c in range(1, len(CLASSES))], dtype=np.float64)
    shared = np.array([((told == c) & (truth == c)).sum() for c in range(1, len(CLASSES))], dtype=np.float64)
    return np.divide(2 * shared, sums, out=np.full(len(sums), np.nan), where=sums > 0)


def same_levels(told: NDArray[np.uint8], truth: NDArray[np.uint8]) -> bool:
    """Every disc of the truth is found once, none is invented, and so every number is right."""
    found, wanted = find_discs(told), find_discs(truth)
    return len(found) == len(wanted) and all(_same_place(a, b) for a, b in zip(found, wanted, strict=True))


def _same_place(found: Disc, wanted: Disc) -> bool:
    return float(np.hypot(*np.subtract(found.centre, wanted.centre))) < wanted.length / 3
