"""Discs are counted from the lowest upward, each once; a width is the canal's, and its line can be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from appliance.measure_spine import (
    CANAL,
    DISC,
    VERTEBRA,
    MeasuredGrade,
    MillimetreGrade,
    canal_width,
    find_discs,
    grade_by_mm,
    grade_by_ratio,
    measure_levels,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = (20, 50, 80, 110, 140)
"""The middles of five discs, from the head down."""


def spine(canal: int = 12) -> NDArray[np.uint8]:
    """Discs of 30 × 6 pixels with vertebrae between, a straight canal behind them."""
    labels = np.zeros((170, 100), dtype=np.uint8)
    labels[5:155, 20:50] = VERTEBRA
    for row in ROWS:
        labels[row - 3 : row + 3, 20:50] = DISC
    labels[5:165, 55 : 55 + canal] = CANAL
    return labels


def test_discs_are_numbered_from_the_lowest_upward() -> None:
    discs = find_discs(spine())
    assert [disc.name for disc in discs] == ["L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2"]
    assert [round(disc.centre[0]) for disc in discs] == [140, 110, 80, 50, 20]
    assert all(disc.backward == pytest.approx((0, 1), abs=0.01) for disc in discs)


def test_a_speck_is_no_disc() -> None:
    labels = spine()
    labels[95, 30:33] = DISC
    assert len(find_discs(labels)) == len(ROWS)


def test_a_disc_in_two_pieces_is_one_disc() -> None:
    labels = spine()
    labels[77:83, 33:36] = VERTEBRA
    assert [round(disc.centre[0]) for disc in find_discs(labels)] == [140, 110, 80, 50, 20]


def test_a_steep_disc_in_two_pieces_that_share_no_row_is_one_disc() -> None:
    labels = spine()
    labels[137:143, 20:50] = VERTEBRA
    labels[130:136, 20:34], labels[138:144, 36:50] = DISC, DISC
    assert [round(disc.centre[0]) for disc in find_discs(labels)] == [136, 110, 80, 50, 20]


def test_a_disc_that_the_picture_s_edge_cuts_off_is_not_counted() -> None:
    for edge in (slice(0, 4), slice(-4, None)):
        labels = spine()
        labels[edge, 20:50] = DISC
        assert [round(disc.centre[0]) for disc in find_discs(labels)] == [140, 110, 80, 50, 20]


def test_a_disc_with_hardly_a_vertebra_above_it_in_view_is_not_counted_and_the_lowest_one_always_is() -> None:
    higher = spine()[8:]
    assert [round(disc.centre[0]) for disc in find_discs(higher)] == [132, 102, 72, 42, 12]
    assert [round(disc.centre[0]) for disc in find_discs(higher[4:])] == [128, 98, 68, 38]
    lower = spine()[: ROWS[-1] + 4]
    assert len(find_discs(lower)) == len(ROWS)


def test_a_stray_piece_of_canal_in_front_turns_no_disc_round() -> None:
    labels = spine()
    labels[100:104, 10:14] = CANAL
    assert all(disc.backward[1] > 0 for disc in find_discs(labels))


def test_a_disc_above_the_named_ones_still_has_a_name() -> None:
    labels = np.zeros((400, 60), dtype=np.uint8)
    for row in range(20, 400, 35):
        labels[row : row + 6, 10:40] = DISC
    assert [disc.name for disc in find_discs(labels)][-2:] == ["disc 10", "disc 11"]


def test_nothing_is_found_in_an_empty_slice() -> None:
    assert measure_levels(np.zeros((50, 50), dtype=np.uint8)) == ()


def test_a_disc_without_a_canal_behind_it_is_not_measured() -> None:
    labels = spine()
    labels[labels == CANAL] = 0
    assert len(find_discs(labels)) == len(ROWS)
    assert measure_levels(labels) == ()


def test_the_width_is_measured_in_pixels_and_in_millimetres_where_they_are_known() -> None:
    plain, in_mm = measure_levels(spine()), measure_levels(spine(), (1.0, 0.75))
    assert all(level.at_disc.pixels == pytest.approx(12, abs=0.5) for level in plain)
    assert all(level.at_disc.mm is None and level.by_mm is None for level in plain)
    assert all(level.at_disc.mm == pytest.approx(9, abs=0.4) for level in in_mm)
    assert {level.by_mm for level in in_mm} == {MillimetreGrade.ABSOLUTE}


def test_a_narrow_place_lowers_the_ratio_of_its_own_level_only() -> None:
    labels = spine()
    labels[104:116, 58:67] = 0
    ratios = {level.disc.name: level for level in measure_levels(labels)}
    assert ratios["L4/L5"].by_ratio is MeasuredGrade.SEVERE
    assert ratios["L4/L5"].ratio == pytest.approx(0.25, abs=0.05)
    assert {ratios[name].by_ratio for name in ("L5/S1", "L3/L4", "L2/L3", "L1/L2")} == {MeasuredGrade.NORMAL_OR_MILD}


def test_the_lowest_disc_is_compared_with_the_vertebra_above_only() -> None:
    lowest = measure_levels(spine())[0]
    assert lowest.above is not None
    assert lowest.below is None


def test_a_single_disc_has_a_width_but_no_ratio() -> None:
    labels = spine()
    labels[:130][labels[:130] == DISC] = VERTEBRA
    (level,) = measure_levels(labels)
    assert (level.ratio, level.by_ratio) == (None, None)
    assert level.at_disc.pixels == pytest.approx(12, abs=0.5)


def test_a_slanted_canal_is_measured_across_and_not_along_the_rows() -> None:
    rows, columns = np.indices((200, 200))
    slope = np.deg2rad(30)
    along = (columns - 80) * np.cos(slope) - (rows - 100) * np.sin(slope)
    across = (columns - 80) * np.sin(slope) + (rows - 100) * np.cos(slope)
    labels = np.zeros((200, 200), dtype=np.uint8)
    labels[(np.abs(across) < 4) & (np.abs(along) < 20)] = DISC
    labels[(along > 25) & (along < 40)] = CANAL
    (disc,) = find_discs(labels)
    width = canal_width(labels, disc.centre, disc.backward, disc.length, None)
    assert width is not None
    assert width.pixels == pytest.approx(15, abs=0.8)


def test_opposite_directions_of_two_discs_do_not_break_the_vertebra_between() -> None:
    labels = np.zeros((60, 120), dtype=np.uint8)
    labels[10:14, 10:40] = DISC
    labels[40:44, 80:110] = DISC
    labels[0:60, 58:62] = CANAL
    assert len(measure_levels(labels)) == 2


@pytest.mark.parametrize(
    ("ratio", "grade"),
    [(1.1, "normal or mild"), (0.67, "normal or mild"), (0.66, "moderate"), (0.34, "moderate"), (0.33, "severe")],
)
def test_the_ratio_grades_at_a_third_and_two_thirds(ratio: float, grade: str) -> None:
    assert grade_by_ratio(ratio) == grade


@pytest.mark.parametrize(
    ("mm", "grade"),
    [(12.1, "none"), (12.0, "relative stenosis"), (10.1, "relative stenosis"), (10.0, "absolute stenosis")],
)
def test_the_published_limits_in_millimetres(mm: float, grade: str) -> None:
    assert grade_by_mm(mm) == grade
