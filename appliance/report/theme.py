"""How the pages look: sizes in millimetres and points, and few colours that survive a black-and-white printer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

INK: Colour = (27, 38, 49)
QUIET: Colour = (96, 110, 122)
ACCENT: Colour = (15, 92, 110)
LINE: Colour = (205, 213, 219)
PANEL: Colour = (243, 246, 247)
TINT: Colour = (221, 234, 237)
AMBER: Colour = (156, 91, 8)
AMBER_TINT: Colour = (253, 244, 227)
RED: Colour = (158, 36, 40)
WHITE: Colour = (255, 255, 255)

MARGIN = 17.0
HEAD = 14.0
"""Of the running head, from the page's edge."""
FOOT = 21.0
"""Of the running foot, to the page's edge."""
GAP = 4.0
SIZES = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
POINT = 0.3528
"""Millimetres."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks."""

    points: float = 9.5
    bold: bool = False
    ink: Colour = INK
    align: str = "start"
    """``start``, ``end`` or ``centre``; start is on the right where the language runs so."""
    leading: float = 1.38

    @property
    def line(self) -> float:
        """The height of one line in millimetres."""
        return self.points * POINT * self.leading

    def towards(self, align: str) -> Style:
        """Align otherwise."""
        return replace(self, align=align)

    def in_ink(self, ink: Colour) -> Style:
        """Colour otherwise."""
        return replace(self, ink=ink)


BODY = Style()
STRONG = Style(bold=True)
SMALL = Style(points=8, ink=QUIET)
LABEL = Style(points=7.5, ink=QUIET)
TITLE = Style(points=18, bold=True, leading=1.2)
SECTION = Style(points=12.5, bold=True, ink=ACCENT)
QUESTION = Style(points=10.5, bold=True, ink=ACCENT)
ANSWER = Style(points=12.5, bold=True, leading=1.3)
FIGURE = Style(points=19, bold=True, leading=1.15)
CELL = Style(points=8.5)
CELL_HEAD = Style(points=7.5, bold=True, ink=QUIET)
