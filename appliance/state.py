"""Where this machine keeps what updates brought and whom it trusts: on the machine itself, never on a stick.

``OUTPOST_STATE`` names another folder. ``OUTPOST_HOME`` does not move it: a stick that goes from machine to machine
must not decide what a machine has seen before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "OUTPOST_STATE"


@dataclass(frozen=True, slots=True)
class MachineState:
    """The files of one machine."""

    folder: Path

    @property
    def trust(self) -> Path:
        """Whom this machine trusts, and the newest versions that it has seen."""
        return self.folder / "trust.json"

    @property
    def models(self) -> Path:
        """Which models are used."""
        return self.folder / "models.json"

    @property
    def model_slots(self) -> Path:
        """The folders of models that updates brought."""
        return self.folder / "models"

    @property
    def programs(self) -> Path:
        """Which program is started."""
        return self.folder / "programs.json"

    @property
    def program_slots(self) -> Path:
        """The folders of programs that updates brought."""
        return self.folder / "programs"

    @property
    def staging(self) -> Path:
        """What is being unpacked; whatever lies here when an update begins is of one that was broken off."""
        return self.folder / "staging"


def find_state() -> MachineState:
    """Say where this machine's files are; nothing is made."""
    if named := os.environ.get(VARIABLE):
        return MachineState(Path(named).expanduser().absolute())
    from platformdirs import user_state_path  # noqa: PLC0415 - only where nothing is named

    return MachineState(user_state_path("outpost", appauthor=False))
