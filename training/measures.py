"""How well one scan was read, on its own grid; and many scans together.

What can be added up (voxels, lesions, millilitres, calibration bins) is kept as ``Tally``, so that the
pooled figures of any set of patients, and their bootstrap, come from sums and not from more volumes.
Lesions touch over faces, edges and corners; a lesion counts as found when any voxel of it was.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance
from numpy.typing import NDArray
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Sequence

Mask: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float32]

BINS = 1000
"""Probabilities are counted in this many steps: the ROC curve comes from the counts."""
CALIBRATION_BINS = 15
NOT_COUNTED: NDArray[np.float64] = np.zeros(0)
"""Stands for the bins where only sums of voxels and lesions are wanted."""
TOUCHING = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What one class of one scan, or of many, adds up to."""

    hit: float
    """Voxels that are of the class and were called so …"""
    false: float
    missed: float
    rest: float
    true_by_probability: NDArray[np.float64]
    """Voxels of the class, by probability bin …"""
    other_by_probability: NDArray[np.float64]
    """… and all others."""
    true_ml: float = 0.0
    found_ml: float = 0.0
    lesions: float = 0.0
    lesions_found: float = 0.0
    answers: float = 0.0
    """Connected parts of the prediction …"""
    answers_right: float = 0.0
    """… and how many of them touch a true one."""

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__slots__))


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that follow from a tally; ``None`` where they are not defined."""

    dice: float | None
    iou: float | None
    precision: float | None
    sensitivity: float | None
    specificity: float | None
    accuracy: float | None
    auc: float | None
    calibration_error: float | None
    volume_error: float | None
    """|predicted − true| / true."""
    lesion_f1: float | None
    lesion_tpr: float | None
    lesion_false_positives: float | None
    true_ml: float
    found_ml: float


def tally(truth: Mask, found: Mask, probability: Floats, voxel_ml: float, *, lesions: bool) -> Tally:
    """Count one class of one scan."""
    hit = float(np.count_nonzero(truth & found))
    positive, called = float(np.count_nonzero(truth)), float(np.count_nonzero(found))
    bins = np.minimum((probability * BINS).astype(np.int32), BINS - 1)
    true_bins = np.bincount(bins[truth], minlength=BINS).astype(np.float64)
    all_bins = np.bincount(bins.ravel(), minlength=BINS).astype(np.float64)
    parts = _parts(truth, found) if lesions else (0.0, 0.0, 0.0, 0.0)
    return Tally(
        hit, called - hit, positive - hit, truth.size - positive - called + hit, true_bins, all_bins - true_bins,
        positive * voxel_ml, called * voxel_ml, *parts,
    )  # fmt: skip


def figures(counts: Tally, *, lesions: bool) -> Figures:
    """Turn counts into figures."""
    hit, false, missed, rest = counts.hit, counts.false, counts.missed, counts.rest
    misses = counts.lesions - counts.lesions_found
    wrong = counts.answers - counts.answers_right
    precise = _share(counts.answers_right, counts.answers)
    recalled = _share(counts.lesions_found, counts.lesions)
    return Figures(
        dice=_share(2 * hit, 2 * hit + false + missed),
        iou=_share(hit, hit + false + missed),
        precision=_share(hit, hit + false),
        sensitivity=_share(hit, hit + missed),
        specificity=_share(rest, rest + false),
        accuracy=_share(hit + rest, hit + false + missed + rest),
        auc=_auc(counts),
        calibration_error=_calibration_error(counts),
        volume_error=_share(abs(counts.found_ml - counts.true_ml), counts.true_ml),
        lesion_f1=_f1(precise, recalled) if lesions and misses + wrong + counts.lesions_found > 0 else None,
        lesion_tpr=recalled if lesions else None,
        lesion_false_positives=wrong if lesions else None,
        true_ml=counts.true_ml,
        found_ml=counts.found_ml,
    )


def hausdorff_95(truth: Mask, found: Mask, spacing_mm: Sequence[float]) -> float | None:
    """Return the 95th percentile of the distances between both surfaces, in millimetres."""
    if not truth.any() or not found.any():
        return None
    both = [torch.from_numpy(mask.copy())[None, None].float() for mask in (found, truth)]
    with warnings.catch_warnings():
        # MONAI 1.6 calls its own deprecated option here.
        warnings.filterwarnings("ignore", message="monai.metrics.utils", category=FutureWarning)
        distance = compute_hausdorff_distance(
            both[0], both[1], include_background=True, percentile=95, spacing=list(spacing_mm)
        )
    return float(distance[0, 0])


def roc_curve(counts: Tally) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return false and true positive rates, from the strictest threshold to the laxest."""
    true = np.concatenate([[0.0], np.cumsum(counts.true_by_probability[::-1])])
    other = np.concatenate([[0.0], np.cumsum(counts.other_by_probability[::-1])])
    return other / max(other[-1], 1.0), true / max(true[-1], 1.0)


def bootstrap(
    tallies: Sequence[Tally], names: Sequence[str], *, lesions: bool, seed: int = 0, times: int = 1000
) -> dict[str, list[float]]:
    """Return the 95 % intervals of pooled figures over patients drawn with replacement."""
    draw = np.random.default_rng(seed)
    plain = [replace(one, true_by_probability=NOT_COUNTED, other_by_probability=NOT_COUNTED) for one in tallies]
    drawn = [
        figures(pooled([plain[k] for k in draw.integers(len(plain), size=len(plain))]), lesions=lesions)
        for _ in range(times)
    ]
    return {name: _middle_95([getattr(one, name) for one in drawn]) for name in names}


def _middle_95(values: Sequence[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    return [float(edge) for edge in np.percentile(known, [2.5, 97.5])] if known else []


def pooled(tallies: Sequence[Tally]) -> Tally:
    """Add tallies up."""
    first, *others = tallies
    for other in others:
        first = first + other
    return first


def _parts(truth: Mask, found: Mask) -> tuple[float, float, float, float]:
    true_parts, true_count = ndimage.label(truth, TOUCHING)
    found_parts, found_count = ndimage.label(found, TOUCHING)
    both = truth & found
    return (
        float(true_count),
        float(len(np.unique(true_parts[both]))),
        float(found_count),
        float(len(np.unique(found_parts[both]))),
    )


def _f1(precise: float | None, recalled: float | None) -> float:
    precise, recalled = precise or 0.0, recalled or 0.0
    return 2 * precise * recalled / (precise + recalled) if precise + recalled else 0.0


def _auc(counts: Tally) -> float | None:
    if not counts.true_by_probability.sum() or not counts.other_by_probability.sum():
        return None
    return float(np.trapezoid(*roc_curve(counts)[::-1]))


def _calibration_error(counts: Tally) -> float | None:
    """Compare stated and seen probability, bin by bin, where the network saw any reason at all (above 1 %)."""
    if not counts.true_by_probability.size:
        return None
    centres = (np.arange(BINS) + 0.5) / BINS
    everything = counts.true_by_probability + counts.other_by_probability
    asked = centres > 0.01
    coarse = np.minimum((centres * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    total = everything[asked].sum()
    error = 0.0
    for step in range(CALIBRATION_BINS):
        here = asked & (coarse == step)
        stated, seen = (everything[here] * centres[here]).sum(), counts.true_by_probability[here].sum()
        error += abs(stated - seen)
    return float(error / total) if total else None


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
