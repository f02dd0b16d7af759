"""Pages as a stack of boxes: every text is wrapped into its box, every box is mirrored where the language asks.

Guarantees: nothing is drawn beyond the margins or over the running foot; a text that is longer than its page
goes on on the next one. Positions are counted from the side where reading starts, so that a layout written
once is right in both directions.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from appliance.report.fonts import Fonts, is_plain
from appliance.report.paper import Paper
from appliance.report.theme import (
    BODY,
    FOOT,
    GAP,
    HEAD,
    INK,
    LINE,
    MARGIN,
    POINT,
    QUESTION,
    SECTION,
    SIZES,
    TITLE,
    Colour,
    Style,
)
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from appliance.report.languages import Words
    from appliance.report.pictures import Drawn

LONGEST_TEXT = 4000
LETTER_BY_LETTER = {"liga": False, "dlig": False}
"""Joined signs for two letters are taken apart by readers of PDFs in the wrong order."""
KEPT_BELOW = 3 * BODY.line
"""What stands at least below a heading on its page."""
BASELINE = 0.3
"""Below the middle of a line, in sizes of the letters: where fpdf2's own cells put it."""


class Sheet:
    """One document being laid out; ``y`` is where the next box goes."""

    def __init__(self, words: Words, paper: str, made_at: datetime, title: str) -> None:
        self.words = words
        self.page_width, self.page_height = SIZES[paper]
        self.pdf = Paper(self.page_width, self.page_height)
        self.pdf.set_creation_date(made_at)
        self.pdf.set_title(title)
        self.pdf.set_lang(words.language)
        self.pdf.set_creator("Outpost")
        self.fonts = Fonts(self.pdf)
        self.y = 0.0
        self.width = self.page_width - 2 * MARGIN
        self.bottom = self.page_height - FOOT
        self.on_new_page: Callable[[Sheet], None] | None = None
        self._measure = lru_cache(maxsize=20_000)(self._width)
        self._wrap = lru_cache(maxsize=2_000)(self._wrapped)

    def new_page(self) -> None:
        """Begin a page below the running head."""
        self.pdf.add_page()
        self.y = HEAD
        if self.on_new_page is not None:
            with self.pdf.repeated():
                self.on_new_page(self)

    def room(self, height: float) -> None:
        """Go to a new page if a box of this height does not fit any more."""
        if self.y + height > self.bottom and self.y > HEAD + GAP:
            self.new_page()

    def paragraph(
        self, text: str, style: Style = BODY, *, x: float = 0.0, width: float | None = None, after: float = 1.0
    ) -> None:
        """Write a text of any length at ``y``, over as many pages as it needs."""
        across = (self.width - x) if width is None else width
        lines = self.wrapped(text, style, across)
        self.room(style.line + (KEPT_BELOW if style in {TITLE, SECTION} else 0))
        if style in {TITLE, SECTION}:
            self.bookmark(text)
        while lines:
            self.room(style.line)
            fitting = max(1, int((self.bottom - self.y) / style.line))
            self.y += self._lines(lines[:fitting], x, self.y, across, style)
            lines = lines[fitting:]
        self.y += after

    def text(self, text: str, x: float, y: float, width: float, style: Style = BODY, *, most: int = 99) -> float:
        """Write a text into a box and give its height; what does not fit into ``most`` lines ends with ``…``."""
        lines = self.wrapped(text, style, width)
        if len(lines) > most:
            lines = [*lines[: most - 1], self._shortened(lines[most - 1], style, width)]
        return self._lines(lines, x, y, width, style)

    def _lines(self, lines: Sequence[str], x: float, y: float, width: float, style: Style) -> float:
        """Write lines that belong together, and give their height."""
        if any(lines):
            with self.pdf.tagged(_kind(style)):
                for number, line in enumerate(lines):
                    self.line(line, x, y + number * style.line, width, style)
        return len(lines) * style.line

    def bookmark(self, title: str) -> None:
        """Let the list of contents lead here."""
        self.pdf.set_xy(0, self.y)
        self.pdf.start_section(shown(title))

    def height_of(self, text: str, style: Style, width: float) -> float:
        """Say how high a text will be."""
        return len(self.wrapped(text, style, width)) * style.line

    def wrapped(self, text: str, style: Style, width: float) -> list[str]:
        """Break a text into lines that fit."""
        return list(self._wrap(text, style.points, style.bold, width))

    def line(self, text: str, x: float, y: float, width: float, style: Style) -> None:
        """Write one line, which must fit; ``y`` is its upper edge."""
        if not text:
            return
        plain = is_plain(text)
        needed = self._measure(text, style.points, style.bold)
        self._choose(style, plain=plain)
        self.pdf.set_text_color(*style.ink)
        left = self.left(x, width) + self._indent(style, width, needed)
        if plain:
            self.pdf.text(left, y + style.line / 2 + BASELINE * style.points * POINT, text)
            return
        self.pdf.set_xy(left, y)
        if _runs_from_the_right(text):  # readers of PDFs turn such text round themselves, letter by letter
            self.pdf.cell(needed, style.line, text)
            return
        with self.pdf.standing_for(text):
            self.pdf.cell(needed, style.line, text)

    def box(self, x: float, y: float, width: float, height: float, fill: Colour, *, round_by: float = 1.2) -> None:
        """Fill a rectangle with soft corners."""
        self.pdf.set_fill_color(*fill)
        self.pdf.rect(
            self.left(x, width), y, width, height, style="F", round_corners=round_by > 0, corner_radius=round_by
        )

    def frame(self, x: float, y: float, width: float, height: float, ink: Colour = INK) -> None:
        """Draw a rectangle's edge."""
        self.pdf.set_draw_color(*ink)
        self.pdf.set_line_width(0.25)
        self.pdf.rect(self.left(x, width), y, width, height)

    def rule(self, x: float, y: float, width: float, ink: Colour = LINE, thick: float = 0.2) -> None:
        """Draw a level line."""
        self.pdf.set_draw_color(*ink)
        self.pdf.set_line_width(thick)
        left = self.left(x, width)
        self.pdf.line(left, y, left + width, y)

    def dot(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Fill a circle round a point."""
        self.pdf.set_fill_color(*fill)
        self.pdf.circle(self.left(x, 0), y, radius, style="F")

    def picture(self, picture: Drawn, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture into a box, as large as its shape allows, in the middle."""
        scale = min(width / picture.width, height / picture.height)
        across, down = picture.width * scale, picture.height * scale
        left = self.left(x, width) + (width - across) / 2
        self.pdf.image(picture.image, left, y + (height - down) / 2, across, down, alt_text=picture.says)

    def left(self, x: float, width: float) -> float:
        """Turn a distance from where reading starts into one from the left edge of the paper."""
        return MARGIN + (self.width - x - width if self.words.from_the_right else x)

    def _indent(self, style: Style, width: float, needed: float) -> float:
        if style.align == "centre":
            return (width - needed) / 2
        return width - needed if (style.align == "end") != self.words.from_the_right else 0.0

    def _wrapped(self, text: str, points: float, bold: bool, width: float) -> tuple[str, ...]:  # noqa: FBT001 - a key
        style, lines = Style(points, bold), list[str]()
        for part in text.splitlines() or [""]:
            clean = self.fonts.drawable(unicodedata.normalize("NFC", shown(part, longest=LONGEST_TEXT)))
            lines += [clean] if self._fits(clean, style, width) else self._broken(clean, style, width)
        return tuple(lines)

    def _broken(self, text: str, style: Style, width: float) -> list[str]:
        """Fill lines word by word; the width of shaped words is added up, since shaping whole lines takes long."""
        if is_plain(text):
            return self._filled(text, style, width, self._fits)
        lines = self._filled(text, style, width, self._fits_word_by_word)
        if all(self._fits(line, style, width) for line in lines):
            return lines
        return self._filled(text, style, width, self._fits)

    def _filled(self, text: str, style: Style, width: float, fits: Callable[[str, Style, float], bool]) -> list[str]:
        lines, line = [], ""
        for word in text.split(" "):
            tried = f"{line} {word}" if line else word
            if fits(tried, style, width):
                line = tried
                continue
            if line:
                lines.append(line)
            *full, line = self._split(word, style, width)
            lines += full
        return [*lines, line]

    def _fits_word_by_word(self, text: str, style: Style, width: float) -> bool:
        *before, last = text.split(" ")
        words = sum(self._measure(f"{word} ", style.points, style.bold) for word in before)
        return words + self._measure(last, style.points, style.bold) <= width + 0.01

    def _split(self, word: str, style: Style, width: float) -> list[str]:
        """Break a single word that is wider than its box."""
        parts, part = [], ""
        for character in word:
            if part and not self._fits(part + character, style, width):
                parts.append(part)
                part = ""
            part += character
        return [*parts, part]

    def _shortened(self, line: str, style: Style, width: float) -> str:
        while line and not self._fits(line + "…", style, width):
            line = line[:-1]
        return line + "…"

    def _fits(self, text: str, style: Style, width: float) -> bool:
        return self._measure(text, style.points, style.bold) <= width + 0.01

    def _width(self, text: str, points: float, bold: bool) -> float:  # noqa: FBT001 - a key of the cache
        plain = is_plain(text)
        self._choose(Style(points=points, bold=bold), plain=plain)
        return self.fonts.width_of_plain(text, points) if plain else self.pdf.get_string_width(text)

    def _choose(self, style: Style, *, plain: bool) -> None:
        script = "latin" if plain else _SCRIPTS.get(self.words.language, "latin")
        self.fonts.use(bold=style.bold, points=style.points, plain=plain, script=script)
        direction = "rtl" if self.words.from_the_right else None
        self.pdf.set_text_shaping(not plain, features=LETTER_BY_LETTER, direction=direction)

    def finish(self, foot: Callable[[Sheet, int, int], None]) -> bytes:
        """Draw the running foot of every page, now that their number is known, and give the PDF."""
        total = self.pdf.pages_count
        for number in range(1, total + 1):
            self.pdf.page = number
            self._forget_the_pen()
            with self.pdf.repeated():
                foot(self, number, total)
        return bytes(self.pdf.output())

    def _forget_the_pen(self) -> None:
        """Make fpdf2 write font, colours and width anew: it knows those of the page it drew last, not of this one."""
        self.pdf.current_font_is_set_on_page = False
        self.pdf.set_draw_color(*_NEVER_USED)
        self.pdf.set_fill_color(*_NEVER_USED)
        self.pdf.set_line_width(_NEVER_USED[0])


def _kind(style: Style) -> str:
    return _KINDS.get((style.points, style.bold), "P")


def _runs_from_the_right(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


_KINDS = {(style.points, style.bold): kind for style, kind in ((TITLE, "H1"), (SECTION, "H2"), (QUESTION, "H2"))}
_NEVER_USED: Colour = (1, 2, 3)
_SCRIPTS = {"fa": "arabic", "hi": "devanagari"}
