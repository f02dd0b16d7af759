from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from brain_findings import brain_study
from findings_builders import write_study
from report_pages import record_lines, texts_of
from spine_findings import spine_study

from appliance.findings.study import DISCLAIMER
from appliance.measure.anomalies import rule_in_words as anomaly_in_words
from appliance.measure.change import rule_in_words as change_in_words
from appliance.measure.regions import rule_in_words as regions_in_words
from appliance.measure.severity import severity_in_words
from appliance.population import Placement, place, shipped_reference
from appliance.quality.coverage import Side
from appliance.readers.relevance import NOT_EXPLAINED
from appliance.readers.spine_record import COUNTED_NOTE, ratio_rule
from appliance.readers.spine_sagittal import SLICE_RULE
from appliance.report.dossier import open_dossier
from appliance.report.languages import CATALOGUES, words_in
from appliance.report.pdf import make_pdf
from appliance.report.sentences import IN_ENGLISH
from appliance.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Catalog

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
KEYWORDS = {"say": None, "counted": (1, 2), "N_": None}
HEAD_ADVICE = "Centre the head, or choose a larger field of view."
PLACE = re.compile(r"\{\w+\}")
SETTINGS = Settings()
SENTENCES = (
    severity_in_words(SETTINGS.lesions),
    regions_in_words(SETTINGS.lesions),
    change_in_words(SETTINGS.change),
    DISCLAIMER,
)


def _catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "outpost.po").open("rb") as stream:
        return read_po(stream, locale=language)


def _texts_of_the_program(repository: Path) -> set[str]:
    found = extract_from_dir(repository / "appliance" / "report", [("**.py", "python")], keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_of_a_report_lacks_its_translation(language: str, repository: Path) -> None:
    catalogue = _catalogue(language)
    untranslated = [text for text in _texts_of_the_program(repository) if text not in catalogue]
    assert not untranslated


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_keeps_the_places_for_values(language: str) -> None:
    for message in _catalogue(language):
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(PLACE.findall(originals[-1]))
        assert all(translations), originals[0]
        assert all(set(PLACE.findall(text)) == wanted for text in translations), originals[0]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_its_text(language: str) -> None:
    words = words_in(language)
    for message in _catalogue(language):
        if isinstance(message.id, str) and message.id:
            assert words.say(message.id) == message.string


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_rules_that_stand_in_every_report_are_translated_with_their_numbers(language: str, sentence: str) -> None:
    translated = words_in(language).sentence(sentence)
    assert translated != sentence
    assert all(number in translated for number in re.findall(r"\d+(?:\.\d+)?", sentence))


def test_a_sentence_without_a_translation_is_marked_as_english_and_the_one_beside_it_is_translated() -> None:
    told = words_in("fr").sentence("Series 7 has 12 images. Scan again if the patient is still there.")
    assert told == "[en] Series 7 has 12 images. Refaites l’examen si le patient est encore là."
    assert words_in("en").sentence("Series 7 has 12 images.") == "Series 7 has 12 images."


def _of_the_reading() -> Iterator[str]:
    """What quality, measures and reading really say, taken from where they say it."""
    for side in Side:
        yield f"The head is cut off at the {side} edge of the picture. {HEAD_ADVICE}"
    yield "The picture is noisy: noise is 40% of the tissue's signal. Scan again if the patient is still there."
    yield from (COUNTED_NOTE, NOT_EXPLAINED, ratio_rule(), SLICE_RULE, anomaly_in_words(0.55, SETTINGS.anomaly))
    yield from SENTENCES
    reference = shipped_reference()
    for age, sex in ((25.0, "F"), (45.0, "M"), (67.0, None)):
        placed = place(age, sex, 0.004, 0.03, reference)
        if isinstance(placed, Placement):
            yield from (*placed.notes, placed.source, *(standing.sentence for standing in placed.standings))
        else:
            yield placed.sentence


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_reading_says_is_not_left_in_english(language: str) -> None:
    words = words_in(language)
    assert not [
        text for text in _of_the_reading() if IN_ENGLISH in words.sentence(text) or words.sentence(text) == text
    ]


@pytest.mark.parametrize(("level", "said"), [("L4/L5", ("axiale", "Serious")), ("L5/S1", ("sagittale", "normal"))])
def test_what_stands_in_a_sentence_keeps_its_place(level: str, said: tuple[str, str]) -> None:
    text = f"{level}: the axial slice says “Serious”, the sagittal width says “normal or mild”. Look at both."
    told = words_in("fr").sentence(text)
    assert told.startswith(level)
    assert said[0] in told
    assert IN_ENGLISH not in told


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("fr", ("Ce qui a été trouvé", "11 lésions ont été trouvées", "7,45", "20 avril 2026")),
        ("es", ("Qué se encontró", "Se encontraron 11 lesiones", "20 abril 2026")),
        ("hi", ("क्या मिला", "मस्तिष्क में 11 घाव मिले", "20 अप्रैल 2026")),
        ("fa", ("چه یافت شد", "ضایعه در مغز یافت شد", "آوریل")),
    ],
)
def test_the_first_page_can_be_read_out_in_its_language(language: str, texts: tuple[str, ...], tmp_path: Path) -> None:
    first = texts_of(make_pdf(open_dossier(write_study(brain_study(), tmp_path)), language))[0]
    assert all(text in first for text in texts)


def test_persian_begins_on_the_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = record_lines(monkeypatch)
    make_pdf(open_dossier(write_study(spine_study(), tmp_path)), "fa")
    titles = [line for line in lines if line.text == words_in("fa").say("What was found")]
    assert titles
    assert all(line.right == pytest.approx(210 - 17, abs=0.5) for line in titles)
