"""Help for what is in focus, beside the screen, with the keys that work there."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import HelpPanel, Markdown

from appliance.tui.speaking import in_words


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
