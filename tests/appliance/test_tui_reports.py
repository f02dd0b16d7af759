"""Reports are made, saved, printed and put together at the keyboard, and what was printed when is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from findings_builders import write_study
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, text_of, until
from spine_findings import spine_study
from textual.widgets import DataTable, DirectoryTree, OptionList

from appliance.ledger import open_ledger
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Notice
from appliance.tui.folders import ChooseFolder
from appliance.tui.reports import ReportsScreen
from appliance.tui.sticks import ChooseStick
from appliance.workplace.places import Place, PlaceKind

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_is_made_saved_to_a_stick_and_printed_or_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    (tmp_path / "stick").mkdir()
    folder = write_study(brain_study(), tmp_path / "results")

    async def steps(app: OutpostApp) -> None:
        await press(app, "f4")
        await until(lambda: rows_of(app, "#results"))
        screen = app.screen
        assert isinstance(screen, ReportsScreen)
        screen._save_to(screen.results[0], tmp_path / "stick")
        await until(lambda: isinstance(app.screen, Notice))
        assert "was saved to" in notice_of(app)
        await press(app, "escape", "p")
        await until(lambda: isinstance(app.screen, Notice))
        assert "not on paper" in notice_of(app)
        await press(app, "escape")
        await until(lambda: "1 report waits for the printer" in text_of(app, "#told"))
        await press(app, "s")
        assert isinstance(app.screen, ChooseStick)
        app.screen.query_one(OptionList).highlighted = app.screen.query_one(OptionList).option_count - 1
        await press(app, "enter")
        assert isinstance(app.screen, ChooseFolder)
        await until(lambda: app.screen.query_one(DirectoryTree).cursor_node)
        await press(app, "u", "escape", "escape", "o")
        await until(lambda: isinstance(app.screen, Notice))

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
    assert (tmp_path / "stick" / f"{folder.name}.pdf").read_bytes() == (folder / "report.pdf").read_bytes()


async def take_the_first(app: OutpostApp) -> None:
    """Save to the first place that is offered."""
    await until(lambda: isinstance(app.screen, ChooseStick))
    app.screen.query_one(OptionList).highlighted = 0
    await press(app, "enter")
    await until(lambda: isinstance(app.screen, Notice))


@pytest.fixture
def stick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick that is plugged in."""
    folder = tmp_path / "stick"
    folder.mkdir()
    place = Place("AMA 8", folder, PlaceKind.STICK, 8_000_000_000)
    monkeypatch.setattr("appliance.tui.sticks.find_places", lambda: (place,))
    return folder


def test_what_the_pacs_takes_goes_to_a_stick_and_a_study_without_it_says_so(tmp_path: Path, stick: Path) -> None:
    with_objects, without = (write_study(study(), tmp_path / "results") for study in (brain_study, spine_study))
    (with_objects / "dicom").mkdir()
    (with_objects / "dicom" / "report.dcm").write_bytes(b"an object")

    async def steps(app: OutpostApp) -> None:
        await press(app, "f4")
        await until(lambda: len(rows_of(app, "#results")) == 2)
        await press(app, "d")
        assert str(app.screen.query_one(OptionList).get_option_at_index(0).prompt) == "AMA 8 (stick, 8 GB)"
        await take_the_first(app)
        assert "1 file was saved to" in notice_of(app)
        await press(app, "escape")
        await until(lambda: len(rows_of(app, "#results")) == 2)
        app.screen.query_one(DataTable).move_cursor(row=1)
        await press(app, "d")
        await take_the_first(app)
        assert f"no DICOM objects of {without.name}" in notice_of(app)

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
    assert (stick / f"{with_objects.name}-dicom" / "report.dcm").read_bytes() == b"an object"


def test_one_key_puts_all_studies_together_and_offers_a_stick(tmp_path: Path, stick: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        await press(app, "f4", "b")
        await until(lambda: isinstance(app.screen, Notice))
        assert "no results" in notice_of(app)
        write_study(brain_study(), tmp_path / "results")
        await press(app, "escape", "b")
        await take_the_first(app)
        assert "batch-" in notice_of(app)

    drive(app, steps, LARGE)
    assert (tmp_path / "results" / "batch.pdf").read_bytes().startswith(b"%PDF")
    saved = sorted(path.suffix for path in stick.iterdir())
    assert saved == [".pdf", ".xlsx"]


def test_what_was_printed_when_is_read_from_the_ledger(tmp_path: Path) -> None:
    from appliance.ledger import output_of  # noqa: PLC0415 - only here
    from appliance.workplace.results_list import results_in  # noqa: PLC0415 - the same

    folder = write_study(brain_study(), tmp_path)
    with open_ledger(tmp_path, operator="", app_version="1").ledger as ledger:
        ledger.printed(folder.name, output_of(folder / "findings.json", tmp_path))
    (result,) = results_in(tmp_path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", result.printed)
