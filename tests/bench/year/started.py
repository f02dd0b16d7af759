"""The program started as a process of its own: its events and its memory as they come, and what is done to it.

Nothing of it survives: a process that is killed loses its helpers with it, as in a power cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.year.journal import Told

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = Path(__file__).with_name("program.py")
LAST_WORDS = 600
"""Characters that are kept of what it said at the end."""


class Stopped(Exception):
    """Somebody wants the year to stop; what is being read is read again when it goes on."""


@dataclass(slots=True)
class Watched:
    """What a running program told so far."""

    process: subprocess.Popen[str]
    told: list[Told] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    peak_mb: float = 0.0
    ended: bool = False

    def cut_the_power(self) -> None:
        """End it and all its helpers at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def set_the_clock_back(self, days: int) -> None:
        """Let its clock jump."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"back {days}\n")
        self.process.stdin.flush()

    def take_note(self, event: dict[str, Any]) -> None:
        """Keep what the year needs of an event."""
        rss = self._weigh()
        match event["event"]:
            case "StudyEnded":
                self.told.append(Told(event["key"], event["ending"], round(event["seconds"], 2), rss))
            case "LeftOut":
                self.left_out.add(visit_in(event["source"]["path"]))
            case "Notice":
                self.notices.append(event["sentence"])
            case "Ended":
                self.ended = not event["stopped"]

    def _weigh(self) -> float:
        """Say how much memory it holds now, and remember the most."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0.0
        held = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in status.splitlines())
                if name in {"VmHWM", "VmRSS"}}  # fmt: skip
        self.peak_mb = max(self.peak_mb, round(held.get("VmHWM", 0) / 1024, 1))
        return round(held.get("VmRSS", 0) / 1024, 1)


@dataclass(frozen=True, slots=True)
class Started:
    """How a program ended."""

    watched: Watched
    exit_code: int
    seconds: float
    last_words: str


def visit_in(path: str) -> str:
    """Find the folder of a visit in a file's path."""
    return next((part for part in Path(path).parts if part.startswith("visit-")), "")


def start(
    root: Path, arguments: list[str], state: Path, meddle: Callable[[dict[str, Any], Watched], None] | None = None
) -> Started:
    """Run a command to its end; ``meddle`` sees every event as it happens, and may do anything to the process."""
    begin = time.monotonic()
    path = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(root), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=os.environ | {"OUTPOST_STATE": str(state), "PYTHONPATH": path},
            process_group=0,
        )
        watched = Watched(process)
        try:
            heard = _listen(process, watched, meddle)
        finally:
            watched.cut_the_power()
            process.communicate()
        said.seek(0)
        words = "\n".join((*heard, said.read()))[-LAST_WORDS:]
    return Started(watched, process.returncode, round(time.monotonic() - begin, 1), words.strip())


def _listen(
    process: subprocess.Popen[str], watched: Watched, meddle: Callable[[dict[str, Any], Watched], None] | None
) -> list[str]:
    """Take every event in; return the lines that are none."""
    assert process.stdout is not None
    heard = []
    for line in process.stdout:
        if not line.startswith("{"):
            heard.append(line.rstrip())
            continue
        with contextlib.suppress(ValueError):  # the last line of a killed process may be half of one
            event = json.loads(line)
            watched.take_note(event)
            if meddle is not None:
                meddle(event, watched)
    process.wait()
    return heard
