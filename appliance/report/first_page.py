"""The first page: who, three answers, one picture, and the place where a doctor signs.

Guarantees: the page is one page, whatever the study holds; what does not fit is on the pages behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.findings.study import PictureRole
from appliance.report.answers import answers_of
from appliance.report.head import draw_head
from appliance.report.signature import SIGNATURE_HEIGHT, draw_changes, draw_signature
from appliance.report.theme import (
    AMBER,
    AMBER_TINT,
    ANSWER,
    BODY,
    FIGURE,
    GAP,
    INK,
    LABEL,
    PANEL,
    QUESTION,
    RED,
    SMALL,
    Style,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.report.answers import Answers
    from appliance.report.dossier import Dossier, Shot
    from appliance.report.sheet import Sheet
    from appliance.report.tiles import Tile

TILE_HEIGHT = 19.0
HIGHEST_PICTURE = 78.0
LEAST_PICTURE = 30.0
LEAST_POINTS = 35.0
"""Below what was found, for how sure it is and what is next."""
MOST_POINTS = 6
BEST_FIRST = (
    PictureRole.PLAIN_AND_MARKED,
    PictureRole.SAGITTAL_LINES,
    PictureRole.AXIAL_LEVEL,
    PictureRole.KEY_SLICE,
)
DISC = "•"


def draw_first_page(sheet: Sheet, dossier: Dossier) -> None:
    """Draw it."""
    sheet.new_page()
    draw_head(sheet, dossier)
    answers = answers_of(dossier.findings, sheet.words)
    end = sheet.bottom - SIGNATURE_HEIGHT - GAP
    if dossier.review is not None:
        draw_changes(sheet, dossier.review)
    _found(sheet, answers, end)
    _two_columns(sheet, answers, end)
    _pictures(sheet, dossier, end)
    sheet.y = sheet.bottom - SIGNATURE_HEIGHT
    draw_signature(sheet, dossier)


def _found(sheet: Sheet, answers: Answers, end: float) -> None:
    sheet.text(sheet.words.say("What was found"), 0, sheet.y, sheet.width, QUESTION)
    sheet.y += QUESTION.line + 0.8
    lower = end - LEAST_PICTURE - LEAST_POINTS - TILE_HEIGHT
    _sentences(sheet, answers.headlines, ANSWER, lower)
    _sentences(sheet, answers.found, BODY, lower)
    sheet.y += 1.5
    if answers.tiles:
        _tiles(sheet, answers.tiles)


def _sentences(sheet: Sheet, sentences: Sequence[str], style: Style, lower: float) -> None:
    """Say whole sentences, and how many more of them stand on the pages behind."""
    for number, sentence in enumerate(sentences):
        if sheet.y + sheet.height_of(sentence, style, sheet.width) > lower:
            sheet.y += sheet.text(_more(sheet, len(sentences) - number), 0, sheet.y, sheet.width, SMALL)
            return
        sheet.y += sheet.text(sentence, 0, sheet.y, sheet.width, style) + 0.6


def _tiles(sheet: Sheet, tiles: Sequence[Tile]) -> None:
    width = (sheet.width - GAP * (len(tiles) - 1)) / len(tiles)
    lines = max(len(sheet.wrapped(tile.label, LABEL, width - 6)) for tile in tiles)
    height = TILE_HEIGHT + (lines - 1) * LABEL.line
    for number, tile in enumerate(tiles):
        x = number * (width + GAP)
        sheet.box(x, sheet.y, width, height, PANEL)
        sheet.text(tile.label, x + 3, sheet.y + 2.2, width - 6, LABEL)
        style = _fitting(sheet, tile.value, width - 6).in_ink(RED if tile.alarming else INK)
        sheet.text(tile.value, x + 3, sheet.y + height - 3.4 - style.line, width - 6, style, most=1)
    sheet.y += height + GAP


def _fitting(sheet: Sheet, value: str, width: float) -> Style:
    """Make the figure as large as its tile allows."""
    points = FIGURE.points
    while points > 9 and len(sheet.wrapped(value, Style(points, bold=True), width)) > 1:  # noqa: PLR2004 - as small as the text
        points -= 1
    return Style(points, bold=True, leading=FIGURE.leading)


def _two_columns(sheet: Sheet, answers: Answers, end: float) -> None:
    width = (sheet.width - 2 * GAP) / 2
    lower = end - LEAST_PICTURE
    left = _points(sheet, sheet.words.say("How sure"), answers.sure, 0, width, lower)
    right = _points(sheet, sheet.words.say("What next"), answers.following, width + 2 * GAP, width, lower)
    sheet.y = max(left, right) + GAP


def _points(sheet: Sheet, title: str, points: Sequence[str], x: float, width: float, lower: float) -> float:
    """List points below a question; give where they end."""
    y = sheet.y
    sheet.text(title, x, y, width, QUESTION)
    y += QUESTION.line + 0.8
    for number, point in enumerate(points):
        height = sheet.height_of(point, BODY, width - 4)
        if number == MOST_POINTS or y + height > lower - BODY.line:
            return y + sheet.text(_more(sheet, len(points) - number), x, y, width, SMALL)
        sheet.text(DISC, x, y, 4, BODY)
        y += sheet.text(point, x + 4, y, width - 4, BODY) + 0.9
    return y


def _more(sheet: Sheet, number: int) -> str:
    return sheet.words.counted("{number} more on the pages behind.", "{number} more on the pages behind.", number)


def _pictures(sheet: Sheet, dossier: Dossier, end: float) -> None:
    shots = _chosen(dossier)
    if not shots:
        _no_picture(sheet, dossier, end)
        return
    width = (sheet.width - GAP * (len(shots) - 1)) / len(shots)
    captions = [sheet.words.sentence(shot.caption) for shot in shots]
    below = max(sheet.height_of(caption, SMALL, width) for caption in captions)
    height = min(end - sheet.y - below - 1.5, HIGHEST_PICTURE)
    if height < LEAST_PICTURE / 2:
        return
    for number, (shot, caption) in enumerate(zip(shots, captions, strict=True)):
        x = number * (width + GAP)
        sheet.picture(shot.drawn, x, sheet.y, width, height)
        sheet.text(caption, x, sheet.y + height + 1, width, SMALL.towards("centre"))


def _chosen(dossier: Dossier) -> tuple[Shot, ...]:
    """Give one wide picture, or two narrow ones of different kinds."""
    ranked = [shot for role in BEST_FIRST for shot in dossier.shots if shot.role is role]
    if not ranked:
        return ()
    if ranked[0].role is PictureRole.PLAIN_AND_MARKED and Kind.BRAIN_FLAIR in {s.kind for s in dossier.findings.series}:
        slices = [lesion.spot.slice_number for brain in dossier.findings.brain[:1] for lesion in brain.lesions[:1]]
        return (next((shot for shot in ranked if shot.slice_number in slices), ranked[0]),)
    others = [shot for shot in ranked[1:] if shot.role is not ranked[0].role]
    return (ranked[0], *others[:1])


def _no_picture(sheet: Sheet, dossier: Dossier, end: float) -> None:
    if dossier.missing and sheet.y + 12 < end:
        problem = dossier.missing[0]
        sheet.box(0, sheet.y, sheet.width, 10, AMBER_TINT)
        text = sheet.words.say(problem.problem, file=problem.file)
        sheet.text(text, 3, sheet.y + 2.5, sheet.width - 6, BODY.in_ink(AMBER), most=1)
