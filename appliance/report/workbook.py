"""Tables → an Excel workbook: a sheet each, heads that stay in view, and text that is never taken for a formula."""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Protocol

import xlsxwriter

from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

NOT_IN_A_TAB = re.compile(r"[\[\]:*?/\\']")
LONGEST_TAB = 31
LONGEST_CELL = 2000
WIDEST, NARROWEST = 48, 9


class Tabular(Protocol):
    """What becomes a sheet."""

    @property
    def name(self) -> str:
        """Of the tab."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Their heads."""

    @property
    def rows(self) -> Sequence[Sequence[str | int | float | None]]:
        """From the top down."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Below the rows."""


def workbook_of(tables: Iterable[Tabular], made_at: datetime) -> bytes:
    """Write a workbook; the same tables and time give the same bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": made_at.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    note = book.add_format({"italic": True, "font_color": "#60707a"})
    for table in tables:
        sheet = book.add_worksheet(NOT_IN_A_TAB.sub("-", table.name)[:LONGEST_TAB])
        for column, title in enumerate(table.columns):
            sheet.write_string(0, column, title, head)
            sheet.set_column(column, column, _width(title, [row[column] for row in table.rows]))
        for number, row in enumerate(table.rows, 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value)
        for number, text in enumerate(table.notes, len(table.rows) + 2):
            sheet.write_string(number, 0, text, note)
        sheet.freeze_panes(1, 1)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    book.close()
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: str | float | None) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, shown(value, longest=LONGEST_CELL))
    elif value is not None and math.isfinite(value):
        sheet.write_number(row, column, value)


def _width(title: str, cells: list[str | int | float | None]) -> int:
    longest = max([len(str(cell)) for cell in cells if isinstance(cell, str)] + [len(title) // 2, NARROWEST])
    return min(longest + 1, WIDEST)
