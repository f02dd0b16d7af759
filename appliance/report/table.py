"""Tables that break between pages and never cut a cell: the head is repeated, numbers stand at the end.

Guarantees: a title stands on the page of its table's first rows, and where there is a choice no row stands alone
below a head or above the end of a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.report.theme import CELL, CELL_HEAD, GAP, LINE, PANEL, QUIET, SECTION, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.report.sheet import Sheet

PADDING = 1.6
"""Between a cell's text and its edges."""
BELOW_TITLE = 1.5
MOST_LINES = 40
"""In a cell; a page holds no more, and nothing but an attack needs them."""
TOGETHER = 2
"""Rows that stand together at the start and the end of a table."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``share`` is its part of the table's width."""

    title: str
    share: float
    align: str = "start"


def draw_table(
    sheet: Sheet,
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    strong_last: bool = False,
) -> None:
    """Draw a table at ``sheet.y`` over its whole width, below its title."""
    body, head = list(rows), [column.title for column in columns]
    widths = _widths(sheet, columns)
    heights = [_height(sheet, widths, cells, CELL) for cells in body]
    title_height = sheet.height_of(title, SECTION, sheet.width) + BELOW_TITLE if title else 0.0
    head_height = _height(sheet, widths, head, CELL_HEAD)
    sheet.room(title_height + head_height + sum(heights[: _at_first(len(body))]))
    if title:
        sheet.paragraph(title, SECTION, after=BELOW_TITLE)
    _row(sheet, columns, widths, head, CELL_HEAD)
    for number, cells in enumerate(body):
        if _must_turn(sheet, heights, number):
            sheet.new_page()
            _row(sheet, columns, widths, head, CELL_HEAD)
        last = strong_last and number == len(body) - 1
        _row(sheet, columns, widths, cells, Style(CELL.points, bold=True) if last else CELL, shaded=number % 2 == 0)
    sheet.y += GAP


def _at_first(rows: int) -> int:
    """Say how many rows must fit below the head: of three, all, or one of them would stand alone."""
    return rows if rows <= TOGETHER + 1 else TOGETHER


def _must_turn(sheet: Sheet, heights: Sequence[float], number: int) -> bool:
    """Say whether a row goes to a new page: because it does not fit, or because the last one would go there alone."""
    left = sheet.bottom - sheet.y
    if heights[number] > left:
        return True
    is_last_but_one = len(heights) > TOGETHER + 1 and number == len(heights) - TOGETHER
    return is_last_but_one and sum(heights[number:]) > left


def _row(
    sheet: Sheet,
    columns: Sequence[Column],
    widths: Sequence[float],
    cells: Sequence[str],
    style: Style,
    *,
    shaded: bool = False,
) -> None:
    height = _height(sheet, widths, cells, style)
    if shaded:
        sheet.box(0, sheet.y, sheet.width, height, PANEL, round_by=0)
    x = 0.0
    for column, width, cell in zip(columns, widths, cells, strict=True):
        sheet.text(cell, x + PADDING, sheet.y + PADDING / 2, width - 2 * PADDING, style.towards(column.align),
                   most=MOST_LINES)  # fmt: skip
        x += width
    sheet.y += height
    if style.ink == QUIET:
        sheet.rule(0, sheet.y, sheet.width, LINE)


def _height(sheet: Sheet, widths: Sequence[float], cells: Sequence[str], style: Style) -> float:
    pairs = zip(widths, cells, strict=True)
    lines = max(len(sheet.wrapped(cell, style, width - 2 * PADDING)) for width, cell in pairs)
    return min(lines, MOST_LINES) * style.line + PADDING


def _widths(sheet: Sheet, columns: Sequence[Column]) -> list[float]:
    whole = sum(column.share for column in columns)
    return [sheet.width * column.share / whole for column in columns]
