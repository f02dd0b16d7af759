"""One picture in the terminal: sixel or kitty where they work, half-blocks elsewhere, shades of text without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.geometry import Size

from appliance.tui.images import image_widget
from appliance.workplace.terminal import Terminal, Way

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from textual.app import ComposeResult

ROWS_IN_A_CELL = {Way.HALF_BLOCKS: 2, Way.SHADES: 1}
"""Rows of pixels that a cell shows; the others show every pixel of it."""


class PictureBox(Container):
    """Shows a picture as large as it fits, in its own proportions."""

    def __init__(self, terminal: Terminal, *, id: str) -> None:  # noqa: A002 - Textual's own word
        """``terminal`` is what can be shown here."""
        super().__init__(id=id)
        self._terminal = terminal

    def compose(self) -> ComposeResult:
        """Choose the best way that this terminal has."""
        yield image_widget(self._terminal, "picture")

    def show(self, picture: Picture) -> None:
        """Show another picture."""
        shown = self.query_one("#picture")
        size = fitting(picture.size, self.content_size, Size(*self._terminal.cell))
        shown.styles.width, shown.styles.height = size.width, size.height
        setattr(shown, "image", picture)  # noqa: B010 - textual-image has one class for each way, all with this property

    @property
    def pixel_rows(self) -> int:
        """How many rows of pixels can be told apart here."""
        return self.content_size.height * ROWS_IN_A_CELL.get(self._terminal.way, self._terminal.cell[1])


def fitting(picture: tuple[int, int], room: Size, cell: Size) -> Size:
    """Return how many cells a picture takes so that all of it is seen in its proportions."""
    if not room.width or not room.height:
        return Size(1, 1)
    width, height = picture
    scale = min(room.width * cell.width / width, room.height * cell.height / height)
    return Size(max(1, int(width * scale / cell.width)), max(1, int(height * scale / cell.height)))
