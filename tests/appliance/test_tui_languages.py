"""The app in the clinic's language: no text is missing, and a terminal that cannot write it is told so."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po
from brain_findings import brain_study
from findings_builders import write_study
from piloting import LARGE, a_workplace, drive, press, rows_of, settle, text_of, until
from spine_findings import spine_study
from textual.widgets import Button, Footer, Input, Markdown, Select

from appliance.settings import LANGUAGES
from appliance.tui.app import OutpostApp
from appliance.tui.first_start import FirstStart
from appliance.tui.home import HomeScreen
from appliance.tui.study import StudyScreen
from appliance.tui.updates import ChooseUpdate
from appliance.workplace.setup import settings_at
from appliance.workplace.tongue import APP, CATALOGUES, Tongue, language_here, say, sentence, speak

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
KEYWORDS = {"say": None, "counted": (1, 2), "N_": None}
PLACE = re.compile(r"\{\w+\}")
TUI = Path(__file__).resolve().parents[2] / "appliance" / "tui"
LIKE_A_TEXT = re.compile(r"[^\W\d_]{2}.* |^\s*[A-Z][a-z]")
NAMES_FOR_PROGRAMS = {"cast": None, "query": None, "query_one": None, "TypeVar": None}
"""Functions whose texts nobody sees."""
NOT_FOR_CATALOGUES = {
    "Outpost",
    "HelpPanel",
    "StudyResult",
    "ScanEvent",
    "[reverse] ",
    "bold ",
    "dialog trouble",
    # Said where the clinic's language cannot be written: in English by nature.
    "This terminal cannot write ",
    " so that it can be read; the app is in English here. The reports are in the clinic's language.",
}
VTE = {"TERM": "xterm-256color", "VTE_VERSION": "6800"}


@pytest.fixture(autouse=True)
def _english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OUTPOST_LANGUAGE", raising=False)
    yield
    speak("en")


def _catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / f"{APP}.po").open("rb") as stream:
        return read_po(stream, locale=language)


def _texts(repository: Path) -> set[str]:
    program = repository / "appliance"
    found = [
        text
        for folder in (program / "tui", program / "workplace")
        for _, _, text, _, _ in extract_from_dir(folder, [("**.py", "python")], keywords=KEYWORDS)
    ]
    found += [text for _, text, _, _ in extract_from_file("python", program / "summary" / "headline.py", KEYWORDS)]
    return {text if isinstance(text, str) else text[0] for text in found}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_of_the_app_lacks_its_translation(language: str, repository: Path) -> None:
    catalogue = _catalogue(language)
    assert not [text for text in _texts(repository) if text not in catalogue]


@pytest.mark.parametrize("file", sorted(TUI.glob("*.py")), ids=lambda file: file.stem)
def test_no_text_is_shown_that_bypasses_the_catalogues(file: Path) -> None:
    shown = list(bare_texts(ast.parse(file.read_text(encoding="utf-8"))))
    assert not [text for text in shown if text not in NOT_FOR_CATALOGUES]


def test_a_bare_text_would_be_found() -> None:
    code = (
        'class A(B["Not Shown"]):\n    """Nor this."""\n    def f(self) -> "Nor This":\n        Label(f"Made by {x}")'
    )
    assert list(bare_texts(ast.parse(code))) == ["Made by "]
    assert not list(bare_texts(ast.parse('yield Label(say("Made today"), classes="made of words")')))


def bare_texts(node: ast.AST) -> Iterator[str]:
    """Yield what reads like a text for people and is not handed to ``say`` and its kin."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and LIKE_A_TEXT.search(node.value):
            yield node.value
    elif not (isinstance(node, ast.Call) and _name(node.func) in KEYWORDS | NAMES_FOR_PROGRAMS):
        for child in _children(node):
            yield from bare_texts(child)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Leave out types, docstrings, classes of widgets, and what selects widgets."""
    for child in ast.iter_child_nodes(node):
        is_docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        is_type = child in {getattr(node, name, None) for name in ("annotation", "returns", "slice")}
        is_class = isinstance(child, ast.keyword) and child.arg == "classes"
        is_selector = child in getattr(node, "decorator_list", ())
        if not (is_docstring or is_type or is_class or is_selector):
            yield child


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_of_the_app_keeps_its_places_and_is_compiled(language: str) -> None:
    tongue = Tongue(language)
    for message in _catalogue(language):
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(PLACE.findall(originals[-1]))
        assert all(text and set(PLACE.findall(text)) == wanted for text in translations), originals[0]
        if isinstance(message.id, str):
            assert tongue.say(message.id) == message.string


@pytest.mark.parametrize(
    ("wanted", "environment", "language"),
    [
        ("fr", {"TERM": "linux"}, "fr"),
        ("hi", {"TERM": "linux"}, "en"),
        ("hi", {"TERM": "xterm-256color"}, "hi"),
        ("fa", {"TERM": "xterm-256color"}, "en"),
        ("fa", {"WT_SESSION": "1"}, "en"),
        ("fa", VTE, "fa"),
        ("fa", {"TERM": "xterm", "VTE_VERSION": "5202"}, "en"),
        ("fa", {"TERM": "mlterm"}, "fa"),
        ("fa", {"TERM": "xterm", "KONSOLE_VERSION": "220401"}, "fa"),
        ("fa", {"TERM_PROGRAM": "Apple_Terminal"}, "fa"),
        ("fa", {"TERM": "xterm", "OUTPOST_LANGUAGE": "fa"}, "fa"),
        ("fa", {**VTE, "OUTPOST_LANGUAGE": "es"}, "es"),
        ("tlh", VTE, "en"),
    ],
)
def test_a_language_is_only_taken_where_the_terminal_can_write_it(
    wanted: str, environment: dict[str, str], language: str
) -> None:
    assert language_here(wanted, environment) == language


def _speaking(folder: Path, language: str, monkeypatch: pytest.MonkeyPatch, *, started: bool = True) -> OutpostApp:
    monkeypatch.setenv("OUTPOST_LANGUAGE", language)
    workplace = a_workplace(folder, started=started)
    workplace.change({"clinic.language": language})
    return OutpostApp(workplace)


@pytest.mark.parametrize(
    "language", [pytest.param(one, marks=() if one == "fa" else pytest.mark.slow) for one in TRANSLATED]
)
def test_every_place_of_the_app_opens_in_every_language(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_study(brain_study(), tmp_path / "results")
    write_study(spine_study(), tmp_path / "results")
    app = _speaking(tmp_path, language, monkeypatch)

    async def steps(app: OutpostApp) -> None:
        assert say("Folder with scans") == app.screen.query_one("#folder").border_title
        assert say("Folder with scans") != "Folder with scans"
        for key in ("f3", "f4", "f5", "f6", "f7"):
            await press(app, key)
        app.push_screen(ChooseUpdate())
        await until(lambda: app.screen.query("#update-path"))
        assert say("Back") in [active.binding.description for active in app.screen.active_bindings.values()]
        await press(app, "escape")
        await press(app, "f4")
        await until(lambda: len(rows_of(app, "#results")) == 2)
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        assert say("Brain") in text_of(app, "#lines")
        shown = [active.binding.description for active in app.screen.active_bindings.values()]
        assert say("Review and sign") in shown
        assert "Review and sign" not in shown
        await press(app, "f1")
        await until(lambda: app.screen.query("Help"))
        await until(lambda: any(say("Pictures") in text.source for text in app.screen.query(Markdown)))

    drive(app, steps, LARGE)


def test_the_first_question_is_the_language_and_the_others_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    app = OutpostApp(a_workplace(tmp_path, started=False))

    async def steps(app: OutpostApp) -> None:
        assert isinstance(app.screen, FirstStart)
        app.screen.query_one("#name", Input).value = "Clínica"
        app.screen.query_one(Select).value = "es"
        await until(lambda: str(app.screen.query_one("#finish", Button).label).startswith("Guardar"))
        assert app.screen.query_one("#name", Input).value == "Clínica"
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, HomeScreen))
        await until(lambda: [field.border_title for field in app.screen.query("#folder")] == ["Carpeta con imágenes"])

    drive(app, steps, LARGE)
    kept = settings_at(app.workplace.home.settings).clinic
    assert (kept.language, kept.name) == ("es", "Clínica")


def test_the_language_of_the_settings_is_taken_up_at_once_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    (tmp_path / "scans").mkdir()
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        app.look_into(tmp_path / "scans")
        await press(app, "f7")
        app.screen.query_one("#clinic-language", Select).value = "fr"
        await until(lambda: "Clinique" in "".join(str(label.render()) for label in app.screen.query("Label")))
        await settle(0.3)
        await press(app, "f2")
        await until(lambda: [field.border_title for field in app.screen.query("#folder")] == ["Dossier d’images"])
        assert app.screen.query_one("#folder", Input).value == str(tmp_path / "scans")
        assert app.screen.query(Footer)

    drive(app, steps, LARGE)


def test_a_terminal_that_cannot_write_persian_shows_english_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VTE_VERSION", "KONSOLE_VERSION", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    workplace = a_workplace(tmp_path)
    workplace.change({"clinic.language": "fa"})

    async def steps(app: OutpostApp) -> None:
        assert app.screen.query_one("#folder").border_title == "Folder with scans"
        assert any("cannot write فارسی" in note.message for note in app._notifications)

    drive(OutpostApp(workplace), steps)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_doctor_and_an_update_say_is_said_in_every_language(language: str) -> None:
    speak(language)
    told = (
        "AMD EPYC: 2 cores, 4 threads, AVX2.",
        "22,000 MB are free at /data.",
        "OpenVINO with cpu-int8 works: 4.2 ms a slice, at most 0.01 off.",
        "Release 7 of 2026-11-21 is signed by the publisher.",
        "It fits this machine and brings brain-lesions-1.1.0.",
        "4 golden cases computed on this machine as they must be.",
        "Done. Models in use: brain-lesions-1.1.0.",
        "release 7, installed 2026-11-21",
    )
    for text in told:
        assert sentence(text) != text
        assert set(re.findall(r"\d[\d.,]*\d", text)) <= set(re.findall(r"\d[\d.,]*\d", sentence(text)))
