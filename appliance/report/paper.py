"""fpdf2's document, with what it cannot say by itself: which text a drawn line stands for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fpdf import FPDF

if TYPE_CHECKING:
    from collections.abc import Iterator


class Paper(FPDF):
    """A PDF in millimetres without margins of its own."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(unit="mm", format=(width, height))
        self.set_auto_page_break(auto=False)
        self.set_margins(0, 0, 0)
        self.c_margin = 0
        self.str_alias_nb_pages = ""

    @contextmanager
    def standing_for(self, text: str) -> Iterator[None]:
        """Name the text of what is drawn: letters of some scripts are drawn in parts that stand for nothing alone."""
        written = b"\xfe\xff" + text.encode("utf-16-be")
        self._out(f"/Span <</ActualText <{written.hex()}>>> BDC")
        yield
        self._out("EMC")
