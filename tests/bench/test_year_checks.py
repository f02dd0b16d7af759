"""A check that cannot fail is worth nothing: each is shown a good year, and the same year spoilt in its own way."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.bench.year import checks
from tests.bench.year.checks import Answer, judge
from tests.bench.year.evidence import Compared, Evidence, Result
from tests.bench.year.journal import Run, Told
from tests.bench.year.plan import UPDATES, Broken, Fault, Month, Pool, Scan, Year, draw_year
from tests.bench.year.updates import BAD, GOOD
from tests.bench.year.visits import folder_of, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.year.plan import Visit

STUDIES = 300
LESIONS = "brain-lesions"


def told_of(visit: Visit) -> Told:
    return Told(key_of(visit), "refused" if visit.broken else "read", 2.0, 400.0)


def a_run(number: int, month: Month, fault: Fault | None = None, **changes: object) -> Run:
    visits = () if fault in UPDATES else month.visits
    told = tuple(map(told_of, visits))
    run = Run(number, month.number, fault, None, 0, True, 60.0, 450.0 if visits else 0.0, told, (), (), "Fine.")
    return replace(run, **changes)


def result_of(visit: Visit, month: Month) -> Result:
    version = GOOD if month.number >= 3 else "1.0.0"
    models = () if visit.scan is Scan.BACK else ((LESIONS, version),)
    outcome = "refused" if visit.broken else "read"
    return Result(key_of(visit), key_of(visit), folder_of(visit), outcome, models, has_report=True)


@cache
def a_good_year() -> Evidence:
    year = draw_year(STUDIES, Pool(4, 15, 1, 2))
    runs = []
    for month in year.months:
        if month.mishap is not None:
            code = 1 if month.mishap.fault is Fault.BAD_UPDATE else 0
            runs.append(a_run(len(runs) + 1, month, month.mishap.fault, exit_code=code))
        runs.append(a_run(len(runs) + 1, month))
    results = tuple(result_of(visit, month) for month in year.months for visit in month.visits)
    words = "900 entries, each following the one before.\nThe clock went backwards 1 time."
    return Evidence(year, tuple(runs), results, (), 0, words, GOOD, (Compared(4, ()),))


def with_result(evidence: Evidence, number: int, **changes: object) -> Evidence:
    """Change the result of one visit."""
    key = next(key_of(visit) for visit in evidence.year.visits if visit.number == number)
    results = tuple(replace(each, **changes) if each.key == key else each for each in evidence.results)
    return replace(evidence, results=results)


def good(evidence: Evidence) -> Visit:
    return next(visit for visit in evidence.year.visits if not visit.broken and visit.scan is not Scan.BACK)


def broken(evidence: Evidence, way: Broken | None = None) -> Visit:
    return next(visit for visit in evidence.year.visits if visit.broken and way in {None, visit.broken})


def a_report_is_missing(evidence: Evidence) -> Evidence:
    return with_result(evidence, good(evidence).number, has_report=False)


def a_study_was_never_read(evidence: Evidence) -> Evidence:
    key = key_of(good(evidence))
    return replace(evidence, results=tuple(each for each in evidence.results if each.key != key))


def a_study_has_two_reports(evidence: Evidence) -> Evidence:
    twice = next(each for each in evidence.results if each.key == key_of(good(evidence)))
    return replace(evidence, results=(*evidence.results, replace(twice, folder="another")))


def somebody_unknown_has_a_report(evidence: Evidence) -> Evidence:
    return replace(evidence, results=(*evidence.results, Result("x", "x", "", "read", (), has_report=True)))


def a_broken_study_was_read(evidence: Evidence) -> Evidence:
    return with_result(evidence, broken(evidence).number, outcome="read", models=())


def somebody_who_moved_was_read_without_a_warning(evidence: Evidence) -> Evidence:
    return with_result(evidence, broken(evidence, Broken.RESTLESS).number, outcome="read", models=())


def nothing_was_said_of_a_broken_study(evidence: Evidence) -> Evidence:
    key = key_of(broken(evidence))
    runs = tuple(replace(run, told=tuple(each for each in run.told if each.key != key)) for run in evidence.runs)
    return replace(evidence, runs=runs)


def the_ledger_is_broken(evidence: Evidence) -> Evidence:
    return replace(evidence, ledger_code=1)


def the_clock_was_not_noticed(evidence: Evidence) -> Evidence:
    return replace(evidence, ledger_words="900 entries, each following the one before.")


def one_run_took_too_much(evidence: Evidence) -> Evidence:
    first, *others = evidence.runs
    return replace(evidence, runs=(replace(first, peak_mb=701.0), *others))


def memory_grows_within_a_run(evidence: Evidence) -> Evidence:
    first, *others = evidence.runs
    told = tuple(replace(each, rss_mb=400.0 + 8.0 * number) for number, each in enumerate(first.told))
    return replace(evidence, runs=(replace(first, told=told), *others))


def memory_grows_over_the_year(evidence: Evidence) -> Evidence:
    heavier = [
        replace(run, told=tuple(replace(each, rss_mb=400.0 + 10.0 * run.month) for each in run.told))
        for run in evidence.runs
    ]
    return replace(evidence, runs=tuple(heavier))


def with_update(evidence: Evidence, fault: Fault, **changes: object) -> Evidence:
    return replace(evidence, runs=tuple(replace(r, **changes) if r.fault is fault else r for r in evidence.runs))


def a_good_update_was_refused(evidence: Evidence) -> Evidence:
    return with_update(evidence, Fault.GOOD_UPDATE, exit_code=1)


def a_bad_update_was_accepted(evidence: Evidence) -> Evidence:
    return with_update(evidence, Fault.BAD_UPDATE, exit_code=0)


def a_bad_model_is_in_use(evidence: Evidence) -> Evidence:
    return replace(evidence, version_in_use=BAD)


def a_bad_model_read_somebody(evidence: Evidence) -> Evidence:
    return with_result(evidence, good(evidence).number, models=((LESIONS, BAD),))


def an_old_model_read_somebody_after_the_update(evidence: Evidence) -> Evidence:
    late = [visit for visit in evidence.year.visits if visit.day.month > 5 and not visit.broken]
    number = next(visit.number for visit in late if visit.scan is not Scan.BACK)
    return with_result(evidence, number, models=((LESIONS, "1.0.0"),))


def half_a_folder_is_left(evidence: Evidence) -> Evidence:
    return replace(evidence, half_made=(".abc.part",))


def one_result_differs(evidence: Evidence) -> Evidence:
    return replace(evidence, compared=(Compared(4, ("lesions.nii.gz",)),))


def a_power_cut_never_came(evidence: Evidence) -> Evidence:
    cut = next(run for run in evidence.runs if run.fault is Fault.POWER_CUT)
    return replace(evidence, runs=tuple(run for run in evidence.runs if run is not cut))


SPOILT: dict[Callable[[Evidence], Evidence], Callable[[Evidence], checks.Verdict]] = {
    a_report_is_missing: checks.every_good_study_has_one_report,
    a_study_was_never_read: checks.every_good_study_has_one_report,
    a_study_has_two_reports: checks.every_good_study_has_one_report,
    somebody_unknown_has_a_report: checks.every_good_study_has_one_report,
    a_broken_study_was_read: checks.every_broken_study_is_told,
    somebody_who_moved_was_read_without_a_warning: checks.every_broken_study_is_told,
    nothing_was_said_of_a_broken_study: checks.every_broken_study_is_told,
    the_ledger_is_broken: checks.the_chain_holds,
    the_clock_was_not_noticed: checks.the_chain_holds,
    one_run_took_too_much: checks.memory_is_small,
    memory_grows_within_a_run: checks.memory_is_flat,
    memory_grows_over_the_year: checks.memory_is_flat,
    a_good_update_was_refused: checks.updates_do_what_they_should,
    a_bad_update_was_accepted: checks.updates_do_what_they_should,
    a_bad_model_is_in_use: checks.updates_do_what_they_should,
    a_bad_model_read_somebody: checks.updates_do_what_they_should,
    an_old_model_read_somebody_after_the_update: checks.updates_do_what_they_should,
    half_a_folder_is_left: checks.nothing_half_made_is_left,
    one_result_differs: checks.results_are_those_of_a_quiet_year,
    a_power_cut_never_came: checks.everything_struck,
}


def test_a_good_year_passes_every_check() -> None:
    assert [verdict for verdict in judge(a_good_year()) if verdict.answer is not Answer.HOLDS] == []


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_year_fails_where_it_is_spoilt(spoil: Callable[[Evidence], Evidence]) -> None:
    assert SPOILT[spoil](spoil(a_good_year())).answer is Answer.BROKEN


def test_every_check_is_shown_a_year_that_fails_it() -> None:
    assert set(SPOILT.values()) == set(checks.CHECKS)


def test_checks_with_nothing_to_look_at_never_pass() -> None:
    nothing = Evidence(Year(()), (), (), (), 0, "", "", ())
    assert {verdict.answer for verdict in judge(nothing)} == {Answer.NOT_TOLD}


def test_what_a_cut_leaves_cannot_be_judged_before_the_next_start() -> None:
    stopped = replace(half_a_folder_is_left(a_good_year()), was_cut_last=True)
    assert checks.nothing_half_made_is_left(stopped).answer is Answer.NOT_TOLD


def test_who_moved_may_be_read_with_a_warning() -> None:
    evidence = a_good_year()
    number = broken(evidence, Broken.RESTLESS).number
    warned = with_result(evidence, number, outcome="read", models=(), doubts=(checks.MOVED,))
    assert checks.every_broken_study_is_told(warned).answer is Answer.HOLDS
    assert "1 read with a warning" in checks.every_broken_study_is_told(warned).sentence


def test_who_moved_and_was_refused_is_not_said_to_have_been_read() -> None:
    evidence = a_good_year()
    number = broken(evidence, Broken.RESTLESS).number
    refused = with_result(evidence, number, outcome="refused", models=(), doubts=(checks.MOVED,))
    assert "0 read with a warning" in checks.every_broken_study_is_told(refused).sentence


def test_a_refused_study_may_have_its_report_of_refusal() -> None:
    evidence = a_good_year()
    number = broken(evidence).number
    assert any(each.key == key_of(evidence.year.visits[number - 1]) and each.has_report for each in evidence.results)
    assert checks.every_good_study_has_one_report(evidence).answer is Answer.HOLDS
