"""The app's own words, in the clinic's language where this terminal can write it.

The terminal draws the letters, not the app. Where it cannot, the app is in English and says so, and the reports are
in the clinic's language all the same: a plain console has no letters for Hindi and Persian; most terminals write
Persian from left to right with its letters apart, which nobody can read (docs/decisions/0081).

A text without a translation comes out in English. Nothing here loads Babel: the first screen would wait for it.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.report.sentences import translated
from appliance.settings import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOGUES = Path(__file__).resolve().parent.parent / "locale"
APP, REPORTS = "app", "outpost"
"""Catalogues: the app's own words, and the sentences of the reading, which reports have too."""
FORCED = "OUTPOST_LANGUAGE"
"""The variable that overrules what is thought of the terminal."""
PLAIN_CONSOLES = ("linux", "vt", "dumb")
WITH_OWN_LETTERS = frozenset({"hi", "fa"})
FROM_THE_RIGHT = frozenset({"fa"})
TURNS_FROM_VTE = 5800
"""From this version on, GNOME's terminals and their kin write from right to left."""


class Tongue:
    """One language of the app."""

    def __init__(self, language: str = "en", domain: str = APP) -> None:
        self.language = language
        self._words = _catalogue(domain, language)

    def say(self, text: str, /, **values: object) -> str:
        """Translate a text and put its values in."""
        said = self._words.gettext(text) if text else ""
        return said.format(**values) if values else said

    def counted(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Translate a text that depends on a number, which is ``{number}`` in it."""
        return self._words.ngettext(one, many, number).format(number=f"{number:,}", **values)

    def sentence(self, text: str) -> str:
        """Translate a sentence that the reading wrote, if it is known."""
        return text if self.language == "en" else translated(text, _catalogue(REPORTS, self.language).gettext)


def speak(language: str) -> None:
    """Let the app speak a language from now on."""
    _Spoken.tongue = Tongue(language)


def spoken() -> Tongue:
    """Give the language that the app speaks."""
    return _Spoken.tongue


def say(text: str, /, **values: object) -> str:
    """Say a text in the language of the app."""
    return _Spoken.tongue.say(text, **values)


def counted(one: str, many: str, number: int, /, **values: object) -> str:
    """Say a text that depends on a number, which is ``{number}`` in it."""
    return _Spoken.tongue.counted(one, many, number, **values)


def sentence(text: str) -> str:
    """Say a sentence that the reading wrote."""
    return _Spoken.tongue.sentence(text)


def stable_word(stable: str) -> str:
    """Say a stable word of ``findings.json`` as reports do."""
    from appliance.report.vocabulary import word  # noqa: PLC0415 - loads NumPy

    return word(Tongue(_Spoken.tongue.language, REPORTS), stable)


def language_here(wanted: str, environment: Mapping[str, str]) -> str:
    """Decide in which language the app can be in this terminal."""
    if (forced := environment.get(FORCED, "")) in LANGUAGES:
        return forced
    if wanted in WITH_OWN_LETTERS and environment.get("TERM", "").startswith(PLAIN_CONSOLES):
        return "en"
    if wanted in FROM_THE_RIGHT and not _writes_from_the_right(environment):
        return "en"
    return wanted if wanted in LANGUAGES else "en"


def _writes_from_the_right(environment: Mapping[str, str]) -> bool:
    version = environment.get("VTE_VERSION", "")
    return (
        (version.isdigit() and int(version) >= TURNS_FROM_VTE)
        or "KONSOLE_VERSION" in environment
        or environment.get("TERM", "").startswith("mlterm")
        or environment.get("TERM_PROGRAM") == "Apple_Terminal"
    )


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    return gettext.translation(domain, CATALOGUES, [language], fallback=True)


class _Spoken:
    tongue = Tongue()
