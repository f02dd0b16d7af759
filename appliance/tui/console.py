"""Draws with the characters that the console of a Linux machine without windows has: those of the first PCs.

Whatever else stands on a screen is replaced by what looks most like it and is as wide, so that no line shifts. Frames
around what is in focus, drawn heavy elsewhere, are drawn double.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

SIGNS = "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
"""In the places where others have control characters."""
LETTERS = frozenset(
    SIGNS
    + bytes(range(0x20, 0x7F)).decode("ascii")
    + bytes(range(0x80, 0x100)).decode("cp437")
    + bytes(range(0xA0, 0x100)).decode("latin-1")  # the kernel takes the nearest letter where there is none
)
LOOKS_LIKE = str.maketrans(
    "━┃┏┓┗┛┣┫┳┻╋╸╺╹╻▁▂▃▅▆▇▔▕▏▎▍▋▊▉▝▘▗▖╭╮╰╯╌╎…–—−‘’‚“”„‹›●◉⭘✓▶✔◀✗▾✘▸△▽œ\u2009Œ\u202f",
    "═║╔╗╚╝╠╣╦╩╬══║║_▄▄▄██▀││▌▌███▀▀▄▄┌┐└┘─│.---'''\"\"\"<>•••v►v◄x▼x►▲▼o O ",
)


class ConsoleLetters(LineFilter):
    """See the module's docstring."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace what the console cannot draw."""
        del background
        return [segment if segment.control else Segment(drawable(segment.text), segment.style) for segment in segments]


@lru_cache(4096)
def drawable(text: str) -> str:
    """Write a text with the console's characters."""
    if text.isascii():
        return text
    return "".join(sign if sign in LETTERS else _nearest(sign) for sign in text.translate(LOOKS_LIKE))


def _nearest(sign: str) -> str:
    plain = unicodedata.normalize("NFKD", sign)[:1]
    return plain if plain in LETTERS and cell_len(plain) == cell_len(sign) else "?" * cell_len(sign)
