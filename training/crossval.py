"""Fold networks measured on the patients that they never saw.

The probability threshold and the smallest lesion that is reported are chosen as well, and by the same rule:
what is applied to a fold was chosen on the other folds alone. What ships was chosen on all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from training.datasets.case import Case, Scan, load
from training.evaluate import Measured, compared
from training.measures import Floats, Mask, figures, pooled, tally
from training.packed import OUTPUTS
from training.reading import Reader, Reading, read, without_small

if TYPE_CHECKING:
    from pathlib import Path

LESION_THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
VENTRICLE_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
SMALLEST_ML = (0.0, 0.01, 0.02, 0.03)
LEVELS = 255
ReaderOf: TypeAlias = Callable[[int], Reader]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """One scan's answer from a network that never saw its patient, kept on the disk."""

    case: Case
    fold: int
    stored: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What turns probabilities into masks."""

    ventricle: float
    lesion: float
    smallest_ml: float


def answer_held_out(cases: Sequence[tuple[int, Case]], reader_of: ReaderOf, folder: Path) -> list[HeldOut]:
    """Read each case with the networks of its fold."""
    folder.mkdir(parents=True, exist_ok=True)
    answered = []
    for fold, case in cases:
        scan = load(case)
        begun = time.perf_counter()
        reading = read(reader_of(fold), scan.voxels, scan.geometry)
        stored = folder / f"{case.key.replace('/', '_')}.npz"
        bytes_of = {name: np.rint(likely * LEVELS).astype(np.uint8) for name, likely in reading.probabilities.items()}
        np.savez_compressed(stored, found_brain=reading.masks["brain"], **bytes_of)
        answered.append(HeldOut(case, fold, stored, time.perf_counter() - begun))
    return answered


def measured_honestly(answers: Sequence[HeldOut]) -> tuple[list[Measured], dict[int, Choice]]:
    """Measure each fold with what was chosen on the others."""
    folds = sorted({answer.fold for answer in answers})
    scores = [scored(answer) for answer in answers]
    choices = {fold: choose([s for s, a in zip(scores, answers, strict=True) if a.fold != fold]) for fold in folds}
    return [_measured(answer, choices[answer.fold]) for answer in answers], choices


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How every candidate would do on one scan."""

    dataset: str
    ventricle: dict[float, tuple[float, float]] | None
    """Threshold → voxels in common and in both."""
    lesion: dict[tuple[float, float], tuple[float, ...]] | None
    """Threshold and smallest lesion → overlap, and lesions as `figures` wants them."""


def scored(answer: HeldOut) -> Scores:
    """Try every candidate on one scan."""
    scan, likely = load(answer.case), _stored(answer)
    ventricle = lesion = None
    if scan.ventricle is not None:
        ventricle = {limit: _overlap(scan.ventricle, likely["ventricle"] > limit) for limit in VENTRICLE_THRESHOLDS}
    if scan.lesion is not None:
        lesion = _lesion_scores(scan, likely["lesion"])
    return Scores(answer.case.dataset, ventricle, lesion)


def choose(scores: Sequence[Scores]) -> Choice:
    """Pick what does best on average over the data sets: overlap and lesion-wise F1 count alike."""
    ventricle = max(VENTRICLE_THRESHOLDS, key=lambda limit: _mean_dice(scores, limit))
    candidates = [(limit, smallest) for limit in LESION_THRESHOLDS for smallest in SMALLEST_ML]
    lesion, smallest = max(candidates, key=lambda candidate: _lesion_merit(scores, candidate))
    return Choice(ventricle, lesion, smallest)


def _mean_dice(scores: Sequence[Scores], limit: float) -> float:
    overlaps = np.array([score.ventricle[limit] for score in scores if score.ventricle])
    return float(2 * overlaps[:, 0].sum() / overlaps[:, 1].sum()) if len(overlaps) else 0.0


def _lesion_merit(scores: Sequence[Scores], candidate: tuple[float, float]) -> float:
    merits = []
    for dataset in sorted({score.dataset for score in scores if score.lesion}):
        rows = np.array([s.lesion[candidate] for s in scores if s.lesion and s.dataset == dataset]).sum(axis=0)
        both, sizes, lesions, found, answers, right = rows
        recalled, precise = found / max(lesions, 1), right / max(answers, 1)
        merits.append(2 * both / max(sizes, 1) + 2 * recalled * precise / max(recalled + precise, 1e-6))
    return float(np.mean(merits))


def _lesion_scores(scan: Scan, likely: Floats) -> dict[tuple[float, float], tuple[float, ...]]:
    box = _box((likely > min(LESION_THRESHOLDS)) | scan.lesion)
    truth, near = scan.lesion[box], likely[box]
    found = {}
    for limit in LESION_THRESHOLDS:
        for smallest in SMALLEST_ML:
            mask = without_small(near > limit, smallest / scan.geometry.voxel_ml)
            counts = tally(truth, mask, near, scan.geometry.voxel_ml, lesions=True)
            found[limit, smallest] = (
                *_overlap(truth, mask), counts.lesions, counts.lesions_found, counts.answers, counts.answers_right
            )  # fmt: skip
    return found


def _measured(answer: HeldOut, choice: Choice) -> Measured:
    scan, likely = load(answer.case), _stored(answer)
    masks = {
        "brain": likely.pop("found_brain") > 0.5,
        "ventricle": likely["ventricle"] > choice.ventricle,
        "lesion": without_small(likely["lesion"] > choice.lesion, choice.smallest_ml / scan.geometry.voxel_ml),
    }
    return compared(scan, Reading(likely, masks), answer.seconds)


def _stored(answer: HeldOut) -> dict[str, Floats]:
    with np.load(answer.stored) as kept:
        likely = {name: kept[name].astype(np.float32) / LEVELS for name in OUTPUTS}
        return likely | {"found_brain": kept["found_brain"].astype(np.float32)}


def _overlap(truth: Mask, found: Mask) -> tuple[float, float]:
    return float(np.count_nonzero(truth & found)), float(np.count_nonzero(truth) + np.count_nonzero(found))


def _box(mask: Mask) -> tuple[slice, ...]:
    if not mask.any():
        return tuple(slice(0, 1) for _ in range(mask.ndim))
    places = np.nonzero(mask)
    return tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in places)


def pooled_dice(measured: Sequence[Measured], output: str) -> float | None:
    """Return the Dice of one output over all scans together."""
    return figures(pooled([one.tallies[output] for one in measured if output in one.tallies]), lesions=False).dice
