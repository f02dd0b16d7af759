"""What a technician does besides the straight way: browses, looks again, asks for help, presses a key for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from batches import clinic
from brain_findings import brain_study
from builders import flair_series, lumbar_axial
from every_screen import batch, home, review
from findings_builders import write_study
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, settle, text_of, until, work_at_once
from signed_study import LOAD, signed
from textual.command import CommandPalette
from textual.widgets import Button, DataTable, DirectoryTree, Input, OptionList, Select
from working import waiting_for_a_stop

from appliance.contracts import FilesSeen
from appliance.errors import Misuse
from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.dialogs import ChooseKind, Notice
from appliance.tui.first_start import FirstStart
from appliance.tui.folders import ChooseFolder
from appliance.tui.home import HomeScreen
from appliance.tui.reports import ReportsScreen
from appliance.tui.review import AskSignature, ReviewScreen
from appliance.tui.study import StudyScreen
from appliance.workplace.doctors import check_pin
from appliance.workplace.places import Place, PlaceKind
from appliance.workplace.tongue import speak

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """A language that a test chose must not be that of the next."""
    yield
    speak("en")


# First start


def sample_of(folder: Path, *, trouble: bool = False) -> object:
    """Make a sample clinic in no time; its making is tested where it is made."""

    def make(_wishes: object, _where: Path) -> Iterator[Path]:
        if trouble:
            raise Misuse("There is no room.", advice="Make some.")
        flair_series(folder / "flair")
        yield folder

    return make


def test_the_sample_clinic_is_made_on_the_first_start_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_at_once(monkeypatch)
    app = OutpostApp(a_workplace(tmp_path, started=False))

    async def steps(app: OutpostApp) -> None:
        assert isinstance(app.screen, FirstStart)
        monkeypatch.setattr("appliance.workplace.sample.make_sample", sample_of(tmp_path / "sample", trouble=True))
        await press(app, "tab", "enter")
        app.screen.query_one("#results", Input).value = "no whole path"
        app.screen.query_one("#sample", Button).press()
        await until(lambda: "whole path" in text_of(app, "#told"))
        app.screen.query_one("#results", Input).value = str(tmp_path / "results")
        app.screen.query_one("#sample", Button).press()
        await until(lambda: "There is no room. Make some." in text_of(app, "#told"))
        assert not app.screen.query_one("#sample", Button).disabled
        monkeypatch.setattr("appliance.workplace.sample.make_sample", sample_of(tmp_path / "sample"))
        app.screen.query_one("#sample", Button).press()
        await until(lambda: isinstance(app.screen, HomeScreen))
        await until(lambda: "1 study to read" in text_of(app, "#summary"))

    drive(app, steps, LARGE)


def test_answers_that_cannot_be_kept_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = OutpostApp(a_workplace(tmp_path, started=False))

    def refuse(_answers: object) -> None:
        raise Misuse("The disk is full.", advice="Make room.")

    async def steps(app: OutpostApp) -> None:
        monkeypatch.setattr(app.workplace, "change", refuse)
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, Notice))
        assert notice_of(app) == "The disk is full. Make room."
        await press(app, "escape")
        assert isinstance(app.screen, FirstStart)

    drive(app, steps)


def test_the_language_that_is_chosen_first_is_spoken_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    app = OutpostApp(a_workplace(tmp_path, started=False))

    async def steps(app: OutpostApp) -> None:
        app.screen.query_one("#name", Input).value = "Clinique du lac"
        app.screen.query_one("#language", Select).value = "fr"
        await until(lambda: "Bienvenue" in str(app.screen.query("Label").first().render()))
        assert app.screen.query_one("#name", Input).value == "Clinique du lac"
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, HomeScreen))
        await until(lambda: "Lancer la lecture" in str(app.screen.query_one("#start", Button).label))

    drive(app, steps, LARGE)
    assert app.workplace.settings.clinic.language == "fr"


# Home


def test_a_folder_is_chosen_from_the_list_or_inside_a_place_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flair_series(tmp_path / "stick" / "scans" / "flair")
    place = Place("AMA 8", tmp_path / "stick", PlaceKind.STICK, 8_000_000_000)
    monkeypatch.setattr("appliance.tui.home.find_places", lambda: (place,))

    async def steps(app: OutpostApp) -> None:
        home = app.screen
        assert isinstance(home, HomeScreen)
        await press(app, "ctrl+r")
        assert home.folder is None
        home.query_one(OptionList).focus()
        home.query_one(OptionList).highlighted = 0
        await press(app, "enter")
        await until(lambda: "1 study to read" in text_of(app, "#summary"))
        assert home.folder == tmp_path / "stick"
        lumbar_axial(tmp_path / "stick" / "more")
        await press(app, "ctrl+r")
        await until(lambda: len(rows_of(app, "#found")) == 2)
        await press(app, "ctrl+o")
        await until(lambda: app.screen.query_one(DirectoryTree).cursor_node)
        assert isinstance(app.screen, ChooseFolder)
        app.screen.query_one("#back", Button).press()
        await until(lambda: app.screen is home)
        await press(app, "ctrl+o")
        await until(lambda: app.screen.query_one(DirectoryTree).cursor_node)
        app.screen.query_one("#up", Button).press()
        await until(lambda: app.screen.query_one(DirectoryTree).path == tmp_path)
        await press(app, "escape", "ctrl+o")
        await until(lambda: app.screen.query_one(DirectoryTree).cursor_node)
        await until(lambda: len(app.screen.query_one(DirectoryTree).root.children) == 2)
        await press(app, "down")
        app.screen.query_one("#choose", Button).press()
        await until(lambda: home.folder == tmp_path / "stick" / "more")
        home.query_one(Input).value = ""
        home.query_one(Input).focus()
        await press(app, "enter")
        assert home.folder == tmp_path / "stick" / "more"

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_what_was_seen_of_another_folder_is_not_shown(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await home(app, tmp_path)
        there = app.screen
        assert isinstance(there, HomeScreen)
        there.post_message(there.Seen(tmp_path / "another", [FilesSeen(77, 0)], over=True))
        await settle()
        assert there.inventory.files != 77
        there.query_one("#aside").focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, Notice))
        assert "empty.dcm" in notice_of(app)
        await press(app, "escape")
        before = rows_of(app, "#found")
        there.query_one("#found").focus()
        await press(app, "enter")
        assert isinstance(app.screen, ChooseKind)
        await press(app, "escape")
        assert rows_of(app, "#found") == before

    drive(OutpostApp(a_workplace(tmp_path)), steps)


# The app itself


def test_help_and_commands_open_once_and_close_and_f10_leaves_when_nothing_is_lost(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await press(app, "f1")
        await until(lambda: app.screen.query("HelpPanel"))
        await press(app, "f1")
        await until(lambda: not app.screen.query("HelpPanel"))
        await press(app, "f8")
        assert app.workplace.memory.light
        await press(app, "f8")
        assert not app.workplace.memory.light
        await press(app, "ctrl+p")
        await until(lambda: isinstance(app.screen, CommandPalette))
        depth = len(app.screen_stack)
        app.action_command_palette()
        await settle()
        assert len(app.screen_stack) == depth
        await press(app, "escape")
        app.push_screen(Notice("Answer first.", "Then go."))
        await settle()
        app.action_go("reports")
        await settle()
        assert isinstance(app.screen, Notice)
        await press(app, "escape", "f10")
        assert app._exit

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_whoever_says_yes_leaves_while_a_batch_is_read_and_nothing_goes_on(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path), work=waiting_for_a_stop)

    async def steps(app: OutpostApp) -> None:
        app.look_into(clinic(tmp_path / "in", 1))
        await until(lambda: "1 study to read" in text_of(app, "#summary"))
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, BatchScreen))
        await press(app, "f10", "f10")
        await press(app, "y")
        assert app._exit

    drive(app, steps)
    assert app.reading is not None
    assert not app.reading._work._process.is_alive()


def test_a_key_waits_until_the_libraries_are_loaded(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        app.loaded.clear()
        app.action_go("reports")
        await settle()
        assert isinstance(app.screen, HomeScreen)
        app.loaded.set()
        await until(lambda: isinstance(app.screen, ReportsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_an_error_of_ours_that_nobody_caught_is_told_with_its_next_step(tmp_path: Path) -> None:
    def refuse() -> None:
        raise Misuse("It cannot be.", advice="Try another.")

    async def steps(app: OutpostApp) -> None:
        app.call_later(refuse)
        await until(lambda: isinstance(app.screen, Notice))
        assert notice_of(app) == "It cannot be. Try another."

    drive(OutpostApp(a_workplace(tmp_path)), steps)


# A batch


def test_keys_for_a_batch_say_so_where_there_is_none(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await press(app, "f3", "p", "x", "r")
        await settle()
        assert [note.message for note in app._notifications] == [
            "Nothing is being read now.",
            "Nothing is being read now.",
            "There is nothing to start again now.",
        ]

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_a_row_without_results_tells_its_whole_sentence(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await batch(app, tmp_path)
        table = app.screen.query_one("#batch-table", DataTable)
        table.focus()
        table.move_cursor(row=1)
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, Notice))
        assert "A slice is missing. Export the series again." in notice_of(app)
        await press(app, "escape")
        table.move_cursor(row=3)
        await press(app, "enter")
        assert isinstance(app.screen, BatchScreen)

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


# Reports


def test_keys_for_a_report_say_so_where_there_is_none(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await press(app, "f4", "o", "p", "s", "d")
        await settle()
        assert [note.message for note in app._notifications] == ["No study is marked."] * 4
        assert isinstance(app.screen, ReportsScreen)

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_a_report_that_cannot_be_handed_out_stays_where_it_is_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_study(brain_study(), tmp_path / "results")

    def refuse(*_: object) -> None:
        raise Misuse("The stick is full.", advice="Take another.")

    for name in ("print_study", "save_study", "save_batch"):
        monkeypatch.setattr(f"appliance.workplace.handing_out.{name}", refuse)

    async def steps(app: OutpostApp) -> None:
        await press(app, "f4")
        await until(lambda: rows_of(app, "#results"))
        screen = app.screen
        assert isinstance(screen, ReportsScreen)
        for begin in (
            lambda: screen._print(screen.results[0]),
            lambda: screen._save_to(screen.results[0], tmp_path),
            lambda: screen._save_batch_to((tmp_path / "batch.pdf",), tmp_path),
        ):
            begin()
            await until(lambda: isinstance(app.screen, Notice))
            assert notice_of(app) == ("It is not on paper or on the stick yet. The stick is full. Take another.")
            await press(app, "escape")
            await until(lambda: rows_of(app, "#results"))
        screen._save_to(screen.results[0], None)
        screen._save_dicom_to(screen.results[0], None)
        screen._save_batch_to((), None)
        await settle()
        assert app.screen is screen

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


# Review


def test_a_doctor_without_a_pin_gets_one_before_signing_and_enter_goes_on_to_the_next_field(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await review(app, tmp_path)
        await press(app, "f9")
        assert isinstance(app.screen, AskSignature)
        app.screen.query_one("#new", Button).press()
        await until(lambda: not isinstance(app.screen, AskSignature))
        for field, text in (("name", "Dr. Osei"), ("pin-one", "1357"), ("pin-two", "1357")):
            app.screen.query_one(f"#{field}", Input).value = text
        app.screen.query_one("#pin-two").focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, AskSignature))
        name = app.screen.query_one("#name", Input)
        assert name.value == "Dr. Osei"
        name.focus()
        await press(app, "enter")
        assert app.focused is app.screen.query_one("#pin")
        app.screen.query_one("#new", Button).press()
        await until(lambda: not isinstance(app.screen, AskSignature))
        await press(app, "escape")
        await until(lambda: isinstance(app.screen, AskSignature))
        app.screen.query_one("#back", Button).press()
        await until(lambda: isinstance(app.screen, ReviewScreen))

    app = OutpostApp(a_workplace(tmp_path))
    drive(app, steps, LARGE)
    check_pin(app.workplace.home.doctors, "Dr. Osei", "1357")


def test_a_review_that_was_signed_is_taken_up_again(tmp_path: Path) -> None:
    folder = signed(write_study(brain_study(), tmp_path / "results"), LOAD, lesions=1)

    async def steps(app: OutpostApp) -> None:
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await press(app, "s")
        assert any("no lesion" in row for row in rows_of(app, "#items"))

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
