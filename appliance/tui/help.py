"""Help for what is in focus, beside the screen, with the keys that work there."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Button, HelpPanel, Markdown

from appliance.tui.speaking import TITLE, in_words


class Help(HelpPanel):
    """Help for what is in focus."""

    def update_help(self, focused_widget: Widget | None) -> None:
        """Show the help of what is in focus, or of what it lies in."""
        if not (self.app.app_focus and self.screen.is_active):
            return
        text = help_for(focused_widget) if focused_widget is not None else ""
        self.set_class(bool(text), "-show-help")
        for markdown in self.query(Markdown):
            markdown.update(text)


def help_for(widget: Widget) -> str:
    """Find a widget's help, or that of the nearest thing around it that has one, in the clinic's language."""
    around = (node for node in widget.ancestors_with_self if isinstance(node, Widget))
    return next((text for node in around if (text := _own(node))), "")


def _own(widget: Widget) -> str:
    if isinstance(widget.tooltip, str):
        title = str(widget.label) if isinstance(widget, Button) else ""
        return f"{TITLE}{title}\n\n{widget.tooltip}" if title else widget.tooltip
    return in_words(widget.HELP) if widget.HELP else ""
