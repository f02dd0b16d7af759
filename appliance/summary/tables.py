"""The table of all studies → two files, each whole or not at all.

Names come out of files that anyone may have written: none can become a formula in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

import xlsxwriter

from appliance.atomic import write_whole
from appliance.errors import Unreadable
from appliance.findings import read_findings
from appliance.findings.json_file import NAME
from appliance.ledger import State
from appliance.summary.rows import COLUMNS, Cell, Row, row_of
from appliance.words import shown

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings import Findings
    from appliance.ledger import LastEntry, Ledger

CSV_NAME, XLSX_NAME = "summary.csv", "summary.xlsx"
FORMULA = tuple("=+-@\t\r")
"""What a spreadsheet takes for the beginning of one."""
WIDEST, LONGEST_CELL = 60, 2000
ALWAYS = datetime(2020, 1, 1)  # noqa: DTZ001 - the file has no zone; a fixed time gives the same bytes each time


def write_summary(output: Path, ledger: Ledger) -> None:
    """Write both tables anew."""
    entries = sorted(ledger.last_entries(), key=_in_time)
    rows = [_row(output, entry) for entry in entries if entry.state is not State.FOUND]
    write_whole(output / CSV_NAME, as_csv(rows))
    write_whole(output / XLSX_NAME, as_xlsx(rows))


def as_csv(rows: list[Row]) -> bytes:
    """Write a table as spreadsheets of any country open it: UTF-8 with a mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(_cell(row.get(column))) for column in COLUMNS] for row in rows)
    return text.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(rows: list[Row]) -> bytes:
    """Write a table with a heading that stays and can be filtered by."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": ALWAYS, "comments": "Research use only. Not a diagnosis."})
        sheet, heading = book.add_worksheet("Studies"), book.add_format({"bold": True, "bottom": 1})
        for number, column in enumerate(COLUMNS):
            cells = [_cell(row.get(column)) for row in rows]
            sheet.write_string(0, number, column, heading)
            sheet.set_column(number, number, min(WIDEST, 2 + max(len(str(cell)) for cell in (column, *cells))))
            for line, cell in enumerate(cells, start=1):
                if isinstance(cell, str):
                    sheet.write_string(line, number, cell)
                elif cell is not None:
                    sheet.write_number(line, number, cell)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
    return content.getvalue()


def _in_time(entry: LastEntry) -> tuple[bool, str, str]:
    day = entry.study.studied_on
    return (day is None, day.isoformat() if day else "", entry.study.key)


def _row(output: Path, entry: LastEntry) -> Row:
    folder = entry.outputs[0].path.partition("/")[0] if entry.outputs else _folder_of(output, entry)
    return row_of(entry, folder, _findings(output, folder))


def _folder_of(output: Path, entry: LastEntry) -> str | None:
    """Find the folder of a refused study, which the ledger does not name."""
    return entry.study.key if (output / entry.study.key / NAME).is_file() else None


def _findings(output: Path, folder: str | None) -> Findings | None:
    if folder is None:
        return None
    try:
        return read_findings(output / folder / NAME)
    except Unreadable:
        return None


def _cell(value: Cell) -> Cell:
    """Leave out of text what no file can hold and what would flood a cell."""
    return shown(value, longest=LONGEST_CELL) if isinstance(value, str) else value


def _harmless(value: Cell) -> Cell:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
