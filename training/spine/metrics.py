"""Figures with intervals: everything is counted over slices or discs and drawn again over patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from sklearn import metrics as sk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Figure = dict[str, float]


def bootstrapped(
    figure: Callable[[NDArray[np.int64]], float], patients: NDArray[np.int64], *, draws: int = 400, seed: int = 0
) -> Figure:
    """Give a figure and its 95 % interval over patients drawn with replacement."""
    everybody = np.arange(len(patients))
    random = np.random.default_rng(seed)
    rows_of = {patient: np.flatnonzero(patients == patient) for patient in np.unique(patients)}
    names = list(rows_of)
    drawn = []
    for _ in range(draws):
        rows = np.concatenate([rows_of[names[k]] for k in random.integers(0, len(names), len(names))])
        value = figure(rows)
        if np.isfinite(value):
            drawn.append(value)
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn else (np.nan, np.nan)
    return {"value": round(figure(everybody), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def auc(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve, by ranks; not a number where only one class is there."""
    positive = truth.astype(bool)
    pairs = int(positive.sum()) * int((~positive).sum())
    if not pairs:
        return float("nan")
    over = stats.rankdata(score)[positive].sum() - positive.sum() * (positive.sum() + 1) / 2
    return float(over / pairs)


def kappa(truth: NDArray[np.int64], told: NDArray[np.int64], weights: str) -> float:
    """Cohen's κ with ``linear`` or ``quadratic`` weights; not a number where there is nothing to disagree about."""
    classes = int(max(truth.max(), told.max())) + 1
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))) ** (2 if weights == "quadratic" else 1)
    by_chance = np.outer(np.bincount(truth, minlength=classes), np.bincount(told, minlength=classes)) / len(truth)
    expected = float((apart * by_chance).sum())
    return 1 - float(apart[truth, told].sum()) / expected if expected > 0 else float("nan")


def calibration_error(truth: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = 10) -> float:
    """Return the expected calibration error of the told class."""
    told = probabilities.argmax(1)
    sure = probabilities.max(1)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    right = told == truth
    gaps = [abs(right[places == b].mean() - sure[places == b].mean()) * (places == b).mean() for b in np.unique(places)]
    return float(np.sum(gaps))


def classification(
    truth: NDArray[np.int64], probabilities: NDArray[np.float64], patients: NDArray[np.int64], names: tuple[str, ...]
) -> dict[str, object]:
    """Report, confusion matrix and agreement of one set of classes."""
    told = probabilities.argmax(1)
    classes = list(range(len(names)))
    majority = float(np.bincount(truth, minlength=len(names)).max() / len(truth))
    return {
        "n": len(truth),
        "accuracy": bootstrapped(lambda r: float((truth[r] == told[r]).mean()), patients),
        "majority_rate": round(majority, 4),
        "balanced_accuracy": bootstrapped(lambda r: balanced(truth[r], told[r]), patients),
        "kappa_linear": bootstrapped(lambda r: kappa(truth[r], told[r], "linear"), patients),
        "kappa_quadratic": bootstrapped(lambda r: kappa(truth[r], told[r], "quadratic"), patients),
        "calibration_error": round(calibration_error(truth, probabilities), 4),
        "confusion": sk.confusion_matrix(truth, told, labels=classes).tolist(),
        "report": _report(truth, told, names),
    }


def balanced(truth: NDArray[np.int64], told: NDArray[np.int64]) -> float:
    """Mean recall over the classes that are there."""
    return float(np.mean([(told[truth == c] == c).mean() for c in np.unique(truth)]))


def _report(truth: NDArray[np.int64], told: NDArray[np.int64], names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        truth, told, labels=list(range(len(names))), zero_division=0.0
    )
    return {
        name: {"precision": round(float(p), 4), "recall": round(float(r), 4), "f1": round(float(f), 4), "n": int(n)}
        for name, p, r, f, n in zip(names, precision, recall, f1, support, strict=True)
    }
