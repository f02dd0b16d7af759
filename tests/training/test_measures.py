"""Figures that a table rests on: each against a case worked out by hand or by another library."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.measures import Tally, bootstrap, figures, hausdorff_95, pooled, roc_curve, tally
from training.reading import without_small

SHAPE = (10, 12, 6)


def blob(*corners: tuple[int, int, int], size: int = 2) -> np.ndarray:
    made = np.zeros(SHAPE, dtype=bool)
    for i, j, k in corners:
        made[i : i + size, j : j + size, k : k + size] = True
    return made


def counted(truth: np.ndarray, found: np.ndarray, probability: np.ndarray | None = None) -> Tally:
    likely = found.astype(np.float32) if probability is None else probability
    return tally(truth, found, likely, 0.5, lesions=True)


def test_overlap_figures_are_those_worked_out_by_hand() -> None:
    truth, found = blob((0, 0, 0)), blob((1, 0, 0))
    result = figures(counted(truth, found), lesions=True)
    assert result.dice == pytest.approx(0.5)
    assert result.iou == pytest.approx(4 / 12)
    assert result.precision == pytest.approx(0.5)
    assert result.sensitivity == pytest.approx(0.5)
    assert result.specificity == pytest.approx((720 - 12) / (720 - 8))
    assert result.accuracy == pytest.approx(1 - 8 / 720)
    assert result.volume_error == 0
    assert (result.true_ml, result.found_ml) == (4.0, 4.0)


def test_lesions_are_counted_and_not_only_their_voxels() -> None:
    truth, found = blob((0, 0, 0), (6, 6, 0), (0, 8, 3)), blob((1, 1, 1), (7, 0, 4))
    result = figures(counted(truth, found), lesions=True)
    assert result.lesion_tpr == pytest.approx(1 / 3)
    assert result.lesion_false_positives == 1
    assert result.lesion_f1 == pytest.approx(2 * 0.5 * (1 / 3) / (0.5 + 1 / 3))


def test_lesions_that_touch_at_a_corner_are_one() -> None:
    assert counted(blob((0, 0, 0), (2, 2, 2)), blob((0, 0, 0))).lesions == 1


def test_a_scan_without_lesions_has_no_dice_rather_than_a_wrong_one() -> None:
    nothing = np.zeros(SHAPE, dtype=bool)
    result = figures(counted(nothing, nothing), lesions=True)
    assert result.dice is None
    assert result.auc is None
    assert result.volume_error is None
    assert result.specificity == 1.0
    wrong = figures(counted(nothing, blob((0, 0, 0))), lesions=True)
    assert (wrong.dice, wrong.lesion_f1, wrong.lesion_false_positives) == (0.0, 0.0, 1)


def test_the_auc_is_that_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(SHAPE) > 0.8
    likely = np.clip(draw.normal(0.3, 0.2, SHAPE) + 0.25 * truth, 0, 0.999).astype(np.float32)
    likely = np.floor(likely * 1000) / 1000
    result = figures(counted(truth, likely > 0.5, likely.astype(np.float32)), lesions=True)
    assert result.auc == pytest.approx(roc_auc_score(truth.ravel(), likely.ravel()), abs=2e-3)


def test_the_roc_curve_runs_from_nothing_to_everything() -> None:
    false, true = roc_curve(counted(blob((0, 0, 0)), blob((1, 0, 0))))
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert (np.diff(false) >= 0).all()


def test_honest_probabilities_have_a_small_calibration_error() -> None:
    draw = np.random.default_rng(0)
    likely = draw.random((40, 40, 40)).astype(np.float32)
    honest = tally(draw.random(likely.shape) < likely, likely > 0.5, likely, 1.0, lesions=False)
    boastful = tally(draw.random(likely.shape) < likely**3, likely > 0.5, likely, 1.0, lesions=False)
    assert figures(honest, lesions=False).calibration_error < 0.02
    assert figures(boastful, lesions=False).calibration_error > 0.15


def test_distances_are_in_millimetres() -> None:
    truth, found = blob((2, 4, 2)), blob((4, 4, 2))
    assert hausdorff_95(truth, found, (3.0, 1.0, 1.0)) == pytest.approx(6.0)
    assert hausdorff_95(truth, np.zeros_like(truth), (3.0, 1.0, 1.0)) is None


def test_pooled_figures_come_from_all_voxels_together() -> None:
    good, bad = counted(blob((0, 0, 0)), blob((0, 0, 0))), counted(blob((0, 0, 0), size=4), blob((6, 6, 2)))
    assert figures(pooled([good, bad]), lesions=True).dice == pytest.approx(2 * 8 / (8 + 8 + 64 + 8))


def test_the_interval_holds_the_figure_and_is_the_same_again() -> None:
    tallies = [counted(blob((0, 0, 0), size=3), blob((shift, 0, 0), size=3)) for shift in (0, 1, 1, 2, 0)]
    intervals = bootstrap(tallies, ("dice", "iou"), lesions=True)
    low, high = intervals["dice"]
    assert low < figures(pooled(tallies), lesions=True).dice < high
    assert bootstrap(tallies, ("dice", "iou"), lesions=True) == intervals


def test_small_parts_are_dropped_and_large_ones_stay() -> None:
    mask = blob((0, 0, 0)) | blob((6, 6, 0), size=1)
    np.testing.assert_array_equal(without_small(mask, 2), blob((0, 0, 0)))
    assert without_small(mask, 0.5) is mask
