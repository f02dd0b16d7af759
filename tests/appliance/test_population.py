"""A patient is placed among people only where there are enough of them, and always as a range."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from appliance.population import FEWEST, Group, Measure, NotPlaced, Placement, Standing, place, shipped_reference

REFERENCE = shipped_reference()


def placed(
    age: float | None = 35, sex: str | None = "F", lesions: float | None = 0.005, ventricles: float | None = 0.015
) -> Placement:
    found = place(age, sex, lesions, ventricles, REFERENCE)
    assert isinstance(found, Placement)
    return found


def standing(found: Placement, measure: Measure, group: Group) -> Standing:
    return next(each for each in found.standings if each.measure is measure and each.group is group)


def test_both_measures_are_placed_in_both_groups() -> None:
    found = placed()
    assert {(each.measure, each.group) for each in found.standings} == {(m, g) for m in Measure for g in Group}
    for each in found.standings:
        assert 0 <= each.low <= each.middle <= each.high <= 100
        assert (each.cell.sex, each.cell.from_age, each.cell.below_age) == ("F", 30, 40)
        assert each.cell.people >= FEWEST
        assert str(each.cell.people) in each.sentence
    assert "MIT" in found.source
    assert "comparable, not identical" in found.notes[0]


def test_a_higher_load_never_stands_lower() -> None:
    shares = [0, 1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 1e-2, 5e-2]
    for group in Group:
        standings = [standing(placed(lesions=share), Measure.LESIONS, group) for share in shares]
        for field in ("low", "middle", "high"):
            values = [getattr(each, field) for each in standings]
            assert values == sorted(values)


def test_the_middle_of_the_reference_is_at_fifty() -> None:
    cell = standing(placed(), Measure.LESIONS, Group.MS).cell
    median = cell.quantiles[Measure.LESIONS][REFERENCE.percents.index(50)]
    scale = REFERENCE.scales[Measure.LESIONS, Group.MS]
    assert standing(placed(lesions=median * scale.middle), Measure.LESIONS, Group.MS).middle == pytest.approx(50)


def test_no_lesions_is_said_as_what_it_is() -> None:
    among_healthy = standing(placed(lesions=0.0), Measure.LESIONS, Group.HEALTHY)
    assert among_healthy.sentence.startswith("No lesions, as ")
    assert among_healthy.middle == 0


def test_more_than_the_reference_shows_is_not_given_a_number() -> None:
    assert "among the highest 5 of 100" in standing(placed(lesions=0.2), Measure.LESIONS, Group.MS).sentence
    assert "among the lowest 5 of 100" in standing(placed(ventricles=1e-5), Measure.VENTRICLES, Group.MS).sentence


@pytest.mark.parametrize(
    ("age", "says"),
    [(None, "not known"), (17.9, "18"), (3, "18"), (75, "74"), (130, "74"), (math.nan, "nan")],
)
def test_an_age_outside_the_reference_is_not_placed(age: float | None, says: str) -> None:
    found = place(age, "F", 0.01, 0.02, REFERENCE)
    assert isinstance(found, NotPlaced)
    assert says in found.sentence


@pytest.mark.parametrize("sex", ["F", "M"])
def test_too_few_people_are_not_a_comparison(sex: str) -> None:
    found = place(66, sex, 0.01, 0.02, REFERENCE)
    assert isinstance(found, NotPlaced)
    assert "only 5 women and men" in found.sentence
    assert "only 13 women and men" in found.sentence


def test_a_small_cell_falls_back_to_both_sexes_and_says_so() -> None:
    found = placed(age=55, sex="M")
    assert standing(found, Measure.LESIONS, Group.MS).cell.sex == "any"
    assert standing(found, Measure.LESIONS, Group.HEALTHY).cell.sex == "M"
    assert any("too few men" in note for note in found.notes)


@pytest.mark.parametrize("sex", [None, "O", "", "female"])
def test_an_unknown_sex_is_compared_with_both_and_says_so(sex: str | None) -> None:
    found = placed(sex=sex)
    assert {each.cell.sex for each in found.standings} == {"any"}
    assert any("not known as F or M" in note for note in found.notes)


def test_what_was_not_measured_is_not_placed() -> None:
    assert {each.measure for each in placed(ventricles=None).standings} == {Measure.LESIONS}
    nothing = place(35, "F", None, None, REFERENCE)
    assert isinstance(nothing, NotPlaced)
    assert "measured" in nothing.sentence


def test_one_group_too_small_leaves_the_other() -> None:
    cells = tuple(replace(cell, people=3) if cell.group is Group.MS else cell for cell in REFERENCE.cells)
    found = place(35, "F", 0.01, 0.02, replace(REFERENCE, cells=cells))
    assert isinstance(found, Placement)
    assert {each.group for each in found.standings} == {Group.HEALTHY}
    assert any("too few to compare" in note for note in found.notes)


def test_the_table_that_ships_carries_no_single_person() -> None:
    assert all(not cell.quantiles for cell in REFERENCE.cells if cell.people < FEWEST)
    assert (min(REFERENCE.percents), max(REFERENCE.percents)) == (5, 95)
    assert sum(cell.people for cell in REFERENCE.cells if cell.sex != "any") == REFERENCE.people - 9
