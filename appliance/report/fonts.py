"""Which typeface draws a text: chosen by its characters, loaded only if one of them needs it.

Guarantees: a character that no installed typeface has is replaced by � and reported in ``missing``, so that
nothing vanishes from a name without a word.
"""

from __future__ import annotations

import os
import tempfile
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.report.font_making import ARABIC, DEVANAGARI, HAN, LATIN, Typeface, made_or_system, make_one

if TYPE_CHECKING:
    from fpdf import FPDF

BUILT_IN = Path(__file__).parent / "typefaces"
"""Made by the build, or by the first report; never kept with the sources."""
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
JOINERS = "\u200c\u200d"
"""Drawn by their effect on the letters beside them."""
PLAIN_UP_TO = 0x58F
"""Latin, Greek, Cyrillic and Armenian: letters that stand side by side, from left to right."""
PLAIN_SIGNS = (0x2010, 0x2BFF)
"""Punctuation, arrows and signs of mathematics."""
OTHER_SCRIPTS = (
    ("Armenian", 0x530, 0x58F), ("Hebrew", 0x590, 0x5FF), ("Bengali", 0x980, 0x9FF), ("Gurmukhi", 0xA00, 0xA7F),
    ("Gujarati", 0xA80, 0xAFF), ("Oriya", 0xB00, 0xB7F), ("Tamil", 0xB80, 0xBFF), ("Telugu", 0xC00, 0xC7F),
    ("Kannada", 0xC80, 0xCFF), ("Malayalam", 0xD00, 0xD7F), ("Sinhala", 0xD80, 0xDFF), ("Thai", 0xE00, 0xE7F),
    ("Lao", 0xE80, 0xEFF), ("Myanmar", 0x1000, 0x109F), ("Georgian", 0x10A0, 0x10FF), ("Ethiopic", 0x1200, 0x139F),
    ("Khmer", 0x1780, 0x17FF),
)  # fmt: skip
"""Scripts of names that the system's Noto typefaces draw, if they are installed."""


def is_plain(text: str) -> bool:
    """Say whether letters stand side by side from left to right, so that no shaping is needed."""
    return text.isascii() or all(map(_is_plain, text))


@cache
def typeface_folder() -> Path:
    """Say where made typefaces lie: beside this program, else where files may vanish."""
    try:
        BUILT_IN.mkdir(exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / "outpost-typefaces"
    is_there = any(BUILT_IN.iterdir())
    return BUILT_IN if is_there or os.access(BUILT_IN, os.W_OK) else Path(tempfile.gettempdir()) / "outpost-typefaces"


@dataclass(slots=True)
class Fonts:
    """The typefaces of one PDF."""

    pdf: FPDF
    families: dict[str, frozenset[int]] = field(default_factory=dict)
    """Loaded, with the characters that each has."""
    missing: set[str] = field(default_factory=set)
    """Characters that could not be drawn."""
    _fallbacks: list[str] = field(default_factory=list)
    _chosen: tuple[bool, float, bool, str] | None = None

    def __post_init__(self) -> None:
        self._load(LATIN)

    def drawable(self, text: str) -> str:
        """Load what a text needs, and mark the characters that nothing can draw."""
        if self.families[LATIN.name].issuperset(map(ord, text)):
            return text
        return "".join(self._drawable(character) for character in text)

    def use(self, *, bold: bool, points: float, plain: bool, script: str = "latin") -> None:
        """Choose the typeface for what is drawn next."""
        chosen = (bold, points, plain, script)
        if chosen == self._chosen:
            return
        self._chosen = chosen
        family = script if script in self.families else "latin"
        self.pdf.set_font(family, "B" if bold and family in _BOLD else "", points)
        self.pdf.set_fallback_fonts([] if plain else self._fallbacks, exact_match=False)

    def width_of_plain(self, text: str, points: float) -> float:
        """Measure letters that stand side by side, in the typeface that is chosen: fpdf2 does it with much ado."""
        font: Any = self.pdf.current_font
        return float(font.get_text_width(text, points, None)[1]) / self.pdf.k

    def _drawable(self, character: str) -> str:
        code = ord(character)
        if character in JOINERS or any(code in characters for characters in self.families.values()):
            return character
        face = _face_of(code)
        if face is not None and face.name not in self.families:
            self._load(face)
            return self._drawable(character)
        composed = unicodedata.normalize("NFKC", character)
        if composed != character:
            return self.drawable(composed)
        self.missing.add(character)
        return UNKNOWN

    def _load(self, face: Typeface) -> None:
        self.families[face.name] = frozenset()
        found = self._regular(face)
        if found is None:
            return
        self.pdf.add_font(face.name, "", found[0], collection_font_number=found[1])
        if face.name in _BOLD:
            self.pdf.add_font(face.name, "B", make_one(face, "bold", typeface_folder()) or found[0])
        loaded: Any = self.pdf.fonts[face.name]
        self.families[face.name] = frozenset(loaded.cmap)
        self._fallbacks.append(face.name)
        self._chosen = None

    def _regular(self, face: Typeface) -> tuple[Path, int] | None:
        if face.name not in _BOLD:
            return made_or_system(face, typeface_folder())
        made = make_one(face, "regular", typeface_folder())
        return None if made is None else (made, 0)


_BOLD = frozenset({LATIN.name, ARABIC.name, DEVANAGARI.name})


@cache
def _is_plain(character: str) -> bool:
    code = ord(character)
    return (code <= PLAIN_UP_TO or PLAIN_SIGNS[0] <= code <= PLAIN_SIGNS[1]) and not unicodedata.combining(character)


@cache
def _face_of(code: int) -> Typeface | None:
    for face in (ARABIC, DEVANAGARI, HAN):
        if any(first <= code <= last for first, last in face.ranges):
            return face
    for script, first, last in OTHER_SCRIPTS:
        if first <= code <= last:
            return Typeface(script, "", ((f"NotoSans{script}-Regular.ttf", 0),), (), shaped=True)
    return None
