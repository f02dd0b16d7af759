"""One writer in an output folder at a time.

The operating system holds the lock on an open file and drops it when the process ends, however it ends: a
killed copy leaves a file behind but no lock. No links are made, so that it works on FAT and exFAT.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from appliance.errors import Misuse, OutputFailed
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

LOCK_NAME = "outpost.lock"
FAR_BYTE = 1 << 30
"""Where Windows locks: far behind the text, which others may then still read."""
LONGEST_NOTE = 4096
HELD_BY_ANOTHER = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        os.lseek(descriptor, FAR_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Held from ``with`` to its end, or to the end of the process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_NAME
        self._descriptor = -1

    def __enter__(self) -> Self:
        descriptor = self._open()
        try:
            _take(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise self._refusal(error) from error
        self._descriptor = descriptor
        self._write_note(descriptor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise OutputFailed(
                f"Nothing can be written into {shown(self._path.parent.name)} ({error.strerror}).",
                advice="Check that the disk is plugged in and not write-protected, or choose another output folder.",
            ) from error

    def _refusal(self, error: OSError) -> Misuse | OutputFailed:
        folder = shown(self._path.parent.name)
        if error.errno in HELD_BY_ANOTHER:
            return Misuse(
                f"Another copy of Outpost is already writing into {folder}{self._holder()}.",
                advice="Wait until it is done, or choose another output folder.",
            )
        return OutputFailed(
            f"{folder} cannot be locked ({error.strerror}), so a second copy could spoil it.",
            advice="Choose an output folder on a local disk or a USB stick.",
        )

    def _holder(self) -> str:
        try:
            with self._path.open(encoding="utf-8") as file:
                note = json.loads(file.read(LONGEST_NOTE))
            return f" (process {int(note['process'])}, since {shown(str(note['since']))})"
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _write_note(self, descriptor: int) -> None:
        """Say who holds it; a full disk may keep the note out, never the lock."""
        note = {"process": os.getpid(), "since": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")}
        try:
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, json.dumps(note).encode())
        except OSError:
            return
