"""This workplace as a whole: its files, its settings and its memory, read once and written when they change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.workplace.home import Home, find_home, usual_results
from appliance.workplace.memory import Memory, recall, remember
from appliance.workplace.safeguard import Safeguard
from appliance.workplace.setup import Value, change_settings, settings_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.settings import Settings


class Workplace:
    """What the screens share."""

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or find_home()
        self.settings: Settings = settings_at(self.home.settings)
        self.memory: Memory = recall(self.home.memory)
        self.safeguard = Safeguard(self.home.safeguard)

    @property
    def results(self) -> Path:
        """The folder that results go to."""
        chosen = self.settings.clinic.results
        return Path(chosen) if chosen else usual_results()

    def change(self, values: Mapping[str, Value]) -> None:
        """Change settings, all or none of them; not while they are under a PIN that nobody typed."""
        self.safeguard.check()
        self.settings = change_settings(self.home.settings, values)

    def remember_folder(self, folder: Path) -> None:
        """Remember a folder that is being read."""
        self._remember(self.memory.with_folder(folder))

    def remember_light(self, *, light: bool) -> None:
        """Remember whether the screen is light."""
        self._remember(replace(self.memory, light=light))

    def remember_start(self) -> None:
        """Remember that the first questions were answered."""
        self._remember(replace(self.memory, started_before=True))

    def _remember(self, memory: Memory) -> None:
        remember(self.home.memory, memory)
        self.memory = memory
