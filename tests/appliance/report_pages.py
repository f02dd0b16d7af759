"""What a report's pages hold: their text as a reader extracts it, and every line's box as it was drawn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2

from appliance.report.sheet import BASELINE, Sheet
from appliance.report.theme import POINT, Style

if TYPE_CHECKING:
    import pytest

TOUCH = 0.15
"""Millimetres by which boxes may meet: rounding."""


@dataclass(frozen=True, slots=True)
class Line:
    """One drawn line, from the tops of its letters to their feet."""

    page: int
    text: str
    left: float
    right: float
    top: float
    bottom: float

    def overlaps(self, other: Line) -> bool:
        return (
            self.left < other.right - TOUCH
            and other.left < self.right - TOUCH
            and self.top < other.bottom - TOUCH
            and other.top < self.bottom - TOUCH
        )


def record_lines(patch: pytest.MonkeyPatch) -> list[Line]:
    """Note where each line is drawn from now on."""
    lines: list[Line] = []
    drawing = Sheet.line

    def noting(sheet: Sheet, text: str, x: float, y: float, width: float, style: Style) -> None:
        needed = sheet._measure(text, style.points, style.bold)
        left = sheet.left(x, width) + sheet._indent(style, width, needed)
        baseline = y + style.line / 2 + BASELINE * style.points * POINT
        height = 0.72 * style.points * POINT
        lines.append(Line(sheet.pdf.page, text, left, left + needed, baseline - height, baseline))
        drawing(sheet, text, x, y, width, style)

    patch.setattr(Sheet, "line", noting)
    return lines


def overlapping(lines: list[Line]) -> list[tuple[str, str]]:
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    pairs = (pair for page in by_page.values() for pair in itertools.combinations(page, 2))
    return [(one.text, other.text) for one, other in pairs if one.overlaps(other)]


def beyond(lines: list[Line], width: float, height: float) -> list[str]:
    """Give the lines that leave the paper's printable part."""
    return [
        line.text
        for line in lines
        if line.left < 10 or line.right > width - 10 or line.top < 5 or line.bottom > height - 5
    ]


def texts_of(pdf: bytes) -> list[str]:
    """Extract each page's text as a program for the blind would."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    finally:
        document.close()
