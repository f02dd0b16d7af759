"""What a batch tells while it runs: small frozen types, without voxels, so that any screen may keep them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from appliance.contracts import FilesSeen, LeftOut

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Kind, PatientFacts, StudyFacts
    from appliance.ledger import Standing


class Ending(StrEnum):
    """How it went with one study."""

    READ = "read"
    PARTLY = "partly-read"
    """Some of its scans were; ``findings.json`` says which were not."""
    KEPT = "kept"
    """Read before and unchanged: its results were left as they are."""
    REFUSED = "refused"
    """It cannot be read, now or in an earlier run."""
    FAILED = "failed"
    """Something broke; the next run tries again."""


@dataclass(frozen=True, slots=True)
class Began:
    """The very first event; nothing was looked at yet."""

    folder: Path
    output: Path


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the operator must know, and that stops nothing."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What the studies will be read with."""

    models: tuple[tuple[str, str], ...]
    """Task and version."""
    device: str
    """Where they run, as asked for: the choice is made when the first study is read."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Everything was looked at."""

    studies: int
    known: int
    """Of them the ledger knows so many as done; whether they changed is seen when it is their turn."""


@dataclass(frozen=True, slots=True)
class StudyBegan:
    """It is this study's turn, and it has to be read."""

    number: int
    """From 1 to ``of``."""
    of: int
    key: str
    patient: PatientFacts
    facts: StudyFacts
    kinds: tuple[Kind, ...]
    standing: Standing
    """Why it is read: new, interrupted, changed, …"""


@dataclass(frozen=True, slots=True)
class StudyStep:
    """A study came this far."""

    key: str
    step: str


@dataclass(frozen=True, slots=True)
class StudyEnded:
    """A study is dealt with; what is told here is on the disk."""

    number: int
    of: int
    key: str
    ending: Ending
    sentence: str
    """What was found, in short, or why nothing was."""
    folder: str | None
    """Where its results are, below the output folder."""
    seconds: float
    remaining_s: float | None
    """For all studies that are left; ``None`` until enough were read to tell."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The very last event of a batch that was not broken off by an error."""

    endings: tuple[tuple[Ending, int], ...]
    """How many studies ended how, each named once."""
    left_out: int
    """Files and series that could have been scans and were lost."""
    stopped: bool
    """Whether the operator stopped it before all were read."""

    def count(self, ending: Ending) -> int:
        """Say how many studies ended so."""
        return dict(self.endings).get(ending, 0)


Event: TypeAlias = Began | Notice | FilesSeen | LeftOut | Ready | Planned | StudyBegan | StudyStep | StudyEnded | Ended
"""``Began``, files and notices, ``Ready``, ``Planned``, then for each study its own, notices, and ``Ended``."""
