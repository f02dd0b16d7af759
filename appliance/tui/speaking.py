"""Screens in the clinic's language: the keys in the footer and help for widgets, which Textual takes from classes.

English stands in the classes, marked for the catalogues; it is translated where it is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.screen import ModalScreen, Screen, ScreenResultType

from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.binding import ActiveBinding

TITLE = "## "


def explained(title: str, *paragraphs: str) -> str:
    """Put a title and paragraphs together to the help of a widget."""
    return "\n\n".join((f"{TITLE}{title}", *paragraphs))


def in_words(text: str) -> str:
    """Translate a help, paragraph by paragraph."""
    parts = (part.strip() for part in text.split("\n\n"))
    return "\n\n".join(TITLE + say(part[len(TITLE) :]) if part.startswith(TITLE) else say(part) for part in parts)


class SpeakingScreen(Screen[ScreenResultType]):
    """A screen whose keys are named in the clinic's language."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work here, in words."""
        return _in_words(super().active_bindings)


class SpeakingModal(ModalScreen[ScreenResultType]):
    """A question over a screen, whose keys are named in the clinic's language."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work here, in words."""
        return _in_words(super().active_bindings)


def _in_words(bindings: dict[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    return {
        key: active._replace(binding=replace(active.binding, description=say(active.binding.description)))
        for key, active in bindings.items()
    }
