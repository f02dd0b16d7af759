"""Cut points turn an unsure network's expected grade into the grade that is told, and never see their own fold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from spines import make_mid, truth

from appliance.errors import Misuse
from appliance.measure.grades import told_grade
from training.spine import train_discs
from training.spine.checkpoints import pfirrmann_cuts
from training.spine.discs import HALFWAY, GradedDisc
from training.spine.train_discs import DiscPlan, chosen_cuts, told_out_of_fold

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def discs_of(grades: list[int], weighting: str = "T2") -> list[GradedDisc]:
    blank = np.zeros((1, 1), dtype=np.float32)
    return [GradedDisc(k, weighting, 1, blank, blank[0], (grade,)) for k, grade in enumerate(grades)]


def unsure(grades: list[int]) -> NDArray[np.float64]:
    """Answer as a network does that is drawn to the middle: the outer grades are never the nearest."""
    expected = 1.4 + 0.3 * np.array(grades)
    high = np.eye(5)[4] * (expected / 4)[:, None]
    return high + np.eye(5)[0] * (1 - expected / 4)[:, None]


def test_cut_points_bring_back_the_outer_grades_of_an_unsure_network() -> None:
    grades = [0, 0, 1, 2, 2, 3, 4, 4] * 4
    rows = np.ones(len(grades), dtype=bool)
    cuts = chosen_cuts(discs_of(grades), unsure(grades), rows)
    assert sorted(set(told_grade(unsure(grades), HALFWAY))) == [1, 2, 3]
    assert told_grade(unsure(grades), cuts).tolist() == grades


def test_cut_points_of_a_fold_come_from_the_other_folds_alone() -> None:
    grades = [0, 1, 2, 3, 4] * 4
    folds = np.array([0] * 10 + [1] * 10)
    told = told_out_of_fold(discs_of(grades), unsure(grades), folds)
    shifted = [*grades[:10], *([4] * 10)]
    again = told_out_of_fold(discs_of(shifted), unsure(grades), folds)
    assert told.tolist() == grades
    assert again[10:].tolist() == told[10:].tolist()
    assert again[:10].tolist() != told[:10].tolist()


def test_without_t2_there_is_nothing_to_choose_cut_points_on() -> None:
    assert chosen_cuts(discs_of([0, 4], "T1"), unsure([0, 4]), np.ones(2, dtype=bool)) == HALFWAY


def test_the_folds_choose_cut_points_and_the_final_network_carries_them(tmp_path: Path) -> None:
    data, work, results = make_mid(tmp_path / "data"), tmp_path / "work", tmp_path / "results" / "spine-discs"
    plan = DiscPlan(epochs=1, folds=2)
    with pytest.raises(Misuse, match="cut points"):
        train_discs.train_final(data, truth, work, tmp_path, plan)
    train_discs.run(data, truth, work, results, plan)
    train_discs.train_final(data, truth, work, tmp_path / "kept", plan)
    chosen = json.loads((results / "run.json").read_text())["metrics"]["pfirrmann_cuts"]
    assert len(chosen) == 4
    assert pfirrmann_cuts(tmp_path / "kept") == pytest.approx(tuple(chosen), abs=1e-3)


def test_a_package_brings_its_cut_points_and_without_any_they_lie_halfway(tmp_path: Path) -> None:
    wanted = {f"pfirrmann_from_{grade}": grade - 0.4 for grade in range(2, 6)}
    for thresholds, cuts in ((wanted, (0.6, 1.6, 2.6, 3.6)), ({}, HALFWAY)):
        (tmp_path / "model.json").write_text(json.dumps({"thresholds": thresholds}))
        assert pfirrmann_cuts(tmp_path) == pytest.approx(cuts)
