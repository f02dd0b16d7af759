"""A stick with exFAT, in a file that a program of user space mounts.

A plug is pulled by copying that file while somebody writes: the copy holds what had reached the stick by then, and
nothing that was still in a program's or the file system's own memory. FAT32 is not here: the one program of user
space that writes it (fusefat) loses what is in a folder that is renamed.
"""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEBIAN = "install Debian's exfatprogs and exfat-fuse"


@dataclass(frozen=True)
class Stick:
    """One stick."""

    image: Path

    def made(self, megabytes: int) -> Stick:
        with self.image.open("wb") as stream:
            stream.truncate(megabytes * 1_000_000 // 512 * 512)
        _called("mkfs.exfat", str(self.image))
        return self

    @contextmanager
    def plugged_in(self, place: Path) -> Iterator[Path]:
        """Mount it; on the way out everything is written, as by a system's “eject”."""
        place.mkdir(exist_ok=True)
        device = _called("losetup", "--find", "--show", str(self.image)).strip()
        try:
            _called("mount.exfat-fuse", device, str(place))
            try:
                yield place
            finally:
                _called("umount", str(place))
        finally:
            _called("losetup", "--detach", device)

    def pulled_out(self, copy: Path) -> Stick:
        """Give what is on it at this moment."""
        shutil.copyfile(self.image, copy)
        return Stick(copy)

    def faults(self) -> str:
        """Say what the file system's own check says of it; empty if nothing."""
        done = subprocess.run(["fsck.exfat", "-n", str(self.image)], capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def mend(self) -> None:
        """Let the system's check mend it, as a computer offers when such a stick is plugged in again."""
        subprocess.run(["fsck.exfat", "-y", str(self.image)], capture_output=True, check=False)


def _called(program: str, *words: str) -> str:
    path = shutil.which(program)
    assert path, f"{program} is not there: {DEBIAN}"
    done = subprocess.run([path, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program}: {done.stdout} {done.stderr}"
    return done.stdout
