"""Which NVIDIA cards there are and which driver, as ``nvidia-smi`` says; it comes with every driver.

The program is asked in a process of its own, which can be given up if the driver hangs; the driver's
library, loaded into this one, could not.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "nvidia-smi"
LOADED = Path("/proc/driver/nvidia/version")
"""There on Linux as long as the driver is loaded."""
QUESTION = ("--query-gpu=name,driver_version,memory.total,memory.free", "--format=csv,noheader,nounits")
FIELDS = 4
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Card:
    """One NVIDIA card."""

    name: str
    driver: str
    memory_mib: int
    free_mib: int


@dataclass(frozen=True, slots=True)
class Cards:
    """What was answered."""

    cards: tuple[Card, ...]
    silence: str = ""
    """Why there was no answer, in words; empty if there was one."""

    @property
    def driver(self) -> str | None:
        """The driver's version; ``None`` if none answered."""
        return self.cards[0].driver if self.cards else None


def driver_is_installed() -> bool:
    """Whether it makes sense to ask; some systems install the driver without the program that answers."""
    return shutil.which(PROGRAM) is not None or LOADED.exists()


def ask_for_cards(patience_s: float = PATIENCE_S) -> Cards:
    """Ask the driver, but not for ever."""
    program = shutil.which(PROGRAM)
    if program is None:
        return Cards((), "No NVIDIA driver is installed.")
    try:
        asked = subprocess.Popen(  # noqa: S603 - the program that the system's own search path names
            [program, *QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        return Cards((), f"{PROGRAM} could not be started ({error.strerror}).")
    return _answer(asked, patience_s)


def _answer(asked: subprocess.Popen[bytes], patience_s: float) -> Cards:
    try:
        said = asked.communicate(timeout=patience_s)[0].decode(errors="replace")
    except subprocess.TimeoutExpired:
        asked.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            asked.communicate(timeout=1)  # a process that hangs in the driver cannot be killed: it is left behind
        return Cards((), f"The NVIDIA driver did not answer within {patience_s:g} s.")
    return understood(said) if asked.returncode == 0 else Cards((), f"{PROGRAM} failed: {_first_line(said)}")


def understood(answer: str) -> Cards:
    """Read the driver's table."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(answer.splitlines()) if row]
    cards = tuple(
        Card(row[0], row[1], int(row[2]), int(row[3]))
        for row in rows
        if len(row) == FIELDS and row[2].isdecimal() and row[3].isdecimal()
    )
    return Cards(cards) if cards else Cards((), f"{PROGRAM} named no card: {_first_line(answer)}")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0] or "it said nothing."
