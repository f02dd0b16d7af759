"""A cohort's tables and figures → one PDF."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from appliance.cohort.tables import as_text
from appliance.report.head import draw_foot
from appliance.report.languages import words_in
from appliance.report.pictures import Drawn
from appliance.report.sheet import Sheet
from appliance.report.table import Column, draw_table
from appliance.report.theme import BODY, GAP, SECTION, SMALL, TITLE

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.cohort.figures import Drawing
    from appliance.cohort.people import People
    from appliance.cohort.tables import Table

FIGURE_HEIGHT = 95.0
NARROWEST, WIDEST, EDGES = 3, 26, 2.2
"""Of a column, in letters."""


def make_pages(
    people: People, tables: tuple[Table, ...], drawings: tuple[Drawing, ...], made_at: datetime, paper: str
) -> bytes:
    """Lay out a cohort's report."""
    sheet = Sheet(words_in("en"), paper, made_at, f"Cohort: {people.source}")
    sheet.new_page()
    sheet.paragraph("Cohort report", TITLE, after=1)
    counts = ", ".join(f"{len(people.of(group)):,} {group}" for group in people.groups)
    sheet.paragraph(f"{people.source}: {len(people.people):,} people ({counts})", BODY, after=GAP)
    for table in tables:
        _table(sheet, table)
    for drawing in drawings:
        _figure(sheet, drawing)
    return sheet.finish(draw_foot)


def _table(sheet: Sheet, table: Table) -> None:
    cells = [[as_text(value) for value in row] for row in table.rows]
    columns = [_column(name, [row[at] for row in cells], table, at) for at, name in enumerate(table.columns)]
    draw_table(sheet, columns, cells, title=table.title)
    for note in table.notes:
        sheet.paragraph(note, SMALL, after=0.8)
    sheet.y += GAP


def _column(name: str, cells: list[str], table: Table, at: int) -> Column:
    """Give a column room for its longest cell, and for the longest word of its head."""
    is_text = any(isinstance(row[at], str) for row in table.rows)
    longest = max([len(cell) for cell in cells] + [len(word) for word in name.split()])
    return Column(name, min(max(longest, NARROWEST), WIDEST) + EDGES, "start" if is_text else "end")


def _figure(sheet: Sheet, drawing: Drawing) -> None:
    sheet.room(FIGURE_HEIGHT + SECTION.line + GAP)
    sheet.paragraph(drawing.title, SECTION, after=1)
    with Image.open(io.BytesIO(drawing.png)) as image:
        width, height = image.size
    picture = Drawn(io.BytesIO(drawing.png), width, height, drawing.title)
    sheet.picture(picture, 0, sheet.y, sheet.width, FIGURE_HEIGHT)
    sheet.y += FIGURE_HEIGHT + GAP
