"""Text that is safe to show to a person, whatever the file said.

Names and descriptions come out of files that anyone may have written: control characters (which can
drive a terminal), characters that turn the writing direction, and bytes that are no text at all never
reach the screen.
"""

from __future__ import annotations

import unicodedata

_NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that Persian and Hindi names need to be spelt rightly."""


def printable(text: str, *, longest: int = 200) -> str:
    """Replace what must not reach a screen and cut what would flood it."""
    shown = "".join(_shown(character) for character in text[: longest + 1]).strip()
    return shown if len(text) <= longest else shown[: longest - 1] + "…"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """``1 file``, ``2 files``, ``3 studies``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _NEVER_SHOWN:
        return character
    return " " if character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
