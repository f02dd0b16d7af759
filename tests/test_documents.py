"""What a person is told in a document is what the program has: commands, keys, words on the screen, pictures, links."""

from __future__ import annotations

import argparse
import re
import runpy
import sys
import warnings
from pathlib import Path

import pytest
from documents import Quoted, commands_in, documents, key_tables, quotes_in, texts_of
from launchers import LAUNCHERS
from PIL import Image
from safety_tables import figures, third_parties
from textual.binding import Binding

from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.home import HomeScreen
from appliance.tui.machine import MachineScreen
from appliance.tui.models import ModelsScreen
from appliance.tui.reports import ReportsScreen
from appliance.tui.review import ReviewScreen
from appliance.tui.settings import SettingsScreen
from appliance.tui.shell import PLACES
from appliance.tui.study import StudyScreen

SCREENS = {
    "app": OutpostApp,
    "home": HomeScreen,
    "batch": BatchScreen,
    "study": StudyScreen,
    "review": ReviewScreen,
    "reports": ReportsScreen,
    "models": ModelsScreen,
    "machine": MachineScreen,
    "settings": SettingsScreen,
}
SHOWN_AS = {
    "escape": "Esc",
    "ctrl+o": "Ctrl+O",
    "ctrl+r": "Ctrl+R",
    "ctrl+d": "Ctrl+D",
    "ctrl+u": "Ctrl+U",
    "ctrl+p": "Ctrl+P",
    "f8": "F8",
}
UNNAMED = frozenset({"Next", "View before", "Wider", "Brighter"})
"""The other half of a pair: the table names both keys in one line."""
NOT_OF_THE_SCREEN = frozenset({"quotation marks", "Start here"})
LARGEST_PICTURE = 150_000
LOADS_TORCH = "training.change"
NAMED_ONLY = "the following arguments are required"


class Parsed(Exception):
    """The command line was understood; nothing of it is carried out."""


@pytest.fixture
def only_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def stop(self: argparse.ArgumentParser, args: list[str] | None = None) -> None:  # the commands give no more
        parse(self, args)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)


def quoted(repository: Path) -> list[tuple[str, Quoted]]:
    return [(path.name, one) for path in documents(repository) for one in commands_in(path.read_text(encoding="utf-8"))]


def test_every_command_in_every_document_is_understood(
    repository: Path, only_parsing: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = [(name, one) for name, one in quoted(repository) if one.words[0] != "make"]
    assert len(commands) > 60
    monkeypatch.chdir(repository)
    light = [(name, one) for name, one in commands if LOADS_TORCH not in one.words]
    assert len(commands) - len(light) == 1
    troubles = [f"{name}: {' '.join(one.words)}: {why}" for name, one in light if (why := trouble_with(one, capsys))]
    assert "\n".join(troubles) == ""


@pytest.mark.slow
def test_the_command_that_loads_torch_first_is_understood_too(
    repository: Path, only_parsing: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    for _, one in quoted(repository):
        if LOADS_TORCH in one.words:
            assert trouble_with(one, capsys) == ""


def trouble_with(command: Quoted, capsys: pytest.CaptureFixture[str]) -> str:
    """Start a program up to the point where it has understood its command line."""
    source, arguments = program_of(command.words)
    if not source.is_file():
        return f"there is no {source}"
    text = source.read_text(encoding="utf-8")
    if "argparse" not in text and source.name != "__main__.py":
        return "" if not arguments or "sys.argv" in text else "it takes no arguments"
    told = told_by(source, arguments, capsys)
    return "" if NAMED_ONLY in told and not command.is_to_be_typed else told


def program_of(words: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Return which file is started, and what it is told."""
    if words[0] == "outpost":
        return Path("appliance/__main__.py"), words[1:]
    if words[1] != "-m":
        return Path(words[1]), words[2:]
    module = Path(*words[2].split("."))
    return (module / "__main__.py" if module.is_dir() else module.with_suffix(".py")), words[3:]


def told_by(source: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a program says against its command line."""
    before = sys.argv
    sys.argv = [str(source), *arguments]
    try:
        if source.is_relative_to("packaging") or source.is_relative_to("tests"):
            runpy.run_path(str(source), run_name="__main__")
        else:
            module = ".".join(source.parent.parts if source.name == "__main__.py" else source.with_suffix("").parts)
            with warnings.catch_warnings():  # another test may have imported it: what is looked at is the parsing
                warnings.filterwarnings(
                    "ignore", message=".*found in sys.modules after import", category=RuntimeWarning
                )
                runpy.run_module(module, run_name="__main__")
    except Parsed:
        return ""
    except SystemExit as end:
        return "" if not end.code else capsys.readouterr().err.strip().splitlines()[-1]
    finally:
        sys.argv = before
    return "it does not look at its command line"


def test_every_make_target_and_variable_in_every_document_exists(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    variables = set(re.findall(r"^([A-Z]+) \??:?=", makefile, re.MULTILINE))
    named = [one.words for _, one in quoted(repository) if one.words[0] == "make"]
    assert {words[1] for words in named} <= targets
    assert {word.partition("=")[0] for words in named for word in words[2:] if "=" in word} <= variables
    assert {"demo", "test", "stick", "models"} <= {words[1] for words in named}


@pytest.fixture
def technician(repository: Path) -> str:
    return (repository / "docs" / "technician.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("screen", SCREENS)
def test_the_technician_is_told_every_key_of_a_screen_and_no_other(technician: str, screen: str) -> None:
    has = {
        (binding.key_display or SHOWN_AS.get(binding.key, binding.key), binding.description)
        for binding in SCREENS[screen].BINDINGS
        if isinstance(binding, Binding) and not is_told_elsewhere(binding)
    }
    assert set(key_tables(technician)[screen]) == has


def is_told_elsewhere(binding: Binding) -> bool:
    return binding.description in UNNAMED or binding.id in {f"go-{place}" for place in PLACES}


def test_the_technician_is_told_the_key_of_every_place(technician: str) -> None:
    told = re.findall(r"^\| `(F\d)` \| (\w+) \|$", technician, re.MULTILINE)
    assert [place for place in told if place in PLACES.values()] == list(PLACES.values())


def test_every_word_that_the_technician_is_told_stands_on_the_screen(technician: str, repository: Path) -> None:
    known = [*texts_of(repository / "appliance"), *LAUNCHERS, *LAUNCHERS.values()]
    words = [quote for quote in quotes_in(technician) if quote not in NOT_OF_THE_SCREEN]
    assert len(words) > 50
    assert [quote for quote in words if not any(quote in text for text in known)] == []


def test_every_picture_and_link_of_a_document_is_there(repository: Path) -> None:
    for document in documents(repository):
        links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
        assert [link for link in links if not (document.parent / link).exists()] == [], document.name


def test_pictures_are_small_and_none_is_left_over(technician: str, repository: Path) -> None:
    shown = set(re.findall(r"pictures/([\w-]+\.png)", technician))
    pictures = {path.name: path for path in (repository / "docs" / "pictures").iterdir()}
    assert shown == set(pictures)
    for path in pictures.values():
        assert path.stat().st_size < LARGEST_PICTURE, path.name
        with Image.open(path) as picture:
            assert picture.size == (1200, 720)


def test_every_file_that_a_document_names_is_there(repository: Path) -> None:
    inside = re.compile(r"`((?:appliance|training|compression|packaging|tests|docs)/[\w./-]+)`")
    for document in documents(repository):
        named = inside.findall(document.read_text(encoding="utf-8"))
        lost = [path for path in named if not (repository / path).exists() and not is_made_by_somebody(path)]
        assert lost == [], document.name


def is_made_by_somebody(path: str) -> bool:
    """Say whether a file is left out of the repository on purpose."""
    return path in {"appliance/update/root.json", "packaging/__init__.py"}


def test_the_page_about_safety_repeats_what_the_packages_and_the_install_say(repository: Path) -> None:
    told = (repository / "docs" / "safety.md").read_text(encoding="utf-8")
    assert figures(repository / "appliance" / "factory") in told, "run `make tree`"
    lost = set(third_parties(repository).splitlines()) - set(told.splitlines())
    assert lost == set(), "run `make tree`"
