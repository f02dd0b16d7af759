"""The screens behind the function keys, loaded when they are first wanted, or before that while nobody looks.

The first screen is up before the libraries that read scans are loaded; that takes a second on a slow stick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from appliance.tui.home import HomeScreen
from appliance.update.handover import started_well

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

LATER = ("batch", "study", "images", "reports", "models", "machine", "settings", "folders", "help")
"""Modules of screens, in the order in which they are likely to be wanted."""


def load_everything() -> None:
    """Load all screens and what they need: then this program works here, and an update that brought it is kept."""
    for name in LATER:
        import_module(f"appliance.tui.{name}")
    started_well()


def _batch() -> Screen[Any]:
    from appliance.tui.batch import BatchScreen  # noqa: PLC0415 - see the module's docstring

    return BatchScreen()


def _reports() -> Screen[Any]:
    from appliance.tui.reports import ReportsScreen  # noqa: PLC0415 - see the module's docstring

    return ReportsScreen()


def _models() -> Screen[Any]:
    from appliance.tui.models import ModelsScreen  # noqa: PLC0415 - see the module's docstring

    return ModelsScreen()


def _machine() -> Screen[Any]:
    from appliance.tui.machine import MachineScreen  # noqa: PLC0415 - see the module's docstring

    return MachineScreen()


def _settings() -> Screen[Any]:
    from appliance.tui.settings import SettingsScreen  # noqa: PLC0415 - see the module's docstring

    return SettingsScreen()


PLACE_SCREENS: dict[str, str | Callable[[], Screen[Any]]] = {
    "home": HomeScreen,
    "batch": _batch,
    "reports": _reports,
    "models": _models,
    "machine": _machine,
    "settings": _settings,
}
"""Name of a place → what makes its screen."""
