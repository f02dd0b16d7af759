"""From anomaly maps to figures, by counting.

Each patient's voxels are counted once, by their place on the map's scale. Every figure of every set of patients,
at every threshold, and its bootstrap, then comes from sums of these counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BINS = 1000
RESAMPLES = 500
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """One patient's voxels, by bin of the map."""

    lesion: Counts
    other: Counts
    outside: float
    """Lesion voxels where nothing is scored: they are missed at every threshold."""

    def __add__(self, other: Patient) -> Patient:
        return Patient(self.lesion + other.lesion, self.other + other.other, self.outside + other.outside)

    @property
    def marked(self) -> float:
        """All lesion voxels."""
        return float(self.lesion.sum()) + self.outside


@dataclass(frozen=True, slots=True)
class Figures:
    """What one method does on one set of patients."""

    dice: float
    """Pooled over voxels, each patient at the threshold chosen on the other patients."""
    dice_mean: float
    """The same, averaged over patients."""
    dice_best: float
    """Pooled, at the best threshold in hindsight: an upper bound that no clinic can have."""
    auprc: float
    auroc: float
    accuracy: float
    """Pooled, at the thresholds chosen on the other patients."""


def count(maps: NDArray[np.float32], inside: NDArray[np.bool_], lesion: NDArray[np.bool_]) -> Patient:
    """Count a patient's voxels."""
    place = np.clip(maps * BINS, 0, BINS - 1).astype(np.intp)
    lesion_bins = np.bincount(place[inside & lesion], minlength=BINS).astype(np.float64)
    other_bins = np.bincount(place[inside & ~lesion], minlength=BINS).astype(np.float64)
    return Patient(lesion_bins, other_bins, float(np.count_nonzero(lesion & ~inside)))


def above(bins: Counts) -> Counts:
    """Give the number of voxels at or above each bin."""
    return bins[::-1].cumsum()[::-1]


def dice_curve(patient: Patient) -> Counts:
    """Give Dice at every threshold; a patient without lesions gets 0 wherever anything is called one."""
    hit, false = above(patient.lesion), above(patient.other)
    called = hit + false + patient.marked
    return np.where(called > 0, 2 * hit / np.maximum(called, 1), 1.0)


def chosen_threshold(others: Sequence[Patient]) -> int:
    """Give the bin at which the other patients' mean Dice is best."""
    return int(np.mean([dice_curve(patient) for patient in others], axis=0).argmax())


def area_under_precision(patient: Patient) -> float:
    """Average the precision over the sensitivities, in steps."""
    hit, false = patient.lesion[::-1].cumsum(), patient.other[::-1].cumsum()
    precision = hit / np.maximum(hit + false, 1)
    return float(np.sum(np.diff(np.concatenate([[0.0], hit])) * precision) / max(patient.lesion.sum(), 1))


def area_under_roc(patient: Patient) -> float:
    """Give the chance that a lesion voxel scores above another voxel."""
    below = np.concatenate([[0.0], patient.other.cumsum()[:-1]]) + patient.other / 2
    return float((patient.lesion * below).sum() / max(patient.lesion.sum() * patient.other.sum(), 1))


def figures(names: Sequence[str], counted: Mapping[str, Patient], thresholds: Mapping[str, int]) -> Figures:
    """Measure a set of patients, who may be in it more than once."""
    patients = [(counted[name], thresholds[name]) for name in names]
    together = sum((patient for patient, _ in patients[1:]), start=patients[0][0])
    hit = sum(float(patient.lesion[bin_:].sum()) for patient, bin_ in patients)
    false = sum(float(patient.other[bin_:].sum()) for patient, bin_ in patients)
    scored = float(together.lesion.sum() + together.other.sum())
    wrong = false + float(together.lesion.sum()) - hit
    return Figures(
        dice=2 * hit / max(hit + false + together.marked, 1.0),
        dice_mean=float(np.mean([dice_curve(patient)[bin_] for patient, bin_ in patients])),
        dice_best=float(dice_curve(together).max()),
        auprc=area_under_precision(together),
        auroc=area_under_roc(together),
        accuracy=1.0 - wrong / max(scored, 1.0),
    )


def resampled(names: Sequence[str], seed: int = 0) -> list[list[str]]:
    """Draw the patients anew, with replacement, many times; the same draws for every method."""
    draw = np.random.default_rng(seed)
    return [[names[k] for k in draw.integers(len(names), size=len(names))] for _ in range(RESAMPLES)]


def central(values: Sequence[float]) -> tuple[float, float]:
    """Give the central 95 %."""
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
