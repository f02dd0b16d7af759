"""Two small drawings: a place among a hundred people, and how a whole is divided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.report.theme import ACCENT, BODY, CELL, GAP, INK, LABEL, LINE, SMALL, STRONG, TINT, Colour
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.findings.brain import StandingAmong
    from appliance.report.sheet import Sheet

SHADES: tuple[Colour, ...] = (ACCENT, (92, 158, 173), (173, 205, 212), (222, 226, 229))
"""From dark to light, told apart on a black-and-white printer too."""
BAR = 6.5
LABELS = 0.42
"""The share of the width that the names of the groups take."""
STRIP_ROW = 10.5
NARROWEST_RANGE, DOT, TICK = 1.6, 1.9, 12.0
ALL = 100.0
NO_BREAK = "\N{NO-BREAK SPACE}"
"""A number keeps its sign of percent."""


def draw_shares(sheet: Sheet, parts: Sequence[tuple[str, float]]) -> None:
    """Draw a bar that is divided as the parts are, with a key."""
    whole = sum(part for _, part in parts)
    if whole <= 0:
        return
    sheet.room(BAR + CELL.line + GAP)
    x = 0.0
    for shade, (_, part) in zip(SHADES, parts, strict=False):
        width = sheet.width * part / whole
        if width > 0:
            sheet.box(x, sheet.y, width, BAR, shade, round_by=0)
        x += width
    sheet.y += BAR + 1.8
    room = sheet.width / len(parts)
    for number, (shade, (name, part)) in enumerate(zip(SHADES, parts, strict=False)):
        x = number * room
        sheet.box(x, sheet.y + 0.9, 2.6, 2.6, shade, round_by=0)
        key = f"{name} {sheet.words.percent(part / whole, 0).replace(' ', NO_BREAK)}"
        sheet.text(key, x + 4, sheet.y, room - 5, SMALL, most=2)
    sheet.y += 2 * SMALL.line + 2


def draw_standings(sheet: Sheet, standings: Sequence[StandingAmong]) -> None:
    """Draw where the patient stands among 100 people: a range with its middle, for each group."""
    sheet.room(STRIP_ROW * len(standings) + LABEL.line + GAP)
    left = sheet.width * LABELS
    for standing in standings:
        _strip(sheet, standing, left)
        sheet.y += STRIP_ROW
    room = sheet.width - left
    for percent in (0, 25, 50, 75, 100):
        x = left + min(max(room * percent / ALL - TICK / 2, 0.0), room - TICK)
        align = {0: "start", 100: "end"}.get(percent, "centre")
        sheet.text(sheet.words.whole(percent), x, sheet.y - 1, TICK, LABEL.towards(align))
    sheet.y += LABEL.line
    sheet.text(sheet.words.say("people of 100 who have less"), left, sheet.y - 1, room, LABEL.towards("centre"))
    sheet.y += LABEL.line + 1


def _strip(sheet: Sheet, standing: StandingAmong, left: float) -> None:
    words, room, y = sheet.words, sheet.width - left, sheet.y
    name = f"{word(words, standing.measure)} · {word(words, standing.group)}"
    sheet.text(name, 0, y, left - 3, STRONG, most=1)
    sheet.text(_people(sheet, standing), 0, y + BODY.line, left - 3, SMALL, most=1)
    sheet.box(left, y + 3, room, 2.2, LINE, round_by=1)
    low, middle, high = (min(max(value, 0.0), ALL) for value in (standing.low, standing.middle, standing.high))
    width = max(room * (high - low) / ALL, NARROWEST_RANGE)
    start = left + min(room * low / ALL, room - width)
    sheet.box(start, y + 2.4, width, 3.4, TINT, round_by=1)
    sheet.frame(start, y + 2.4, width, 3.4, ACCENT)
    sheet.dot(left + min(max(room * middle / ALL, DOT), room - DOT), y + 4.1, DOT, INK)


def _people(sheet: Sheet, standing: StandingAmong) -> str:
    words = sheet.words
    sex = {"F": "women", "M": "men"}.get(standing.sex, "any")
    return words.say("{people} {who}, {from_age} to {to_age} years", people=words.whole(standing.people),
                     who=word(words, sex), from_age=words.whole(standing.from_age),
                     to_age=words.whole(standing.below_age - 1))  # fmt: skip
