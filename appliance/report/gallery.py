"""Pictures in rows, each with the sentence that says what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.theme import BODY, GAP, SECTION, SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.report.dossier import Shot
    from appliance.report.sheet import Sheet

WIDE = 1.5
"""From this shape on a picture gets the whole width."""
HIGHEST_WIDE, HIGHEST = 70.0, 70.0
CAPTION_LINES = 2


def draw_gallery(sheet: Sheet, title: str, shots: Sequence[Shot], *, explained: str = "") -> None:
    """Draw wide pictures one below the other and the others in pairs."""
    if not shots:
        return
    wide = [(shot,) for shot in shots if shot.drawn.width >= WIDE * shot.drawn.height]
    narrow = [shot for shot in shots if shot.drawn.width < WIDE * shot.drawn.height]
    rows: list[Sequence[Shot]] = [*wide, *(narrow[at : at + 2] for at in range(0, len(narrow), 2))]
    sheet.room(SECTION.line + SMALL.line + _height(sheet, rows[0]) + 8)
    sheet.paragraph(title, SECTION, after=0.8)
    if len(shots) == 1 and narrow:
        _beside(sheet, shots[0], explained)
    else:
        if explained:
            sheet.paragraph(explained, SMALL, after=1.5)
        for row in rows:
            _row(sheet, row)
    sheet.y += GAP / 2


def _beside(sheet: Sheet, shot: Shot, explained: str) -> None:
    """Draw a single picture with its words beside it."""
    height, width = _height(sheet, (shot,)), (sheet.width - GAP) / 2
    across = min(width, height * shot.drawn.width / shot.drawn.height)
    sheet.room(height)
    sheet.picture(shot.drawn, 0, sheet.y, across, height)
    x = across + GAP
    y = sheet.y + sheet.text(sheet.words.sentence(shot.caption), x, sheet.y, sheet.width - x, BODY, most=8) + 1
    sheet.text(explained, x, y, sheet.width - x, SMALL, most=12)
    sheet.y += height + 3


def _row(sheet: Sheet, row: Sequence[Shot]) -> None:
    height = _height(sheet, row)
    sheet.room(height + CAPTION_LINES * SMALL.line + 2)
    width = _width(sheet, row)
    captions = []
    for number, shot in enumerate(row):
        x = number * (width + GAP)
        sheet.picture(shot.drawn, x, sheet.y, width, height)
        caption = sheet.words.sentence(shot.caption)
        style = SMALL.towards("centre")
        captions.append(sheet.text(caption, x, sheet.y + height + 1, width, style, most=CAPTION_LINES))
    sheet.y += height + max(captions) + 3


def _width(sheet: Sheet, row: Sequence[Shot]) -> float:
    return sheet.width if _is_wide(row) else (sheet.width - GAP) / 2


def _height(sheet: Sheet, row: Sequence[Shot]) -> float:
    most = HIGHEST_WIDE if _is_wide(row) else HIGHEST
    width = _width(sheet, row)
    return min(most, max(width * shot.drawn.height / shot.drawn.width for shot in row))


def _is_wide(row: Sequence[Shot]) -> bool:
    return row[0].drawn.width >= WIDE * row[0].drawn.height
