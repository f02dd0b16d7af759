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


def draw_gallery(sheet: Sheet, title: str, shots: Sequence[Shot], *, explained: str = "") -> None:
    """Draw wide pictures one below the other and the others in pairs."""
    if not shots:
        return
    wide = [(shot,) for shot in shots if shot.drawn.width >= WIDE * shot.drawn.height]
    narrow = [shot for shot in shots if shot.drawn.width < WIDE * shot.drawn.height]
    rows: list[Sequence[Shot]] = [*wide, *(narrow[at : at + 2] for at in range(0, len(narrow), 2))]
    above = SECTION.line + 0.8
    if len(shots) == 1 and narrow:
        sheet.room(above + _beside_height(sheet, shots[0], explained))
        sheet.paragraph(title, SECTION, after=0.8)
        _beside(sheet, shots[0], explained)
    else:
        first = _height(sheet, rows[0]) + _captions_height(sheet, rows[0])
        sheet.room(above + sheet.height_of(explained, SMALL, sheet.width) + first + 5)
        sheet.paragraph(title, SECTION, after=0.8)
        if explained:
            sheet.paragraph(explained, SMALL, after=1.5)
        for row in rows:
            _row(sheet, row)
    sheet.y += GAP / 2


def _beside(sheet: Sheet, shot: Shot, explained: str) -> None:
    """Draw a single picture with its words beside it."""
    height, across = _height(sheet, (shot,)), _across(sheet, shot)
    x, whole = across + GAP, _beside_height(sheet, shot, explained)
    sheet.picture(shot.drawn, 0, sheet.y, across, height)
    y = sheet.y + sheet.text(sheet.words.sentence(shot.caption), x, sheet.y, sheet.width - x, BODY) + 1
    sheet.text(explained, x, y, sheet.width - x, SMALL)
    sheet.y += whole + 3


def _beside_height(sheet: Sheet, shot: Shot, explained: str) -> float:
    room = sheet.width - _across(sheet, shot) - GAP
    caption = sheet.height_of(sheet.words.sentence(shot.caption), BODY, room)
    return max(_height(sheet, (shot,)), caption + 1 + sheet.height_of(explained, SMALL, room))


def _across(sheet: Sheet, shot: Shot) -> float:
    return min((sheet.width - GAP) / 2, _height(sheet, (shot,)) * shot.drawn.width / shot.drawn.height)


def _row(sheet: Sheet, row: Sequence[Shot]) -> None:
    height, below, width = _height(sheet, row), _captions_height(sheet, row), _width(sheet, row)
    sheet.room(height + below + 2)
    for number, shot in enumerate(row):
        x = number * (width + GAP)
        sheet.picture(shot.drawn, x, sheet.y, width, height)
        caption = sheet.words.sentence(shot.caption)
        sheet.text(caption, x, sheet.y + height + 1, width, SMALL.towards("centre"))
    sheet.y += height + below + 3


def _captions_height(sheet: Sheet, row: Sequence[Shot]) -> float:
    width = _width(sheet, row)
    return max(sheet.height_of(sheet.words.sentence(shot.caption), SMALL, width) for shot in row)


def _width(sheet: Sheet, row: Sequence[Shot]) -> float:
    return sheet.width if _is_wide(row) else (sheet.width - GAP) / 2


def _height(sheet: Sheet, row: Sequence[Shot]) -> float:
    most = HIGHEST_WIDE if _is_wide(row) else HIGHEST
    width = _width(sheet, row)
    return min(most, max(width * shot.drawn.height / shot.drawn.width for shot in row))


def _is_wide(row: Sequence[Shot]) -> bool:
    return row[0].drawn.width >= WIDE * row[0].drawn.height
