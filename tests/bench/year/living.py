"""The year, month by month: a stick is written, read by the real program while something goes wrong, and thrown away.

After every fault the clinic does what a technician would: it puts right what can be put right and starts again. What
happened is in the journal before the next thing happens, so that a year may be stopped at any moment and go on later.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.year.journal import Journal, Run, has_struck, is_over
from tests.bench.year.mischief import Mischief
from tests.bench.year.plan import UPDATES, Fault
from tests.bench.year.started import start
from tests.bench.year.visits import write_visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.bench.year.bases import Bases
    from tests.bench.year.disk import Disk
    from tests.bench.year.plan import Month, Year
    from tests.bench.year.started import Started
    from tests.bench.year.updates import Updates


@dataclass(frozen=True, slots=True)
class Clinic:
    """Where a year is lived."""

    place: Path
    bases: Bases
    updates: Updates
    disk: Disk
    keeps_sticks: bool = False
    """Whether scans stay after they were read."""

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.disk.results

    @property
    def state(self) -> Path:
        """What the machine itself keeps."""
        return self.place / "state"

    def stick(self, month: int) -> Path:
        """Where a month's scans lie."""
        return self.place / "sticks" / f"month-{month:02}"

    def journal(self) -> Journal:
        """What has happened so far."""
        return Journal(self.place / "journal")


def live(clinic: Clinic, year: Year, say: Callable[[str], None]) -> None:
    """Live every month that is not over."""
    journal = clinic.journal()
    for month in year.months:
        if month.mishap and month.mishap.fault in UPDATES and not has_struck(month, journal.runs):
            journal.add(_update(clinic, month, len(journal.runs) + 1))
            say(_line(journal.runs[-1]))
        if not month.visits or is_over(month, journal.runs):
            continue
        _plug_in(clinic, month)
        while not is_over(month, journal.runs):
            journal.add(_read(clinic, month, journal.runs))
            say(_line(journal.runs[-1]))
        if not clinic.keeps_sticks:
            shutil.rmtree(clinic.stick(month.number))


def _plug_in(clinic: Clinic, month: Month) -> None:
    stick = clinic.stick(month.number)
    shutil.rmtree(stick, ignore_errors=True)
    for visit in month.visits:
        write_visit(stick, visit, clinic.bases.of(visit.scan, visit.base))


def _update(clinic: Clinic, month: Month, number: int) -> Run:
    assert month.mishap is not None
    fault = month.mishap.fault
    bundle = clinic.updates.good if fault is Fault.GOOD_UPDATE else clinic.updates.bad
    ran = start(clinic.updates.root, ["models", "update", str(bundle)], clinic.state)
    return _run(number, month, ran, fault, None)


def _read(clinic: Clinic, month: Month, runs: list[Run]) -> Run:
    arguments = ["run", str(clinic.stick(month.number)), "-o", str(clinic.results)]
    mischief = None if has_struck(month, runs) else _mischief(clinic, month)
    ran = start(clinic.updates.root, [*arguments, "--device", "cpu", "--json"], clinic.state, mischief)
    if mischief is None or not mischief.has_struck:
        return _run(len(runs) + 1, month, ran, None, None)
    mischief.put_right()
    return _run(len(runs) + 1, month, ran, mischief.mishap.fault, mischief.mishap.at)


def _mischief(clinic: Clinic, month: Month) -> Mischief:
    assert month.mishap is not None
    visit = next((visit for visit in month.visits if visit.number == month.mishap.at), None)
    return Mischief(month.mishap, visit, clinic.stick(month.number), clinic.disk)


def _run(number: int, month: Month, ran: Started, fault: Fault | None, struck_at: int | None) -> Run:
    watched = ran.watched
    return Run(
        number=number,
        month=month.number,
        fault=fault,
        struck_at=struck_at,
        exit_code=ran.exit_code,
        ended=watched.ended or (fault in UPDATES),
        seconds=ran.seconds,
        peak_mb=watched.peak_mb,
        told=tuple(watched.told),
        left_out=tuple(sorted(watched.left_out)),
        notices=tuple(watched.notices),
        last_words=ran.last_words,
    )


def _line(run: Run) -> str:
    what = run.fault or "nothing happens"
    return f"month {run.month}: {what}; {len(run.told)} studies told, code {run.exit_code}, {run.seconds:.0f} s"
