"""Reports that wait for a printer: copies in a folder of the user, the oldest first.

Guarantees: a waiting report is the one that was asked for, even if the study is read again meanwhile; a file
that is there is whole.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import OutputFailed, Unreadable
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = re.compile(r"^(\d{6})-(.+)\.pdf$")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One report in the queue."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Queue:
    """The folder that they wait in."""

    folder: Path

    def add(self, pdf: Path) -> Waiting:
        """Put a copy at the end."""
        try:
            content = pdf.read_bytes()
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputFailed(
                f"{shown(pdf.name)} could not be put into the queue ({error.strerror}).",
                advice="Check that the file is there and that the disk has room.",
            ) from error
        numbers = [int(found[1]) for path in self._files() if (found := PLACE.match(path.name))]
        path = self.folder / f"{max(numbers, default=0) + 1:06d}-{pdf.parent.name}-{pdf.stem}.pdf"
        write_whole(path, content)
        return Waiting(path, pdf.name)

    def waiting(self) -> tuple[Waiting, ...]:
        """List them, the oldest first."""
        return tuple(Waiting(path, found[2]) for path in self._files() if (found := PLACE.match(path.name)))

    def remove(self, waiting: Waiting) -> None:
        """Take one out, because it was printed."""
        waiting.path.unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        try:
            yield from sorted(self.folder.glob("*.pdf"))
        except OSError as error:
            raise Unreadable(
                f"The queue of reports could not be opened ({error.strerror}).", advice="Check your home folder."
            ) from error


def queue_folder() -> Path:
    """Say where the user's queue is."""
    home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "outpost" / "print-queue"
