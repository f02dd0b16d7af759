"""Whether a year was a good one: each check is one question to the evidence, answered yes, no or not to be told. Pure.

A check that has nothing to look at says so: it never passes for want of evidence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from appliance.words import counted
from tests.bench.year.plan import Broken, Fault, Scan
from tests.bench.year.updates import BAD, GOOD, TASK
from tests.bench.year.visits import folder_of, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.bench.year.evidence import Evidence, Result
    from tests.bench.year.journal import Run, Told
    from tests.bench.year.plan import Month, Visit

LARGEST_MB = 700.0
"""The most that any study may cost: what the machines have."""
GROWTH = 1.10
"""How much more memory the end of a run or a year may take than its beginning."""
FEWEST = 6
"""Studies in each half of a run, and runs in each half of a year, below which growth cannot be told."""
WARM = 3
"""The first studies of a run also open the models."""
READ = frozenset({"read", "partly-read"})
REFUSED = frozenset({"refused", "failed"})
NAMED = 6
"""How many are named in a sentence."""
MOVED = "motion"
"""The quality gate's own name for it; movement that smears evenly is warned of, not refused (decision 60)."""


class Answer(StrEnum):
    """How a check ended."""

    HOLDS = "yes"
    BROKEN = "NO"
    NOT_TOLD = "not told"
    """There was too little to look at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check."""

    question: str
    answer: Answer
    sentence: str


def judge(evidence: Evidence) -> tuple[Verdict, ...]:
    """Ask every question."""
    return tuple(check(evidence) for check in CHECKS)


def every_good_study_has_one_report(evidence: Evidence) -> Verdict:
    """Count the reports of every visit, and look for reports that nobody asked for."""
    question = "Every good study has exactly one report"
    good = [visit for visit in evidence.year.visits if visit.broken is None]
    reports = Counter(result.key for result in evidence.results if result.has_report and result.outcome in READ)
    wrong = [f"{folder_of(visit)} has {reports[key_of(visit)]}" for visit in good if reports[key_of(visit)] != 1]
    strange = reports.keys() - {key_of(visit) for visit in evidence.year.visits}
    wrong += [f"nobody brought {key}" for key in sorted(strange)]
    return _verdict(question, good, wrong, f"{counted(len(good), 'good study', 'good studies')}, as many reports")


def every_broken_study_is_told(evidence: Evidence) -> Verdict:
    """Look whether broken files were refused aloud, and never read; only who moved may be read with a warning."""
    question = "Every broken study is refused in words, or, of a patient who moved, read with a warning"
    doubted = {result.key for result in evidence.results if result.outcome in READ and MOVED in result.doubts}
    spoilt = [visit for visit in evidence.year.visits if visit.broken is not None]
    warned = [visit for visit in spoilt if visit.broken is Broken.RESTLESS and key_of(visit) in doubted]
    broken = [visit for visit in spoilt if visit not in warned]
    told = {each.key for run in evidence.runs for each in run.told if each.ending in REFUSED}
    said = {folder for run in evidence.runs for folder in run.left_out}
    read = {result.key for result in evidence.results if result.outcome in READ}
    wrong = [f"{folder_of(visit)} ({visit.broken}) was read" for visit in broken if key_of(visit) in read]
    silent = [visit for visit in broken if key_of(visit) not in told and folder_of(visit) not in said]
    wrong += [f"nothing was said of {folder_of(visit)} ({visit.broken})" for visit in silent]
    refused = f"{counted(len(broken), 'broken study', 'broken studies')} refused"
    return _verdict(question, spoilt, wrong, f"{refused}, {len(warned)} read with a warning of movement")


def the_chain_holds(evidence: Evidence) -> Verdict:
    """Take the program's own word, and look whether it noticed the clock."""
    wrong = [] if evidence.ledger_code == 0 else [evidence.ledger_words or f"code {evidence.ledger_code}"]
    jumped = any(run.fault is Fault.CLOCK_BACK for run in evidence.runs)
    if jumped and "backwards" not in evidence.ledger_words:
        wrong.append("it does not say that the clock went backwards")
    said = evidence.ledger_words.partition("\n")[0]
    return _verdict("The audit chain holds (`outpost ledger verify`)", evidence.ledger_words.splitlines(), wrong, said)


def memory_is_small(evidence: Evidence) -> Verdict:
    """Compare the peak of every run with what a small machine has."""
    peaks = [run.peak_mb for run in _reading(evidence)]
    wrong = [f"{peak:.0f} MB" for peak in peaks if peak > LARGEST_MB]
    most = f"{max(peaks, default=0.0):.0f} MB at most, in any of {counted(len(peaks), 'run')}"
    return _verdict(f"Memory stays below {LARGEST_MB:.0f} MB", peaks, wrong, most)


def memory_is_flat(evidence: Evidence) -> Verdict:
    """Compare the second half of every long run with its first, and the year's second half with its first."""
    grown = [ratio for run in _reading(evidence) if (ratio := _growth(_weights(run.told)[WARM:])) is not None]
    months = [median(weights) for run in _reading(evidence) if (weights := _weights(run.told)[WARM:])]
    over_the_year = _growth(months)
    ratios = [*grown, *([over_the_year] if over_the_year is not None else [])]
    wrong = [f"{ratio:.2f} times what it was" for ratio in ratios if ratio > GROWTH]
    most = f"at most {max(ratios, default=0.0):.2f} times what it was"
    parts = f"second half against first half, of {counted(len(grown), 'long run')}"
    return _verdict(
        "Memory is flat", ratios, wrong, f"{most} ({parts}{' and of the year' if over_the_year is not None else ''})"
    )


def updates_do_what_they_should(evidence: Evidence) -> Verdict:
    """Look which models made each result, and which are in use at the end."""
    updates = [run for run in evidence.runs if run.is_update]
    wrong = [
        f"the {run.fault} ended with code {run.exit_code}: {run.last_words}"
        for run in updates
        if (run.exit_code == 0) is (run.fault is Fault.BAD_UPDATE)
    ]
    since = min((run.month for run in updates if run.fault is Fault.GOOD_UPDATE), default=None)
    wrong += _by_wrong_models(evidence, since)
    expected = "" if since is None else GOOD
    if evidence.version_in_use != expected:
        wrong.append(f"at the end {evidence.version_in_use or 'the factory’s'} are in use")
    good = f"{GOOD} reads from month {since} on" if since else "none was good"
    bad = (
        f", {BAD} failed its self-test and was never used" if any(r.fault is Fault.BAD_UPDATE for r in updates) else ""
    )
    return _verdict("Updates are used or refused as a whole", updates, wrong, f"{good}{bad}")


def nothing_half_made_is_left(evidence: Evidence) -> Verdict:
    """Look for what staging leaves behind; what a cut leaves goes with the next start, so there must have been one."""
    whole = f"{counted(len(evidence.results), 'folder')} of results, nothing half-made"
    if evidence.was_cut_last:
        return _verdict("Nothing half-made is left", (), (), whole)
    return _verdict("Nothing half-made is left", evidence.results, evidence.half_made, whole)


def results_are_those_of_a_quiet_year(evidence: Evidence) -> Verdict:
    """Ask the comparison."""
    wrong = [f"visit {each.visit}: {', '.join(each.differences)}" for each in evidence.compared if each.differences]
    same = f"{counted(len(evidence.compared), 'study', 'studies')} read again, every file the same but for its times"
    return _verdict("Results are those of a quiet year", evidence.compared, wrong, same)


def everything_struck(evidence: Evidence) -> Verdict:
    """Look whether what was planned to go wrong went wrong."""
    planned = Counter(mishap.fault for mishap in evidence.year.mishaps)
    struck = Counter(run.fault for run in evidence.runs if run.fault is not None)
    wrong = [f"{fault}: {struck[fault]} of {count}" for fault, count in planned.items() if struck[fault] < count]
    return _verdict("Everything that was to go wrong went wrong", list(planned), wrong, _list_of(planned))


CHECKS: tuple[Callable[[Evidence], Verdict], ...] = (
    every_good_study_has_one_report,
    every_broken_study_is_told,
    the_chain_holds,
    memory_is_small,
    memory_is_flat,
    updates_do_what_they_should,
    nothing_half_made_is_left,
    results_are_those_of_a_quiet_year,
    everything_struck,
)


def _verdict(question: str, looked_at: Iterable[object], wrong: Iterable[str], whole: str) -> Verdict:
    faults = list(wrong)
    if faults:
        more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        return Verdict(question, Answer.BROKEN, "; ".join(faults[:NAMED]) + more)
    if not list(looked_at):
        return Verdict(question, Answer.NOT_TOLD, "there was too little to look at")
    return Verdict(question, Answer.HOLDS, whole)


def _reading(evidence: Evidence) -> list[Run]:
    return [run for run in evidence.runs if not run.is_update and run.peak_mb > 0]


def _weights(told: Iterable[Told]) -> list[float]:
    return [each.rss_mb for each in told if each.ending in READ and each.rss_mb > 0]


def _growth(weights: list[float]) -> float | None:
    half = len(weights) // 2
    return median(weights[-half:]) / median(weights[:half]) if half >= FEWEST else None


def _by_wrong_models(evidence: Evidence, since: int | None) -> list[str]:
    visits = {key_of(visit): (visit, month) for month in evidence.year.months for visit in month.visits}
    read = [result for result in evidence.results if result.key in visits and result.outcome in READ]
    return [wrong for result in read if (wrong := _wrong_model(result, *visits[result.key], since))]


def _wrong_model(result: Result, visit: Visit, month: Month, since: int | None) -> str | None:
    if visit.scan is Scan.BACK:
        return None
    version = dict(result.models).get(TASK, "none")
    is_new = since is not None and month.number >= since
    if (version == GOOD) is is_new and version not in {BAD, "none"}:
        return None
    return f"{folder_of(visit)} in month {month.number} was read by {version}"


def _list_of(planned: Counter[Fault]) -> str:
    return ", ".join(f"{count} × {fault}" for fault, count in planned.items())
