"""A day's work at the keyboard: first start, choose a folder, read it, look at a study, review, sign, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from batches import clinic
from brain_findings import brain_study
from builders import brain_series, flair_series
from findings_builders import refused_study, write_study
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, settle, text_of, until
from spine_findings import spine_study
from textual.widgets import DataTable, Input, OptionList, TextArea
from working import read_quickly, waiting_for_a_stop

from appliance.findings.review import read_review
from appliance.ledger import verify_ledger
from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.dialogs import ChooseKind, Confirm, Notice
from appliance.tui.first_start import FirstStart
from appliance.tui.home import HomeScreen
from appliance.tui.review import AskSignature, ChooseGrade, ReviewScreen
from appliance.tui.study import StudyScreen
from appliance.workplace.doctors import enrol
from appliance.workplace.progress import State
from appliance.workplace.setup import settings_at

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_start_asks_three_questions_and_keeps_the_answers(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path, started=False))

    async def steps(app: OutpostApp) -> None:
        assert isinstance(app.screen, FirstStart)
        app.screen.query_one("#name", Input).value = "Clinic in the hills"
        app.screen.query_one("#results", Input).value = "not a whole path"
        await press(app, "f9")
        assert "whole path" in text_of(app, "#told")
        app.screen.query_one("#results", Input).value = str(tmp_path / "kept here")
        await press(app, "f9")
        await settle()
        assert isinstance(app.screen, HomeScreen)

    drive(app, steps)
    kept = settings_at(app.workplace.home.settings).clinic
    assert (kept.name, kept.results) == ("Clinic in the hills", str(tmp_path / "kept here"))
    again = OutpostApp()
    again.workplace = type(app.workplace)(app.workplace.home)
    assert again.workplace.memory.started_before


def test_a_typed_folder_shows_at_once_what_is_in_it_and_why_not(tmp_path: Path) -> None:
    flair_series(tmp_path / "in" / "flair")
    brain_series(tmp_path / "in" / "t1")
    (tmp_path / "in" / "empty.dcm").write_bytes(b"")
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        app.screen.query_one("#folder", Input).value = f"'{tmp_path / 'in'}'"
        await press(app, "enter")
        await until(lambda: rows_of(app, "#found"))
        assert any("Brain FLAIR" in row for row in rows_of(app, "#found"))
        assert any("empty.dcm is empty" in row for row in rows_of(app, "#aside"))
        assert "1 study to read" in text_of(app, "#summary")

    drive(app, steps)


def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        app.screen.query_one("#folder", Input).value = "/nowhere/at/all"
        await press(app, "enter")
        await settle()
        assert "stick is plugged in" in notice_of(app)
        await press(app, "escape", "f9")
        assert app.reading is None

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_the_operator_can_say_what_a_series_is_or_leave_it_out(tmp_path: Path) -> None:
    flair_series(tmp_path / "in" / "flair")

    async def steps(app: OutpostApp) -> None:
        app.look_into(tmp_path / "in")
        await until(lambda: rows_of(app, "#found"))
        app.screen.query_one("#found").focus()
        await press(app, "enter")
        assert isinstance(app.screen, ChooseKind)
        app.screen.query_one(OptionList).highlighted = 3
        await press(app, "enter")
        await settle()
        assert "left out by you" in rows_of(app, "#found")[0]
        assert "0 studies to read" in text_of(app, "#summary")
        await press(app, "enter")
        app.screen.query_one(OptionList).highlighted = 1
        await press(app, "enter")
        await settle()
        assert "Spine axial" in rows_of(app, "#found")[0]

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_one_key_reads_the_folder_and_leaving_the_screen_changes_nothing(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 3)
    app = OutpostApp(a_workplace(tmp_path), work=read_quickly)

    async def steps(app: OutpostApp) -> None:
        app.look_into(folder)
        await until(lambda: "3 studies to read" in text_of(app, "#summary"))
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, BatchScreen))
        await press(app, "f2", "f3")
        await until(lambda: app.reading is not None and app.reading.progress.state is State.ENDED)
        await until(lambda: all("read: " in row for row in rows_of(app, "#batch-table")))
        assert len(rows_of(app, "#batch-table")) == 3
        await until(lambda: "3 studies read" in text_of(app, "#state"))
        await press(app, "r")
        await until(lambda: sum("read before" in row for row in rows_of(app, "#batch-table")) == 3)
        app.screen.query_one(DataTable).focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, StudyScreen))

    drive(app, steps)
    assert app.workplace.memory.folders == (str(folder),)
    assert verify_ledger(tmp_path / "results").sound


def test_a_batch_pauses_and_stops_only_when_that_is_confirmed(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 1)
    app = OutpostApp(a_workplace(tmp_path), work=waiting_for_a_stop)

    async def steps(app: OutpostApp) -> None:
        app.look_into(folder)
        await until(lambda: "1 study to read" in text_of(app, "#summary"))
        await press(app, "f9")
        await until(lambda: isinstance(app.screen, BatchScreen))
        reading = app.reading
        assert reading is not None
        await press(app, "p")
        assert reading.paused
        await until(lambda: "paused" in text_of(app, "#state"))
        await press(app, "p")
        assert not reading.paused
        await press(app, "f10")
        assert isinstance(app.screen, Confirm)
        await press(app, "enter")
        assert reading.is_under_way
        await press(app, "x")
        assert isinstance(app.screen, Confirm)
        await press(app, "y")
        await until(lambda: not reading.is_under_way)
        await press(app, "x", "p")
        app.start_reading(folder, app.get_screen_stack("home")[0].inventory)

    drive(app, steps)


def test_a_whole_day_from_the_folder_to_the_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", "")
    folder = clinic(tmp_path / "in", 1)
    app = OutpostApp(a_workplace(tmp_path), work=read_quickly)
    enrol(app.workplace.home.doctors, "Dr. Mensah", "2468")

    async def steps(app: OutpostApp) -> None:
        app.screen.query_one("#folder", Input).value = str(folder)
        await press(app, "enter")
        await until(lambda: "1 study to read" in text_of(app, "#summary"))
        await press(app, "f9")
        await until(lambda: app.reading is not None and app.reading.progress.state is State.ENDED)
        await until(lambda: "read: " in rows_of(app, "#batch-table")[0])
        app.screen.query_one(DataTable).focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await press(app, "s")
        app.screen.query_one(TextArea).text = "Seen."
        await press(app, "f9")
        app.screen.query_one("#pin", Input).value = "2468"
        app.screen.query_one("#pin").focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, StudyScreen))
        await press(app, "escape", "f4")
        await until(lambda: any("Dr. Mensah" in row for row in rows_of(app, "#results")))
        await press(app, "p")
        await until(lambda: isinstance(app.screen, Notice))
        assert "in the queue" in notice_of(app)

    drive(app, steps, LARGE)
    (waiting,) = (tmp_path / "data" / "outpost" / "print-queue").iterdir()
    (signed,) = (tmp_path / "results").rglob("report-signed.pdf")
    assert waiting.read_bytes() == signed.read_bytes()
    assert (tmp_path / "results" / "batch.pdf").is_file()
    assert verify_ledger(tmp_path / "results").sound


def signing(tmp_path: Path, study: object, size: tuple[int, int] = LARGE) -> tuple[OutpostApp, Path]:
    folder = write_study(study, tmp_path / "results")  # type: ignore[arg-type]  # a Findings
    app = OutpostApp(a_workplace(tmp_path))
    enrol(app.workplace.home.doctors, "Dr. Mensah", "2468")
    return app, folder


def test_a_doctor_changes_rejects_notes_and_signs_and_the_chain_has_it(tmp_path: Path) -> None:
    app, folder = signing(tmp_path, brain_study())

    async def steps(app: OutpostApp) -> None:
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await press(app, "s")
        assert isinstance(app.screen, ReviewScreen)
        await press(app, "enter")
        assert isinstance(app.screen, ChooseGrade)
        app.screen.query_one(OptionList).highlighted = 2
        await press(app, "enter")
        await press(app, "down", "enter")
        assert "no lesion" in rows_of(app, "#items")[1]
        app.screen.query_one(TextArea).text = "Lesion 1 is a vessel."
        await press(app, "f9")
        assert isinstance(app.screen, AskSignature)
        app.screen.query_one("#pin", Input).value = "0000"
        app.screen.query_one("#pin").focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, Notice))
        assert "PIN is not right" in notice_of(app)
        assert read_review(folder) is None
        await press(app, "escape", "f9")
        app.screen.query_one("#pin", Input).value = "2468"
        app.screen.query_one("#pin").focus()
        await press(app, "enter")
        await until(lambda: isinstance(app.screen, StudyScreen))
        await until(lambda: "Signed by Dr. Mensah" in text_of(app, "#lines"))
        await press(app, "escape", "f4")
        await until(lambda: any("Dr. Mensah" in row for row in rows_of(app, "#results")))

    drive(app, steps, LARGE)
    review = read_review(folder)
    assert review is not None
    assert review.signed_by == "Dr. Mensah"
    assert [(change.structure, change.automatic) for change in review.grades] == [("severity", "Moderate")]
    assert [lesion.number for lesion in review.lesions] == [1]
    assert review.note == "Lesion 1 is a vessel."
    assert (folder / "report-signed.pdf").read_bytes().startswith(b"%PDF")
    verdict = verify_ledger(tmp_path / "results")
    assert verdict.sound
    assert verdict.entries == 2


@pytest.mark.parametrize("study", [spine_study, refused_study])
def test_every_kind_of_study_opens_and_can_be_leafed_through(tmp_path: Path, study: object) -> None:
    app, folder = signing(tmp_path, study())  # type: ignore[operator]  # a builder

    async def steps(app: OutpostApp) -> None:
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await press(app, "right", "left", "v", "V", "o", "plus", "minus", "left_square_bracket", "0")
        assert "Outpost" in app.title
        await press(app, "s")
        await press(app, "escape")
        await press(app, "i", "d")
        await settle()
        assert isinstance(app.screen, StudyScreen | Notice)

    drive(app, steps)


def test_changes_that_are_not_signed_are_not_lost_without_asking(tmp_path: Path) -> None:
    app, folder = signing(tmp_path, brain_study())

    async def steps(app: OutpostApp) -> None:
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await press(app, "s", "down", "enter", "escape")
        assert isinstance(app.screen, Confirm)
        await press(app, "n")
        assert isinstance(app.screen, ReviewScreen)
        await press(app, "escape", "y")
        await until(lambda: isinstance(app.screen, StudyScreen))

    drive(app, steps)
    assert read_review(folder) is None
