"""What a mishap does to the running program, at its moment and once; and how the clinic puts it right."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.bench.year.plan import Fault, Mishap, Visit
from tests.bench.year.visits import key_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.year.disk import Disk
    from tests.bench.year.started import Watched

BACK_DAYS = 40
"""How far a clock jumps."""


@dataclass(slots=True)
class Mischief:
    """A mishap waiting for its moment."""

    mishap: Mishap
    visit: Visit | None
    """At whose reading it strikes."""
    stick: Path
    disk: Disk
    has_struck: bool = False

    def __call__(self, event: dict[str, Any], watched: Watched) -> None:
        """Strike if this is the moment."""
        if not self.has_struck and self._is_the_moment(event):
            self.has_struck = True
            time.sleep(self.mishap.delay_s)
            self._strike(watched)

    def put_right(self) -> None:
        """Do what a technician does before the next start."""
        self.disk.make_room()
        if self._drawer.exists():
            self._drawer.rename(self.stick)

    @property
    def _drawer(self) -> Path:
        """Where the stick lies while it is not plugged in."""
        return self.stick.with_name(f"{self.stick.name}, pulled out")

    def _is_the_moment(self, event: dict[str, Any]) -> bool:
        if self.visit is None:
            return bool(event["event"] == "Planned")
        if event.get("key") != key_of(self.visit):
            return False
        if self.mishap.step:
            return bool(event["event"] == "StudyStep" and event["step"].startswith(self.mishap.step))
        return bool(event["event"] == "StudyBegan")

    def _strike(self, watched: Watched) -> None:
        match self.mishap.fault:
            case Fault.POWER_CUT:
                watched.cut_the_power()
            case Fault.FULL_DISK:
                self.disk.fill(watched.process.pid)
            case Fault.CLOCK_BACK:
                watched.set_the_clock_back(BACK_DAYS)
            case Fault.PULLED_STICK:
                self.stick.rename(self._drawer)
