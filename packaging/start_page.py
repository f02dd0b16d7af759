"""The page "Start here": how to start the program and read a folder, on one sheet, in the clinic's language.

Its words lie in start_here/, one file a language; its pictures are of the app itself. Letters, right-to-left
layout and colours are those of the reports.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from screens import png

from appliance.report.languages import words_in
from appliance.report.pictures import Drawn
from appliance.report.sheet import Sheet
from appliance.report.theme import ACCENT, AMBER, AMBER_TINT, BODY, GAP, PANEL, SECTION, TITLE, Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

WORDS = Path(__file__).resolve().parent / "start_here"
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""The same page on every stick, to the byte."""
TEXT = Style(points=10)
NUMBER = Style(points=20, bold=True, ink=ACCENT, align="centre")
WARNING = Style(points=11, bold=True, ink=AMBER)
NUMBER_WIDTH, PICTURE_WIDTH, PICTURE_HEIGHT, PAD = 12.0, 98.0, 55.4, 3.0


@dataclass(frozen=True, slots=True)
class Launchers:
    """How the files on this stick are called."""

    linux: str
    windows: str
    verify: str


def start_page(language: str, paper: str, launchers: Launchers, pictures: Mapping[str, Image]) -> bytes:
    """Lay out the page."""
    told = tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))
    names = {"linux": launchers.linux, "windows": launchers.windows, "verify": launchers.verify}
    sheet = Sheet(words_in(language), paper, MADE_AT, told["title"])
    sheet.new_page()
    sheet.paragraph(told["title"], TITLE, after=2)
    sheet.paragraph(told["what"], BODY, after=GAP)
    for number, step in enumerate(told["steps"], 1):
        _step(sheet, number, step["head"], step["text"].format(**names), pictures.get(step.get("picture", "")))
    _care(sheet, told["care"]["head"], told["care"]["text"].format(**names))
    height = sheet.height_of(told["warning"], WARNING, sheet.width - 2 * PAD) + 2 * PAD
    sheet.box(0, sheet.y, sheet.width, height, AMBER_TINT)
    sheet.text(told["warning"], PAD, sheet.y + PAD, sheet.width - 2 * PAD, WARNING)
    return sheet.finish(lambda _sheet, _number, _total: None)


def _step(sheet: Sheet, number: int, head: str, text: str, picture: Image | None) -> None:
    """Write one step beside its number, and its picture beside that."""
    sheet.text(sheet.words.whole(number), 0, sheet.y, NUMBER_WIDTH, NUMBER)
    width = sheet.width - NUMBER_WIDTH - (PICTURE_WIDTH + GAP if picture else 0)
    height = sheet.text(head, NUMBER_WIDTH, sheet.y, width, SECTION) + 1
    height += sheet.text(text, NUMBER_WIDTH, sheet.y + height, width, TEXT)
    if picture is not None:
        left = sheet.width - PICTURE_WIDTH
        shown = Drawn(png(picture), picture.width, picture.height, head)
        sheet.picture(shown, left, sheet.y, PICTURE_WIDTH, PICTURE_HEIGHT)
        sheet.frame(left, sheet.y, PICTURE_WIDTH, PICTURE_HEIGHT)
        height = max(height, PICTURE_HEIGHT)
    sheet.y += height + GAP + 1


def _care(sheet: Sheet, head: str, text: str) -> None:
    width = sheet.width - 2 * PAD
    height = sheet.height_of(head, SECTION, width) + sheet.height_of(text, TEXT, width) + 2 * PAD
    sheet.box(0, sheet.y, sheet.width, height, PANEL)
    below = sheet.text(head, PAD, sheet.y + PAD, width, SECTION)
    sheet.text(text, PAD, sheet.y + PAD + below, width, TEXT)
    sheet.y += height + GAP
