"""Which readings there are beyond those that the program was born with, told by the files that bring them.

``appliance/readers/further/knee_sagittal.py`` is the reading “knee-sagittal”. That one word is its kind of scan
(``--as``), the task of its model package, and what the findings call it. The words are known from the folder alone;
a file is loaded when its reading is asked for. Nothing else has to be told of it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

PLACE = "appliance.readers.further"

Word = TypeVar("Word", bound=StrEnum)


def further_words() -> tuple[str, ...]:
    """List the words of all further readings."""
    return tuple(sorted(name.replace("_", "-") for _, name, _ in iter_modules(import_module(PLACE).__path__)))


def reading_of(word: str) -> Any:  # noqa: ANN401 - a readers.further.FurtherReading, which lies above this module
    """Load the reading of a word."""
    return import_module(f"{PLACE}.{word.replace('-', '_')}").READING


def member_for(words: type[Word], word: object) -> Word | None:
    """Make a further reading's word one of a set of words; nothing if no file brings it."""
    return _member(words, word) if isinstance(word, str) and word in further_words() else None


@cache
def _member(words: type[Word], word: str) -> Word:
    member = str.__new__(words, word)
    member._name_, member._value_ = word.upper().replace("-", "_"), word
    return member
