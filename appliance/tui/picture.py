"""One picture in the terminal: sixel or kitty where they work, half-blocks elsewhere, shades of text without colour."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.geometry import Size
from textual_image._terminal import get_cell_size
from textual_image.widget import HalfcellImage, Image, UnicodeImage

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from textual.app import ComposeResult
    from textual.widget import Widget

ROWS_IN_A_CELL = 2
"""Of a half-block."""


class PictureBox(Container):
    """Shows a picture as large as it fits, in its own proportions."""

    def compose(self) -> ComposeResult:
        """Choose the best way that this terminal has."""
        yield self._widget()

    def show(self, picture: Picture) -> None:
        """Show another picture."""
        shown = self.query_one("#picture")
        size = fitting(picture.size, self.size, _cell())
        shown.styles.width, shown.styles.height = size.width, size.height
        setattr(shown, "image", picture)  # noqa: B010 - textual-image has one class for each way, all with this property

    @property
    def pixel_rows(self) -> int:
        """How many rows of pixels can be told apart here."""
        if isinstance(self.query_one("#picture"), HalfcellImage | UnicodeImage):
            return self.size.height * ROWS_IN_A_CELL
        return self.size.height * _cell().height

    def _widget(self) -> Widget:
        if self.app.no_color or os.environ.get("TERM") in {"dumb", "vt100", "vt220"}:
            return UnicodeImage(id="picture")
        if self.app.is_headless or not sys.__stdout__ or os.environ.get("TERM") == "linux":
            return HalfcellImage(id="picture")
        return Image(id="picture")


def fitting(picture: tuple[int, int], room: Size, cell: Size) -> Size:
    """Return how many cells a picture takes so that all of it is seen in its proportions."""
    if not room.width or not room.height:
        return Size(1, 1)
    width, height = picture
    scale = min(room.width * cell.width / width, room.height * cell.height / height)
    return Size(max(1, int(width * scale / cell.width)), max(1, int(height * scale / cell.height)))


def _cell() -> Size:
    size = get_cell_size()
    return Size(size.width, size.height)
