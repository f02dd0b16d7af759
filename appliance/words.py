"""Names, counts and sizes as a person may see them, whatever the file said.

Names and descriptions come out of files that anyone may have written: control characters (which can
drive a terminal), characters that turn the writing direction, and bytes that are no text at all never
reach the screen, and no text floods it.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

LONGEST_NAME = 80

_NEVER_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that Persian and Hindi names need to be spelt rightly."""


class Speech(Protocol):
    """One language: what the program says comes out in it."""

    def say(self, text: str, /, **values: object) -> str:
        """Translate a text and put its values in."""

    def counted(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Translate a text that depends on a number, which is ``{number}`` in it."""


class English:
    """The language that the texts are written in."""

    def say(self, text: str, /, **values: object) -> str:
        """Put the values in."""
        return text.format(**values) if values else text

    def counted(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Choose by the number, and put the values in."""
        return (one if number == 1 else many).format(number=f"{number:,}", **values)


ENGLISH = English()


def shown(text: str, *, longest: int = LONGEST_NAME) -> str:
    """Replace what must not reach a screen and cut what would flood it."""
    clean = "".join(_shown(character) for character in text[: longest + 1]).strip()
    return clean if len(text) <= longest else f"{clean[: longest - 1]}…"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Put a number before its noun: ``1 file``, ``2 files``, ``3 studies``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def megabytes(size: int) -> str:
    """Say a size in the unit that file managers use."""
    return f"{size / 1_000_000:,.1f} MB"


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _NEVER_SHOWN:
        return character
    return " " if character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
