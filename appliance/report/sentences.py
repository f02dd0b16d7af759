"""Sentences that other parts wrote into ``findings.json`` → the same in another language.

They are found again by their patterns (``known_sentences``), with whatever stands in the places: numbers, names of
files, and words that are translated in their turn. A text of several sentences is translated one by one. What no
pattern fits stays as it is, behind a mark, so that nobody takes it for a slip.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from appliance.report.known_sentences import KNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    LookUp = Callable[[str], str]

IN_ENGLISH = "[en] "
"""Before a sentence that nobody translated."""
PLACE = re.compile(r"\{(\w+)\}")
NEXT_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“])")


def translated(text: str, look_up: LookUp, mark: str = "") -> str:
    """Translate a text that the reading wrote; what is not known gets a mark."""
    if not text:
        return text
    whole = _one(text, look_up)
    if whole is not None:
        return whole
    return " ".join(_one(part, look_up) or f"{mark}{part}" for part in NEXT_SENTENCE.split(text))


def _one(text: str, look_up: LookUp) -> str | None:
    """Translate one sentence or a part of one; ``None`` if it is not known."""
    if (found := look_up(text)) != text:
        return found
    for template, pattern in _patterns():
        match = pattern.fullmatch(text)
        if match is not None and (said := look_up(template)) != template:
            values = {name: _one(value, look_up) or value for name, value in match.groupdict().items()}
            return said.format(**values)
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile the patterns, the longest first: the more words one has, the surer it is."""
    return tuple((template, _pattern(template)) for template in sorted(KNOWN, key=_letters, reverse=True))


def _letters(template: str) -> int:
    return len(PLACE.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    names = set[str]()
    parts = []
    for at, part in enumerate(PLACE.split(template)):
        if at % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in names else f"(?P<{part}>.+?)")
            names.add(part)
    return re.compile("".join(parts), re.DOTALL)
