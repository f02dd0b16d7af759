"""fpdf2's document, with what it cannot say by itself: what a drawn line is, and which text it stands for.

Guarantees: every text is tagged as a heading or a paragraph, in the order in which it is drawn, which is the order
of reading; what is repeated on every page is marked as no part of it (docs/decisions/0074).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.prefs import ViewerPreferences
from fpdf.structure_tree import StructElem, StructureTreeBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator


class Structure(StructureTreeBuilder):
    """fpdf2's tree of tags, which counts as it grows: fpdf2 itself counts all of it again for every tag."""

    def __init__(self) -> None:
        super().__init__()
        self._tags: dict[int, int] = {}

    def add_marked_content(
        self,
        page_number: int,
        struct_type: str,
        mcid: int | None = None,
        title: str | None = None,
        alt_text: str | None = None,
    ) -> tuple[StructElem, int]:
        """Add a tag to a page."""
        self._tags[page_number] = self._tags.get(page_number, 0) + (mcid is not None)
        return super().add_marked_content(page_number, struct_type, mcid, title, alt_text)

    def next_mcid_for_page(self, page_number: int) -> int:
        """Give the next tag of a page its number."""
        return self._tags.get(page_number, 0)


class Paper(FPDF):
    """A PDF in millimetres without margins of its own."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(unit="mm", format=(width, height))
        self.set_auto_page_break(auto=False)
        self.set_margins(0, 0, 0)
        self.c_margin = 0
        self.str_alias_nb_pages = ""
        self.struct_builder = Structure()
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self._is_repeated = False

    @contextmanager
    def tagged(self, kind: str) -> Iterator[None]:
        """Say what is drawn: ``P`` for a paragraph, ``H1`` or ``H2`` for a heading."""
        if self._is_repeated:
            yield
            return
        number = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{kind}", mcid=number)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Say that what is drawn stands on every page and is not to be read out on each."""
        self._out("/Artifact BMC")
        self._is_repeated = True
        yield
        self._is_repeated = False
        self._out("EMC")

    @contextmanager
    def standing_for(self, text: str) -> Iterator[None]:
        """Name the text of what is drawn: letters of some scripts are drawn in parts that stand for nothing alone."""
        written = b"\xfe\xff" + text.encode("utf-16-be")
        self._out(f"/Span <</ActualText <{written.hex()}>>> BDC")
        yield
        self._out("EMC")
