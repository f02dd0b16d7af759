"""Screens in the clinic's language: the keys in the footer and the help beside them, which Textual takes from classes.

English stands in the classes, marked for the catalogues; it is translated where it is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget
from textual.widgets import HelpPanel, Markdown

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


class Help(HelpPanel):
    """Help for what is in focus."""

    def update_help(self, focused_widget: Widget | None) -> None:
        """Show the help of what is in focus, or of what it lies in."""
        if not (self.app.app_focus and self.screen.is_active):
            return
        nodes = focused_widget.ancestors_with_self if focused_widget is not None else ()
        text = next((node.HELP for node in nodes if isinstance(node, Widget) and node.HELP), "")
        self.set_class(bool(text), "-show-help")
        for markdown in self.query(Markdown):
            markdown.update(in_words(text))


def _in_words(bindings: dict[str, ActiveBinding]) -> dict[str, ActiveBinding]:
    return {
        key: active._replace(binding=replace(active.binding, description=say(active.binding.description)))
        for key, active in bindings.items()
    }
