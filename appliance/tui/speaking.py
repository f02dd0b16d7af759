"""Screens in the clinic's language: the keys in the footer and help for widgets, which Textual takes from classes.

English stands in the classes, marked for the catalogues; it is translated where it is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from textual.screen import ModalScreen, Screen, ScreenResultType

from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.widget import Widget

Helped = TypeVar("Helped", bound="Widget")

TITLE = "## "


def explained(title: str, *paragraphs: str) -> str:
    """Put a title and paragraphs together to the help of a widget."""
    return "\n\n".join((f"{TITLE}{title}", *paragraphs))


def helped(widget: Helped, text: str) -> Helped:
    """Give a widget its help, in the clinic's language; the mouse that rests on it shows the same."""
    widget.tooltip = text
    return widget


def in_words(text: str) -> str:
    """Translate a help, paragraph by paragraph."""
    parts = (part.strip() for part in text.split("\n\n"))
    return "\n\n".join(TITLE + say(part[len(TITLE) :]) if part.startswith(TITLE) else say(part) for part in parts)


class SpeakingScreen(Screen[ScreenResultType]):
    """A screen whose keys are named in the clinic's language."""

    @property
    def would_be_lost(self) -> str:
        """Say what would be lost if the app were left now; nothing is, unless a screen says so."""
        return ""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work here, in words."""
        return _in_words(super().active_bindings)


class SpeakingModal(ModalScreen[ScreenResultType]):
    """A question over a screen, whose keys are named in the clinic's language."""

    @property
    def would_be_lost(self) -> str:
        """Say what would be lost if the app were left now; nothing is, unless a question says so."""
        return ""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work here, in words."""
        return _in_words(super().active_bindings)


def _in_words(bindings: dict[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    return {
        key: active._replace(binding=replace(active.binding, description=say(active.binding.description)))
        for key, active in bindings.items()
    }
