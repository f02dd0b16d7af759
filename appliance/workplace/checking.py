"""The doctor's work, ready to be done in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.doctor import examine, examine_models
from appliance.engine.engines import Engines
from appliance.models.slots import active_models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.doctor import Finding
    from appliance.settings import Settings
    from appliance.workplace.background import Wishes


def examine_machine(wishes: Wishes, output: Path, settings: Settings) -> Iterator[Finding]:
    """Look at everything, as ``outpost doctor`` does."""
    with Engines(settings.computing) as engines:
        for finding in examine(output, active_models().folder, engines, settings.limits):
            if wishes.stop.is_set():
                return
            yield finding


def check_models(wishes: Wishes, models: Path, settings: Settings) -> Iterator[Finding]:
    """Let models test themselves, as ``outpost models verify`` does."""
    with Engines(settings.computing) as engines:
        for finding in examine_models(models, engines, settings.limits):
            if wishes.stop.is_set():
                return
            yield finding
