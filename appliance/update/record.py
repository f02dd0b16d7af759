"""The record of this machine's updates: an entry for every step, in a ledger of its own beside the slots.

It is the same kind of file as the one in an output folder: ``outpost ledger verify`` checks it. An update that was
broken off shows as one that has no end, and the next one says so first.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.errors import OutputFailed
from appliance.ledger import FolderLock, Opened, open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Step(StrEnum):
    """The steps of an update. The values are written into the file and never change."""

    BEGUN = "begun"
    VERIFIED = "verified"
    CONSENTED = "consented"
    CHECKED = "checked"
    COPIED = "copied"
    TESTED = "tested"
    SWITCHED = "switched"
    PROGRAM = "program"
    DONE = "done"
    REFUSED = "refused"
    BROKEN_OFF = "broken-off"
    ROLLED_BACK = "rolled-back"


class Stage(StrEnum):
    """Where an update is, in a word for the screen."""

    VERIFY = "verify"
    NOTES = "notes"
    CHECK = "check"
    COPY = "copy"
    TEST = "test"
    SWITCH = "switch"
    DONE = "done"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened."""

    stage: Stage
    sentence: str


ENDS = frozenset({Step.DONE, Step.REFUSED, Step.BROKEN_OFF, Step.ROLLED_BACK})


class Record:
    """Takes entries; one update at a time."""

    def __init__(self, opened: Opened) -> None:
        self._ledger, self._notices = opened.ledger, opened.notices

    def tell(self, step: Step, **facts: str) -> None:
        """Add an entry."""
        self._ledger.updated(step, facts)

    def notices(self) -> tuple[str, ...]:
        """Say what a person must know of before; an update that never ended is given its end here."""
        steps = self._ledger.updates()
        if not steps or steps[-1]["step"] in ENDS:
            return self._notices
        self.tell(Step.BROKEN_OFF, after=steps[-1]["step"])
        return (*self._notices, f"The last update was broken off after “{steps[-1]['step']}”; nothing of it is used.")


@contextlib.contextmanager
def recording(folder: Path, operator: str) -> Iterator[Record]:
    """Hold the record of this machine; a second update at the same time is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFailed(
            f"This machine's folder for updates could not be made ({error.strerror}).",
            advice="Check that its disk has room and is not write-protected.",
        ) from error
    with FolderLock(folder):
        opened = open_ledger(folder, operator=operator, app_version=__version__)
        with opened.ledger:
            yield Record(opened)
