"""Slices as a student learns them: moved together with their truth and with what the teacher says of them.

The same draws as in training, but nothing is transplanted: a teacher said nothing of slices that never were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import Dataset

from compression.teaching import LEVELS
from training.augment import affine, change_intensities, mask_out
from training.packed import OUTPUTS
from training.samples import output_weights, sample_of

if TYPE_CHECKING:
    from compression.teaching import Lessons
    from training.augment import Augmentation
    from training.packed import Pack

HALF = 0.5
FEATURES_SHRUNK = 16
"""How much smaller than the slice the teacher's features are."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One sample, or a batch of them."""

    image: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor
    """How much each output's truth counts; 0 where it is not labelled."""
    likely: torch.Tensor
    """What the teacher says."""
    features: torch.Tensor
    taught: torch.Tensor
    """1 where the teacher is to be believed, 0 where the truth is better known than to it."""


class LessonSlices(Dataset[Lesson]):
    """Augmented samples of a pack with a teacher's answers; phantoms have none and count by their truth alone."""

    def __init__(self, pack: Pack, taught: Lessons, how: Augmentation, size: tuple[int, int]) -> None:
        self.pack, self.taught, self.how, self.size = pack, taught, how, size

    def __getitem__(self, wanted: tuple[int, int]) -> Lesson:
        index, seed = wanted
        draw = np.random.default_rng(seed)
        image, truth = sample_of(self.pack, index)
        known = index < len(self.taught.likely)
        likely = torch.from_numpy(self.taught.likely[index]).float() / LEVELS if known else torch.zeros_like(truth)
        features = torch.from_numpy(self.taught.features[index if known else 0]).float()
        motion = affine(image.shape[-2:], self.size, self.how, draw)
        moved = _moved(torch.cat([image, truth, likely]), motion, self.size)
        coarse = (self.size[0] // FEATURES_SHRUNK, self.size[1] // FEATURES_SHRUNK)
        image, truth, likely = moved.split([len(image), len(OUTPUTS), len(OUTPUTS)])
        shown, truth = mask_out((image, (truth > HALF).float()), self.how, draw)
        return Lesson(
            change_intensities(shown, self.how, draw),
            truth,
            output_weights(self.pack, index),
            likely,
            _moved(features, motion, coarse),
            torch.tensor(float(known)),
        )


def collated(lessons: list[Lesson]) -> Lesson:
    """Stack samples into a batch."""
    names = ("image", "truth", "weight", "likely", "features", "taught")
    return Lesson(*(torch.stack([getattr(lesson, name) for lesson in lessons]) for name in names))


def _moved(planes: torch.Tensor, motion: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Sample planes of any resolution under one motion: its coordinates are shares of the plane."""
    grid = functional.affine_grid(motion, [1, 1, *size], align_corners=False)
    return functional.grid_sample(planes[None], grid, mode="bilinear", align_corners=False)[0]
