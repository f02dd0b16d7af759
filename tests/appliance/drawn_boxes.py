"""Where a finished PDF really has its text and its pictures, by a reader that knows nothing of how it was laid out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2
import pypdfium2.raw

from appliance.report.theme import MARGIN, POINT

if TYPE_CHECKING:
    from collections.abc import Iterator

MEET = 1.5
"""Millimetres by which parts of one line may share their width: a vowel sign hangs over its neighbour."""
SHARED = 0.25
"""Of the lower one's height that two lines may share: a matra reaches up, a tail reaches down."""
EDGE = 1.0
"""Millimetres by which a letter may hang out of its box."""
FOOT_AND_HEAD = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """Millimetres from the page's lower left corner."""

    page: int
    text: str
    left: float
    bottom: float
    right: float
    top: float

    def covers(self, other: Box) -> bool:
        down = min(self.top, other.top) - max(self.bottom, other.bottom)
        if down <= 0:
            return False
        across = min(self.right, other.right) - max(self.left, other.left)
        lower = min(self.top - self.bottom, other.top - other.bottom)
        return across > MEET and down > SHARED * lower


def boxes_of(pdf: bytes) -> tuple[list[Box], list[Box]]:
    """Give the boxes of all texts, and those of all pictures."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = list(enumerate(document, 1))
        texts = [box for number, page in pages for box in _texts(number, page)]
        return texts, [box for number, page in pages for box in _pictures(number, page)]
    finally:
        document.close()


def on_each_other(texts: list[Box], pictures: list[Box]) -> list[tuple[str, str]]:
    """Name the texts that lie on other texts or on pictures."""
    found = []
    for number in {box.page for box in texts}:
        on_page, drawn = ([box for box in boxes if box.page == number] for boxes in (texts, pictures))
        pairs = itertools.chain(itertools.combinations(on_page, 2), itertools.product(on_page, drawn))
        found += [(one.text, other.text) for one, other in pairs if one.covers(other)]
    return found


def outside(boxes: list[Box], width: float, height: float) -> list[str]:
    """Name what leaves the margins."""
    return [
        box.text for box in boxes
        if box.left < MARGIN - EDGE or box.right > width - MARGIN + EDGE
        or box.bottom < FOOT_AND_HEAD or box.top > height - FOOT_AND_HEAD
    ]  # fmt: skip


def _texts(number: int, page: pypdfium2.PdfPage) -> Iterator[Box]:
    text_page = page.get_textpage()
    for at in range(text_page.count_rects()):
        sides = text_page.get_rect(at)
        yield Box(number, text_page.get_text_bounded(*sides), *(side * POINT for side in sides))


def _pictures(number: int, page: pypdfium2.PdfPage) -> Iterator[Box]:
    for drawn in page.get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE,)):
        yield Box(number, "a picture", *(side * POINT for side in drawn.get_bounds()))
