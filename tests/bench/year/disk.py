"""The disk for the year's results, which can really be full: a file system of its own in one sparse file.

Where mounting is not allowed it is an ordinary folder, and a full disk is a limit on the size of files that is laid on
the running program. Which of the two it was stands in the page.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEFT_BYTES = 60_000
"""Room that a full disk still has: something can be begun and not be finished."""
BALLAST = "ballast.bin"
BLOCK_BYTES = 512
"""In which ``st_blocks`` counts."""


class Disk(Protocol):
    """Where results go."""

    words: str
    """How it gets full, for the page."""
    results: Path

    def fill(self, pid: int) -> None:
        """Let this process find no more room."""

    def make_room(self) -> None:
        """Let the next one find room again."""

    def close(self) -> None:
        """Let go of it; what lies there stays."""


@dataclass(frozen=True, slots=True)
class LoopDisk:
    """An ext4 file system in a file."""

    mount: Path
    words: str = "a file system of its own, filled to the last 60 kB by a ballast file"

    @property
    def results(self) -> Path:
        """The folder of results."""
        return self.mount / "results"

    def fill(self, _pid: int) -> None:
        """Take all room but a little, while the program goes on writing: what it takes meanwhile is left to it."""
        descriptor = os.open(self.mount / BALLAST, os.O_RDWR | os.O_CREAT)
        try:
            while (more := shutil.disk_usage(self.mount).free - LEFT_BYTES) > 0:
                taken = os.fstat(descriptor).st_blocks * BLOCK_BYTES
                with suppress_full_disk():
                    os.posix_fallocate(descriptor, 0, taken + more)
        finally:
            os.close(descriptor)

    def make_room(self) -> None:
        """Remove the ballast."""
        (self.mount / BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", str(self.mount)], check=True)


@dataclass(frozen=True, slots=True)
class LimitedFolder:
    """A folder whose writer may write no large file."""

    results: Path
    words: str = "a limit of 60 kB on every file that the running program writes (mounting was not allowed)"

    def fill(self, pid: int) -> None:
        """Limit a running process."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LEFT_BYTES, LEFT_BYTES))

    def make_room(self) -> None:
        """Do nothing: the limit went with its process."""

    def close(self) -> None:
        """Do nothing."""


@contextmanager
def suppress_full_disk() -> Iterator[None]:
    """Take a full disk for what was wanted; anything else that is wrong is raised."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def open_disk(place: Path, size: int) -> Disk:
    """Mount the year's disk, made if there is none; where that is not allowed, use a folder."""
    mount, image = place / "disk", place / "disk.ext4"
    folder = LimitedFolder(place / "results")
    if folder.results.exists():
        return folder
    mount.mkdir(parents=True, exist_ok=True)
    if os.path.ismount(mount) or _mounted(image, mount, size):
        disk = LoopDisk(mount)
        disk.make_room()
        return disk
    return folder


def _mounted(image: Path, mount: Path, size: int) -> bool:
    try:
        if not image.exists():
            with image.open("wb") as file:
                file.truncate(size)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True, capture_output=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        image.unlink(missing_ok=True)
        return False
    return True
