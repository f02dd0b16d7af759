"""The page with the figures of a year: what was lived, what went wrong, what was asked and what came out. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from appliance.words import counted
from tests.bench.year.checks import READ, Verdict
from tests.bench.year.plan import Fault, Scan

if TYPE_CHECKING:
    from datetime import date

    from tests.bench.year.evidence import Evidence
    from tests.bench.year.journal import Run

WHAT_WAS_DONE = {
    Fault.POWER_CUT: "the process and its helpers were killed (SIGKILL); started again",
    Fault.FULL_DISK: "{disk}; room was made, started again",
    Fault.GOOD_UPDATE: "a signed bundle was installed",
    Fault.BAD_UPDATE: "a signed bundle, whose self-test fails, was to be installed",
    Fault.CLOCK_BACK: "the program's clock was set back 40 days while it read",
    Fault.PULLED_STICK: "the folder of scans vanished while it was read; put back, started again",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and how a year was lived."""

    planned: int
    """Studies."""
    machine: str
    day: date
    disk: str
    """How it gets full."""


def page_of(evidence: Evidence, verdicts: tuple[Verdict, ...], circumstances: Circumstances) -> str:
    """Write the page."""
    parts = (_head(evidence, circumstances), _faults(evidence.runs, circumstances), _answers(verdicts), _how())
    return "\n\n".join(parts) + "\n"


def _head(evidence: Evidence, circumstances: Circumstances) -> str:
    visits, planned = evidence.year.visits, circumstances.planned
    seconds = [told.seconds for run in evidence.runs for told in run.told if told.ending in READ]
    rows = (
        ("studies", _share_of(len(visits), planned)),
        ("of them", ", ".join(f"{count} × {scan}" for scan, count in Counter(v.scan for v in visits).most_common())),
        (
            "brought broken files",
            ", ".join(f"{n} × {way}" for way, n in Counter(v.broken for v in visits).items() if way),
        ),
        ("came again", f"{sum(visit.patient != visit.number for visit in visits)}, compared with the earlier study"),
        ("program started", f"{counted(len(evidence.runs), 'time')} in {len(evidence.year.months)} months"),
        ("all runs together", f"{sum(run.seconds for run in evidence.runs) / 60:.0f} minutes on the clock"),
        (
            "a study",
            f"{median(seconds):.1f} s on the clock (median), with its PDF and DICOM objects" if seconds else "–",
        ),
        ("largest memory", f"{max((run.peak_mb for run in evidence.runs), default=0.0):.0f} MB"),
        ("machine", circumstances.machine),
        ("on", circumstances.day.isoformat()),
    )
    real = any(visit.scan is Scan.REAL for visit in visits)
    scans = (
        "Published FLAIR was mixed in, turned into DICOM." if real else "No published FLAIR was there: samples alone."
    )
    note = "" if len(visits) == planned else " It was stopped before its end: what follows is of whole months only."
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return (
        "# A clinic's year\n\nWritten by `make bench-year`: do not edit. The real program reads a year of studies, "
        f"month by month, while things go wrong. {scans}{note}\n\n| | |\n|---|---|\n{table}"
    )


def _share_of(lived: int, planned: int) -> str:
    return f"{lived:,}" if lived == planned else f"{lived:,} of {planned:,} that were planned"


def _faults(runs: tuple[Run, ...], circumstances: Circumstances) -> str:
    lines = ["## What went wrong", "", "| month | what | what was done | how the program ended |", "|---|---|---|---|"]
    for run in runs:
        if run.fault is not None:
            done = WHAT_WAS_DONE[run.fault].format(disk=circumstances.disk)
            lines.append(f"| {run.month} | {run.fault} | {done} | {_ended(run)} |")
    return "\n".join(lines)


def _ended(run: Run) -> str:
    if run.exit_code < 0:
        return f"killed by signal {-run.exit_code}"
    failed = sum(told.ending == "failed" for told in run.told)
    return f"code {run.exit_code}{f', {failed} failed and were read later' if failed else ''}"


def _answers(verdicts: tuple[Verdict, ...]) -> str:
    lines = ["## What was asked at the end", "", "| question | | |", "|---|---|---|"]
    lines += [f"| {each.question} | {each.answer} | {each.sentence.replace(chr(10), ' ')} |" for each in verdicts]
    return "\n".join(lines)


def _how() -> str:
    return (
        "## How\n\n`tests/bench/year/` holds the plan, the faults and the checks; `make bench-year STUDIES=2500` lives "
        "a larger year, and one that was stopped goes on where it was. Each visit is a scan of its own, made from one "
        "of a few dozen by moving it, changing its brightness and adding its own noise, under the headers of five "
        "vendors, plain or compressed. A power cut is a killed process: pages that the system had not yet written are "
        "not lost by it. Seconds on the clock are those of a machine on which other programs may have run."
    )
