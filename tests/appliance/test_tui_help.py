"""Help for everything that can be in focus, in every language; every command by key, by mouse and by name."""

from __future__ import annotations

import ast
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from every_screen import batch, home, reports, study, walk
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, settle, until
from standing_places import REPOSITORY
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import DataTable, Markdown, OptionList

from appliance.settings import LANGUAGES
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import ChooseKind, Confirm, Notice
from appliance.tui.help import help_for
from appliance.tui.home import HomeScreen
from appliance.tui.machine import MachineScreen
from appliance.tui.settings import SettingsScreen
from appliance.tui.shell import PLACES, PlacesBar
from appliance.workplace.tongue import speak
from appliance.workplace.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.screen import Screen
    from textual.widget import Widget

SHORTEST = 20
"""Characters of a help that says anything."""
FOCUSABLE = {"Button", "Input", "OptionList", "Select", "TextArea", "DataTable", "DirectoryTree", "VerticalScroll"}


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    speak("en")


def test_no_widget_that_can_be_in_focus_is_made_without_help() -> None:
    bare = []
    for file in sorted((REPOSITORY / "appliance" / "tui").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        given = [call.args[0] for call in _calls(tree) if _name(call) == "helped"]
        names = {each.id for each in given if isinstance(each, ast.Name)}
        helped = {id(each) for each in given}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and {getattr(each, "id", "") for each in node.targets} & names:
                helped.add(id(node.value))
        bare += [f"{file.name}:{call.lineno}" for call in _calls(tree) if id(call) not in helped and _takes_focus(call)]
    assert not bare


def _takes_focus(call: ast.Call) -> bool:
    can = [word.value for word in call.keywords if word.arg == "can_focus"]
    return _name(call) in FOCUSABLE and all(ast.literal_eval(value) for value in can)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def helped_widgets(screen: Screen[object]) -> dict[str, str]:
    """Everything on a screen that can be in focus, or could if it were not disabled, and its help."""
    widgets: list[Widget] = [each for each in screen.query("*") if each.can_focus and each.display]
    return {f"{type(screen).__name__} {each}": help_for(each) for each in widgets}


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_in_focus_has_a_help_of_its_own_in_every_language(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTPOST_LANGUAGE", language)
    found: dict[str, str] = {}

    async def steps(app: OutpostApp) -> None:
        async with aclosing(walk(app, tmp_path)) as screens:
            async for screen in screens:
                found.update(helped_widgets(screen))

    workplace = a_workplace(tmp_path)
    drive(OutpostApp(workplace), steps, LARGE)
    assert len(found) > 50
    assert not [widget for widget, text in found.items() if len(text) < SHORTEST]
    if language in {"hi", "fa"}:
        assert not [text for text in found.values() if text.isascii()]


def test_f1_says_what_the_thing_in_focus_is_for_and_follows_the_focus(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await press(app, "f4")
        app.screen.query_one("#open").focus()
        await press(app, "f1")
        await until(lambda: "as a PDF" in _help_shown(app))
        await press(app, "tab")
        await until(lambda: "Prints the report" in _help_shown(app))
        await press(app, "f1")
        assert not app.screen.query("Help")

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def _help_shown(app: OutpostApp) -> str:
    return "".join(text.source for text in app.screen.query("Help Markdown").results(Markdown))


def test_each_place_and_choice_is_found_by_its_name_in_the_palette(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        names = {command.title for command in app.get_system_commands(app.screen)}
        assert {title for _, title in PLACES.values()} | {"Help", "Quit", "Light or dark"} <= names
        await press(app, "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await press(app, *"Machi")
        await until(lambda: app.screen.query_one(OptionList).option_count)
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, MachineScreen))
        await press(app, "ctrl+p", "escape")
        assert isinstance(app.screen, MachineScreen)

    drive(OutpostApp(a_workplace(tmp_path)), steps)


@pytest.mark.slow
def test_the_mouse_does_what_keys_do(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await home(app, tmp_path)
        await _click(app, "#found", (10, 2))
        await _click(app, "#found", (10, 2))
        await until(lambda: isinstance(app.screen, ChooseKind))
        await _click(app, "OptionList", (5, 4))
        await until(lambda: "left out by you" in rows_of(app, "#found")[0])
        for name, (key, _) in PLACES.items():
            bar = app.screen.query_one(PlacesBar)
            await _click(app, "#places", (str(bar.render()).index(f"{key} ") + 1, 0))
            await until(lambda name=name: app.current_mode == name)
        assert isinstance(app.screen, SettingsScreen)
        await _click(app, "#pin", (3, 1))
        await until(lambda: app.screen.query("#pin-one"))
        await _click(app, "#back", (3, 1))
        await until(lambda: isinstance(app.screen, SettingsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_a_click_on_an_answer_gives_it_and_one_beside_the_question_does_not(tmp_path: Path) -> None:
    answers: list[bool | None] = []

    async def steps(app: OutpostApp) -> None:
        app.push_screen(Confirm("Stop?", "It stays.", yes="Stop", no="Go on"), answers.append)
        await settle()
        await Pilot(app).click(offset=(1, 1))
        await settle()
        assert isinstance(app.screen, Confirm)
        await _click(app, "#no", (3, 1))
        app.push_screen(Confirm("Stop?", "It stays.", yes="Stop", no="Go on"), answers.append)
        await settle()
        await _click(app, "#yes", (3, 1))
        await until(lambda: len(answers) == 2)

    drive(OutpostApp(a_workplace(tmp_path)), steps)
    assert answers == [False, True]


def test_a_click_goes_to_a_studys_results_and_the_wheel_scrolls_its_findings(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await reports(app, tmp_path)
        await _click(app, "#results", (10, 2))
        await _click(app, "#results", (10, 2))
        await settle(0.3)
        await press(app, "f2")
        await study(app, tmp_path)
        findings = app.screen.query_one("#findings")
        await Pilot(app)._post_mouse_events([_wheel()], "#findings", (5, 5))
        await until(lambda: findings.scroll_y > 0)

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def _wheel() -> type:
    from textual.events import MouseScrollDown  # noqa: PLC0415 - only here

    return MouseScrollDown


async def _click(app: OutpostApp, selector: str, offset: tuple[int, int]) -> None:
    await Pilot(app).click(selector, offset=offset)
    await settle()


def test_a_key_that_somebody_wants_elsewhere_is_there_and_no_longer_where_it_was(tmp_path: Path) -> None:
    workplace = a_workplace(tmp_path)
    workplace._remember(replace(workplace.memory, keys={"start": "f12", "go-machine": "ctrl+g"}))

    async def steps(app: OutpostApp) -> None:
        assert isinstance(app.screen, HomeScreen)
        await press(app, "f9")
        assert not app._notifications
        await press(app, "f12")
        assert [note.message for note in app._notifications] == ["Choose a folder with something to read first."]
        await press(app, "f6")
        assert isinstance(app.screen, HomeScreen)
        await press(app, "ctrl+g")
        assert isinstance(app.screen, MachineScreen)

    drive(OutpostApp(Workplace(workplace.home)), steps)


def test_a_refused_row_says_what_to_do_by_click_as_by_key(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await batch(app, tmp_path)
        table = app.screen.query_one(DataTable)
        table.focus()
        await press(app, "down", "enter")
        assert isinstance(app.screen, Notice)
        by_key = notice_of(app)
        await press(app, "escape")
        for _ in range(2):
            await _click(app, "#batch-table", (30, 3))
        await until(lambda: isinstance(app.screen, Notice))
        assert notice_of(app) == by_key
        assert "A slice is missing" in by_key

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
