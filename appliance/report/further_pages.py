"""The page of a reading that came later: its own words and figures, and whether anybody ever checked them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.table import Column, draw_table
from appliance.report.theme import AMBER, BODY, SECTION

if TYPE_CHECKING:
    from appliance.findings.further import FurtherFigure, FurtherFindings
    from appliance.report.sheet import Sheet

UNTESTED = "This reading was never compared with a radiologist's word on such scans."


def draw_further_page(sheet: Sheet, further: FurtherFindings) -> None:
    """Draw what one further reading says about one series."""
    words = sheet.words
    sheet.new_page()
    sheet.paragraph(words.sentence(further.title), SECTION, after=2)
    sheet.paragraph(words.sentence(further.headline), BODY, after=2)
    columns = (Column(words.say("Measure"), 5), Column(words.say("Value"), 2, "end"), Column(words.say("Unit"), 2),
               Column(words.say("Slice"), 1.5, "end"))  # fmt: skip
    draw_table(sheet, columns, [_row(sheet, figure) for figure in further.figures])
    for note in further.notes:
        sheet.paragraph(words.sentence(note), BODY, after=0.8)
    if not further.tested:
        sheet.paragraph(words.sentence(UNTESTED), BODY.in_ink(AMBER), after=0.8)


def _row(sheet: Sheet, figure: FurtherFigure) -> tuple[str, ...]:
    words = sheet.words
    place = words.whole(figure.slice_number) if figure.slice_number is not None else ""
    return words.sentence(figure.name), words.decimal(figure.value, 2), figure.unit, place
