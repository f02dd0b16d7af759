"""A plan in which something never strikes, or strikes nobody, would prove nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.year.plan import AGAIN_SHARE, UPDATES, Broken, Fault, Pool, Scan, draw_year

POOL = Pool(sample=4, real=15, fine=1, backs=2)
SIZES = (12, 13, 17, 20, 24, 36, 60, 100, 1000)


@pytest.mark.parametrize("studies", SIZES)
def test_everybody_comes_once_in_order_and_every_month(studies: int) -> None:
    year = draw_year(studies, POOL)
    assert [visit.number for visit in year.visits] == list(range(1, studies + 1))
    assert [month.number for month in year.months] == list(range(1, 13))
    sizes = [len(month.visits) for month in year.months]
    assert max(sizes) - min(sizes) <= 1
    assert list(year.visits) == sorted(year.visits, key=lambda visit: visit.day)


@pytest.mark.parametrize("studies", SIZES)
def test_five_of_a_hundred_bring_broken_files(studies: int) -> None:
    broken = Counter(visit.broken for visit in draw_year(studies, POOL).visits if visit.broken)
    assert sum(broken.values()) == max(1, round(studies * 0.05))
    assert studies < 120 or set(broken) == set(Broken)


@pytest.mark.parametrize("studies", SIZES)
def test_everything_goes_wrong_and_strikes_somebody_who_can_be_read(studies: int) -> None:
    year = draw_year(studies, POOL)
    faults = Counter(mishap.fault for mishap in year.mishaps)
    assert faults == {fault: 3 if fault is Fault.POWER_CUT else 1 for fault in Fault}
    for month in year.months:
        if month.mishap is None or month.mishap.fault in UPDATES or month.mishap.at is None:
            continue
        struck = next(visit for visit in month.visits if visit.number == month.mishap.at)
        assert struck.broken is None
        if month.mishap.fault is Fault.PULLED_STICK:
            assert any(visit.number > struck.number for visit in month.visits if visit.broken is None)


def test_the_same_words_plan_the_same_year_and_others_another() -> None:
    assert draw_year(100, POOL) == draw_year(100, POOL)
    assert draw_year(100, POOL) != draw_year(100, POOL, seed=1)


def test_without_published_scans_none_are_planned() -> None:
    assert Scan.REAL in {visit.scan for visit in draw_year(200, POOL).visits}
    assert Scan.REAL not in {visit.scan for visit in draw_year(200, Pool(4, 0, 1, 2)).visits}


def test_who_comes_again_comes_in_a_later_month_with_the_same_head() -> None:
    year = draw_year(500, POOL)
    first = {visit.number: visit for visit in year.visits}
    again = [visit for visit in year.visits if visit.patient != visit.number]
    assert 0.5 * AGAIN_SHARE * 500 < len(again) < 1.5 * AGAIN_SHARE * 500
    for visit in again:
        before = first[visit.patient]
        assert (visit.scan, visit.base, before.broken) == (before.scan, before.base, None)
        assert before.day.month < visit.day.month


def test_a_quiet_year_has_the_same_visits_and_updates_and_nothing_that_goes_wrong() -> None:
    year = draw_year(100, POOL)
    calm = year.only(frozenset({3, 50}))
    assert [visit for visit in year.visits if visit.number in {3, 50}] == list(calm.visits)
    assert [mishap.fault for mishap in calm.mishaps] == [Fault.GOOD_UPDATE]


def test_a_year_too_small_for_its_months_is_refused() -> None:
    with pytest.raises(ValueError, match="12 studies or more"):
        draw_year(11, POOL)
