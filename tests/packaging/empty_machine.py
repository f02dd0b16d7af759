"""A machine on which nothing is installed, for the program that was built.

No variable of the environment comes along, no program is on the search path, there is no network (a namespace of its
own), the program lies in a read-only folder whose name has spaces and letters of other scripts, and HOME is
elsewhere. Memory is limited by a control group where the system lets us make one, else by RLIMIT_DATA.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

PLACE = "Ma clé برنامه नमूना 程序"
MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
INSIDE = """
set -e
mount --bind "$1" "$2"
mount -o remount,bind,ro "$2"
cd "$3"
shift 3
exec "$@"
"""


@dataclass(frozen=True)
class EmptyMachine:
    """Runs the program that was built, and nothing else."""

    built: Path
    folder: Path
    """What may be written to."""

    @property
    def program(self) -> Path:
        return self.folder / PLACE / "outpost" / "outpost"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def prepare(self) -> EmptyMachine:
        self.program.parent.mkdir(parents=True)
        self.home.mkdir()
        (self.folder / "no programs").mkdir()
        (self.folder / "work").mkdir()
        return self

    def words(self, *arguments: str, before: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> list[str]:
        """Give the whole command; ``before`` is what starts the program, ``more`` are variables."""
        rights = () if os.geteuid() == 0 else ("--map-root-user",)
        variables = (f"HOME={self.home}", f"PATH={self.folder / 'no programs'}", "LANG=C.UTF-8", *more)
        inside = ("sh", "-c", INSIDE, "sh", str(self.built), str(self.program.parent), str(self.folder / "work"))
        started = ("/usr/bin/env", "-i", *variables, *before, str(self.program), *arguments)
        return ["unshare", *rights, "--net", "--mount", *inside, *started]

    def run(
        self,
        *arguments: str,
        before: tuple[str, ...] = (),
        more: tuple[str, ...] = (),
        memory: int | None = None,
        seconds: float = 1800,
    ) -> subprocess.CompletedProcess[str]:
        words = self.words(*arguments, before=before, more=more)
        if memory is not None:
            words = [*self.limited(memory), *words]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds)

    def limited(self, memory: int) -> list[str]:
        """Give what starts a command within so much memory, for all its processes together where that can be had."""
        group = MEMORY_GROUPS / f"outpost-{secrets.token_hex(4)}"
        try:
            group.mkdir()
            (group / "memory.limit_in_bytes").write_text(str(memory), encoding="ascii")
        except OSError:
            return ["prlimit", f"--data={memory}"]
        return ["sh", "-c", f'echo $$ > "{group}/cgroup.procs"; exec "$@"', "sh"]
