"""textual-image's widgets, loaded when the first picture is shown and without its questions to the terminal.

It asks as it is loaded, and by then Textual listens: the answer would be typed into the screen. What it would learn
is known already (``asking``).
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from appliance.workplace.terminal import Terminal, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.widget import Widget


def image_widget(terminal: Terminal, identity: str) -> Widget:
    """Make the widget that shows pictures in this terminal."""
    with _nobody_to_ask():
        from textual_image.widget import HalfcellImage, SixelImage, TGPImage, UnicodeImage  # noqa: PLC0415 - 170 ms
    _tell_cell(*terminal.cell)
    kinds: dict[Way, type[Widget]] = {
        Way.SIXEL: SixelImage,
        Way.KITTY: TGPImage,
        Way.HALF_BLOCKS: HalfcellImage,
        Way.SHADES: UnicodeImage,
    }
    return kinds[terminal.way](id=identity)


@contextmanager
def _nobody_to_ask() -> Iterator[None]:
    """Show the library an output that is no terminal."""
    real = sys.__stdout__
    vars(sys)["__stdout__"] = StringIO()
    try:
        yield
    finally:
        vars(sys)["__stdout__"] = real


def _tell_cell(width: int, height: int) -> None:
    """Put a cell's size where the library keeps its answer."""
    from textual_image._terminal import CellSize, get_cell_size  # noqa: PLC0415 - with the others

    vars(get_cell_size)["_result"] = CellSize(width, height)
