"""Tables that break between pages and never cut a cell: the head is repeated, numbers stand at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.report.theme import CELL, CELL_HEAD, GAP, LINE, PANEL, QUIET, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.report.sheet import Sheet

PADDING = 1.6
"""Between a cell's text and its edges."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``share`` is its part of the table's width."""

    title: str
    share: float
    align: str = "start"


def draw_table(
    sheet: Sheet, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, strong_last: bool = False
) -> None:
    """Draw a table at ``sheet.y`` over its whole width."""
    body = list(rows)
    widths = _widths(sheet, columns)
    _row(sheet, columns, widths, [column.title for column in columns], CELL_HEAD, with_next=6.0)
    for number, cells in enumerate(body):
        if sheet.y + _height(sheet, widths, cells, CELL) > sheet.bottom:
            sheet.new_page()
            _row(sheet, columns, widths, [column.title for column in columns], CELL_HEAD)
        last = strong_last and number == len(body) - 1
        _row(sheet, columns, widths, cells, Style(CELL.points, bold=True) if last else CELL, shaded=number % 2 == 0)
    sheet.y += GAP


def _row(
    sheet: Sheet,
    columns: Sequence[Column],
    widths: Sequence[float],
    cells: Sequence[str],
    style: Style,
    *,
    shaded: bool = False,
    with_next: float = 0.0,
) -> None:
    height = _height(sheet, widths, cells, style)
    sheet.room(height + with_next)
    if shaded:
        sheet.box(0, sheet.y, sheet.width, height, PANEL, round_by=0)
    x = 0.0
    for column, width, cell in zip(columns, widths, cells, strict=True):
        sheet.text(cell, x + PADDING, sheet.y + PADDING / 2, width - 2 * PADDING, style.towards(column.align))
        x += width
    sheet.y += height
    if style.ink == QUIET:
        sheet.rule(0, sheet.y, sheet.width, LINE)


def _height(sheet: Sheet, widths: Sequence[float], cells: Sequence[str], style: Style) -> float:
    pairs = zip(widths, cells, strict=True)
    return max(sheet.height_of(cell, style, width - 2 * PADDING) for width, cell in pairs) + PADDING


def _widths(sheet: Sheet, columns: Sequence[Column]) -> list[float]:
    whole = sum(column.share for column in columns)
    return [sheet.width * column.share / whole for column in columns]
