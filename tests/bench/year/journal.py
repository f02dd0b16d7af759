"""What happened in the year, run by run: kept on the disk as it happens, so that a year that was stopped goes on.

One file for each run of the program, written whole or not at all. Which months are over follows from them: pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.exact_json import fitted, parsed, written
from tests.bench.year.plan import UPDATES, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.year.plan import Month

MOST_RUNS = 5
"""Of one month: what still fails then is not the fault's doing."""
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """How one study ended, and what the program weighed then."""

    key: str
    ending: str
    seconds: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Run:
    """One start of the program."""

    number: int
    month: int
    fault: Fault | None
    """What struck while it ran."""
    struck_at: int | None
    """The visit that was being read then."""
    exit_code: int
    ended: bool
    """Whether it came to the end of its folder, or of its update."""
    seconds: float
    peak_mb: float
    told: tuple[Told, ...]
    left_out: tuple[str, ...]
    """Folders of visits of which a file or a series was left out."""
    notices: tuple[str, ...]
    last_words: str
    """What it said to the operator besides."""

    @property
    def is_update(self) -> bool:
        """Whether it installed something, and read nothing."""
        return self.fault in UPDATES

    @property
    def is_whole(self) -> bool:
        """Whether nothing of its folder is left to be read."""
        return self.ended and not self.is_update and all(told.ending != FAILED for told in self.told)


class Journal:
    """The runs so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        files = sorted(folder.glob("*.json"))
        self.runs = [fitted(parsed(file.read_text(encoding="utf-8")), Run) for file in files]

    def add(self, run: Run) -> None:
        """Keep a run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / f"{run.number:04}.json", written(run).encode())
        self.runs.append(run)


def is_over(month: Month, runs: list[Run]) -> bool:
    """Say whether everything of a month was read, or has been tried often enough."""
    reading = [run for run in runs if run.month == month.number and not run.is_update]
    if len(reading) >= MOST_RUNS:
        return True
    return bool(reading) and reading[-1].is_whole and has_struck(month, runs)


def has_struck(month: Month, runs: list[Run]) -> bool:
    """Say whether what goes wrong in a month went wrong already."""
    return month.mishap is None or any(run.month == month.number and run.fault is month.mishap.fault for run in runs)


def struck_visits(runs: list[Run]) -> frozenset[int]:
    """Name the visits that were being read when something struck."""
    return frozenset(run.struck_at for run in runs if run.struck_at is not None)
