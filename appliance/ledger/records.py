"""What the ledger is told and what it answers: frozen types, and the one decision made from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class State(StrEnum):
    """Where a study is. The values are written into the file and never change."""

    FOUND = "found"
    READING = "reading"
    DONE = "done"
    REFUSED = "refused"
    """It cannot be read, and would not be tomorrow."""
    FAILED = "failed"
    """Something broke; it is worth another try."""


class Standing(StrEnum):
    """What a batch makes of a study that lies before it."""

    NEW = "new"
    INTERRUPTED = "interrupted"
    """Its reading began and never ended: the plug was pulled."""
    CHANGED = "changed"
    """Its files are not those that were read."""
    OUTDATED = "outdated"
    """Read by other models than are here now; read again only if asked."""
    FAILED = "failed"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StudyInput:
    """A study as it lies before the batch."""

    key: str
    """``contracts.Study.key``."""
    fingerprint: str
    """Of the bytes of all its files: ``fingerprint_of``."""
    patient: str | None = None
    """``Ledger.patient_key``; ``None`` where the files do not say who it is."""
    studied_on: date | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """With what a study was read."""

    models: tuple[tuple[str, str], ...]
    """Task and version of every model that took part."""
    engine: str
    app_version: str


@dataclass(frozen=True, slots=True)
class Output:
    """One file that was written."""

    path: str
    """Below the output folder, with forward slashes."""
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one step took."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest entry. Printed in a report, it proves later that nothing up to here was removed."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True, slots=True)
class LastEntry:
    """What the ledger last heard of a study."""

    study: StudyInput
    state: State
    run: Run | None
    outputs: tuple[Output, ...]
    timings: tuple[Timing, ...]
    sentence: str
    """Why it was refused or failed; else empty."""
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """A study of the same patient that was read before."""

    study: StudyInput
    outputs: tuple[Output, ...]


def standing_of(last: LastEntry | None, study: StudyInput, models: tuple[tuple[str, str], ...]) -> Standing:
    """Decide from the last entry what this study is to the batch."""
    if last is None or last.state is State.FOUND:
        return Standing.NEW
    if last.state is State.READING:
        return Standing.INTERRUPTED
    if last.study.fingerprint != study.fingerprint:
        return Standing.CHANGED
    if last.state is State.FAILED:
        return Standing.FAILED
    if last.run is not None and set(last.run.models) != set(models):
        return Standing.OUTDATED
    return Standing.DONE if last.state is State.DONE else Standing.REFUSED
