"""What was planted between two studies is told as it was planted: new, grown, shrunk, gone, the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom_brain import grid
from phantom_pair import Ball, motion, scan, study, true_alignment

from appliance.contracts import Geometry
from appliance.measure.align import Alignment, align
from appliance.measure.change import Fate, LesionChange, compare_lesions, fate_of
from appliance.measure.grid import Place
from appliance.settings import Change

RULE = Change()
STILL = np.eye(4)
THIN = grid((1.0, 1.0, 1.5), size_mm=130)
THICK = grid((0.9, 0.9, 5.0), size_mm=130)
STABLE: list[Ball] = [((30, 0, 20), 6.0), ((-30, 20, 0), 5.0), ((20, -30, -10), 7.0)]


def compared(
    now: list[Ball],
    before: list[Ball],
    *,
    grids: tuple[Geometry, Geometry] = (THIN, THIN),
    moved: np.ndarray = STILL,
) -> LesionChange:
    return compare_lesions(
        study(grids[0], STILL, now), study(grids[1], moved, before), true_alignment(STILL, moved), RULE
    )


def fates(change: LesionChange) -> list[Fate]:
    return [lesion.fate for lesion in change.lesions]


GRIDS = {"thin": (THIN, THIN), "thick": (THICK, THICK), "thick after thin": (THICK, THIN)}
MOTIONS = {"unmoved": STILL, "moved": motion((14, -5, 6), (8, -12, 7))}


@pytest.mark.parametrize("grids", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("moved", MOTIONS.values(), ids=MOTIONS)
def test_each_planted_fate_is_told(grids: tuple[Geometry, Geometry], moved: np.ndarray) -> None:
    now = [*STABLE, ((0, -40, 20), 6.0), ((-25, -25, -10), 8.0), ((25, 35, -15), 4.0)]
    before = [*STABLE, ((-25, -25, -10), 5.5), ((25, 35, -15), 7.0), ((-10, 45, 15), 6.0)]
    change = compared(now, before, grids=grids, moved=moved)
    assert fates(change) == [Fate.NEW, Fate.ENLARGING, Fate.SHRINKING, Fate.RESOLVED, *([Fate.STABLE] * 3)]
    new, _, _, resolved, *_ = change.lesions
    assert np.allclose(new.centre_mm, (0, -40, 20), atol=2)
    assert np.allclose(resolved.centre_mm, (-10, 45, 15), atol=2)
    assert new.before == ()
    assert resolved.now == ()
    assert change.count(Fate.STABLE) == 3


def test_it_also_works_with_the_alignment_that_is_found() -> None:
    moved = motion((12, 4, -3), (6, 9, -5))
    now = [*STABLE, ((0, -40, 20), 6.0)]
    found = align(scan(THIN, STILL, now), scan(THICK, moved, STABLE, seed=1), RULE)
    assert isinstance(found, Alignment)
    change = compare_lesions(study(THIN, STILL, now), study(THICK, moved, STABLE), found, RULE)
    assert fates(change) == [Fate.NEW, Fate.STABLE, Fate.STABLE, Fate.STABLE]


def test_a_shift_within_the_tolerance_is_no_change_and_one_beyond_it_is() -> None:
    lesion = [((30, 0, 0), 3.0)]
    assert fates(compared([((31.5, 0, 0), 3.0)], lesion)) == [Fate.STABLE]
    assert fates(compared([((41, 0, 0), 3.0)], lesion)) == [Fate.NEW, Fate.RESOLVED]


def test_a_new_lesion_beside_an_old_one_is_new() -> None:
    assert fates(compared([((30, 0, 0), 6.0), ((30, 12, 0), 4.5)], [((30, 0, 0), 6.0)])) == [Fate.NEW, Fate.STABLE]


def test_one_lesion_that_became_two_is_one_group() -> None:
    change = compared([((30, 0, 0), 5.0), ((30, 12, 0), 5.0)], [((30, 6, 0), 12.0)])
    (group,) = change.lesions
    assert group.fate is Fate.SHRINKING
    assert (group.now, group.before) == ((1, 2), (1,))


def test_what_the_other_study_does_not_show_is_neither_new_nor_resolved() -> None:
    top = THIN.affine.copy()
    top[:3, 3] += top[:3, 2] * 30
    upper = Geometry(top, (*THIN.shape[:2], THIN.shape[2] - 30))
    low: list[Ball] = [*STABLE, ((0, 30, -38), 6.0)]
    assert fates(compared(low, STABLE, grids=(THIN, upper)))[-1] is Fate.NOT_COVERED
    assert fates(compared(STABLE, low, grids=(upper, THIN)))[-1] is Fate.NOT_COVERED


def test_a_lesion_that_slices_cut_differently_has_not_come_and_gone() -> None:
    lower = THICK.affine.copy()
    lower[2, 3] += 3.2
    ball = [((30.0, 0.0, 4.0), 3.0)]
    now, before = study(THICK, STILL, ball), study(replace(THICK, affine=lower), STILL, ball)
    assert len(now.lesions) == len(before.lesions) == 1
    change = compare_lesions(now, before, true_alignment(STILL, STILL), RULE)
    assert [lesion.fate for lesion in change.lesions] == [Fate.STABLE]


def test_nothing_in_either_study_is_no_change() -> None:
    assert compared([], []).lesions == ()
    assert fates(compared(STABLE, [])) == [Fate.NEW] * 3
    assert fates(compared([], STABLE)) == [Fate.RESOLVED] * 3


def test_a_new_lesion_that_the_earlier_study_half_saw_says_so() -> None:
    now, before = study(THIN, STILL, [((30, 0, 0), 6.0)]), study(THIN, STILL, [])
    at = np.linalg.inv(THIN.affine) @ (30, 0, 0, 1)
    i, j, k = (round(float(value)) for value in at[:3])
    doubt = Place((i, j, k), (30, 0, 0), (i - 1, j - 1, k - 1), (i + 1, j + 1, k + 1))
    doubted = replace(before, candidates=(doubt,))
    alignment = true_alignment(STILL, STILL)
    assert compare_lesions(now, doubted, alignment, RULE).lesions[0].unsure_before
    assert not compare_lesions(now, before, alignment, RULE).lesions[0].unsure_before


def test_studies_with_very_different_voxels_say_so() -> None:
    assert any("voxels" in note for note in compared(STABLE, STABLE, grids=(THICK, THIN)).notes)
    assert compared(STABLE, STABLE).notes == ()


@pytest.mark.parametrize(
    ("now_ml", "before_ml", "fate"),
    [
        (0.14, 0.10, Fate.STABLE),
        (0.151, 0.10, Fate.ENLARGING),
        (0.04, 0.10, Fate.SHRINKING),
        (0.04, 0.02, Fate.STABLE),
        (1.24, 1.0, Fate.STABLE),
        (1.26, 1.0, Fate.ENLARGING),
        (0.74, 1.0, Fate.SHRINKING),
        (0.76, 1.0, Fate.STABLE),
    ],
)
def test_growth_is_judged_by_size(now_ml: float, before_ml: float, fate: Fate) -> None:
    assert fate_of(now_ml, before_ml, RULE) is fate


def test_the_rule_is_repeated_with_the_clinics_numbers() -> None:
    change = compare_lesions(
        study(THIN, STILL, []), study(THIN, STILL, []), true_alignment(STILL, STILL), replace(RULE, same_place_mm=3.5)
    )
    assert "3.5 mm" in change.rule


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_lesion_of_both_studies_is_in_exactly_one_group(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = grid((2.0, 2.0, 3.0), size_mm=130)
    planted = [[(tuple(rng.uniform(-35, 35, 3)), rng.uniform(3, 10)) for _ in range(6)] for _ in range(2)]
    moved = motion(rng.uniform(-10, 10, 3), rng.uniform(-10, 10, 3))
    now, before = study(coarse, STILL, planted[0]), study(coarse, moved, planted[1])
    change = compare_lesions(now, before, true_alignment(STILL, moved), RULE)
    mine = sorted(number for lesion in change.lesions for number in lesion.now)
    theirs = sorted(number for lesion in change.lesions for number in lesion.before)
    assert mine == [lesion.number for lesion in now.lesions]
    assert theirs == [lesion.number for lesion in before.lesions]
    assert sum(lesion.now_ml for lesion in change.lesions) == pytest.approx(change.now_ml)
    assert sum(lesion.before_ml for lesion in change.lesions) == pytest.approx(change.before_ml)
