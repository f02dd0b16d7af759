"""The words of a report in one language, with its numbers and days.

Guarantees: a text that a catalogue does not have comes out in English, never empty; an unknown language is
English, and ``notice`` says so. Digits are 0–9 in every language (docs/decisions/0070). The catalogues lie in
``appliance/locale``; what the reading wrote into ``findings.json`` is translated by ``sentences``.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from appliance.report.sentences import IN_ENGLISH, translated
from appliance.settings import LANGUAGES

if TYPE_CHECKING:
    from datetime import date, datetime

CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
DOMAIN = "outpost"


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    catalogue: gettext.NullTranslations
    notice: str = ""
    """Set if another language was asked for."""

    @property
    def from_the_right(self) -> bool:
        """Whether the language is written from right to left."""
        return _runs_from_the_right(self.language)

    def say(self, text: str, /, **values: object) -> str:
        """Translate a text and put its values in."""
        translated = self.catalogue.gettext(text) if text else ""
        return translated.format(**values) if values else translated

    def counted(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Translate a text that depends on a number, which is ``{number}`` in it."""
        return self.catalogue.ngettext(one, many, number).format(number=self.whole(number), **values)

    def sentence(self, text: str) -> str:
        """Translate what the reading wrote; a sentence that nobody translated is marked as English."""
        return text if self.language == "en" else translated(text, self.catalogue.gettext, IN_ENGLISH)

    def whole(self, number: float) -> str:
        """Write a whole number."""
        return self.decimal(number, 0)

    def decimal(self, number: float | None, digits: int) -> str:
        """Write a number with so many digits behind the point; a dash for none."""
        if number is None:
            return "–"
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(number, pattern, locale=self.language, numbering_system="latn")

    def percent(self, share: float | None, digits: int = 2) -> str:
        """Write a share of 1 as a percentage."""
        return "–" if share is None else self.say("{share} %", share=self.decimal(100 * share, digits))

    def day(self, when: date | None) -> str:
        """Write a day."""
        return "–" if when is None else format_date(when, "d MMMM y", locale=self.language)

    def moment(self, when: datetime | None) -> str:
        """Write a day and a time."""
        return "–" if when is None else format_datetime(when, "d MMMM y, HH:mm", locale=self.language)


@cache
def _runs_from_the_right(language: str) -> bool:
    return Locale.parse(language).text_direction == "rtl"


@cache
def words_in(language: str) -> Words:
    """Give the words of a language, or English with a notice."""
    if language == "en":
        return Words("en", gettext.NullTranslations())
    if language not in LANGUAGES:
        notice = f"There is no report in “{language}”, so this one is in English. There are: {', '.join(LANGUAGES)}."
        return Words("en", gettext.NullTranslations(), notice)
    return Words(language, gettext.translation(DOMAIN, CATALOGUES, [language]))
