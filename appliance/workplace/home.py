"""Where this workplace keeps its settings and its memory: ``OUTPOST_HOME``, else the user's own folder for settings.

On a stick that goes from machine to machine, ``OUTPOST_HOME`` points to the stick, so that all of it comes along.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "OUTPOST_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """The files of one workplace."""

    folder: Path

    @property
    def settings(self) -> Path:
        """The clinic's settings."""
        return self.folder / "outpost.toml"

    @property
    def memory(self) -> Path:
        """What is remembered from day to day."""
        return self.folder / "workplace.json"

    @property
    def doctors(self) -> Path:
        """Who may sign."""
        return self.folder / "doctors.json"

    @property
    def safeguard(self) -> Path:
        """The PIN that settings are under, where somebody wanted one."""
        return self.folder / "settings.pin"

    @property
    def sample_clinic(self) -> Path:
        """Where the invented patients go."""
        return self.folder / "sample-clinic"


def find_home() -> Home:
    """Say where this workplace's files are; nothing is made."""
    if named := os.environ.get(VARIABLE):
        return Home(Path(named).expanduser())
    from platformdirs import user_config_path  # noqa: PLC0415 - only where nothing is named

    return Home(user_config_path("outpost", appauthor=False))


def usual_results() -> Path:
    """Name the folder for results that is proposed to those who have none."""
    from platformdirs import user_documents_path  # noqa: PLC0415 - only the first start asks

    return user_documents_path() / "Outpost results"
