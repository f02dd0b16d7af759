"""Every other screen at the keyboard, and how all of them look: SVG pictures in two sizes, kept and compared."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import flair_series
from findings_builders import brain_study, refused_study, spine_study, write_study
from piloting import LARGE, SMALL, a_workplace, drive, notice_of, press, rows_of, settle, text_of, until
from textual.widgets import DataTable, DirectoryTree, Input, OptionList

from appliance.contracts import PatientFacts, StudyFacts
from appliance.doctor import Finding, Verdict
from appliance.ledger import Standing, open_ledger
from appliance.pipeline.events import Ended, Ending, Planned, Ready, StudyBegan, StudyEnded, StudyStep
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Confirm, Notice
from appliance.tui.folders import ChooseFolder
from appliance.tui.machine import MachineScreen
from appliance.tui.models import ModelsScreen
from appliance.tui.reports import ReportsScreen
from appliance.tui.settings import trouble_with
from appliance.tui.sticks import ChooseStick
from appliance.tui.study import StudyScreen
from appliance.workplace.background import Broke
from appliance.workplace.doctors import known_doctors
from appliance.workplace.inventory import Inventory
from appliance.workplace.places import Place, PlaceKind
from appliance.workplace.progress import EngineTold, Progress
from appliance.workplace.setup import settings_at

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from appliance.workplace.progress import Told

SNAPSHOTS = Path(__file__).with_name("snapshots")
RENEW = "OUTPOST_RENEW_SNAPSHOTS"
KEY_S = 0.1
"""Of the processor, for one key: within this it has to be answered."""


class BatchOnPaper:
    """What the batch screen needs of a reading, without a process."""

    paused = False
    is_under_way = False
    news = "3/4"

    def __init__(self, folder: Path) -> None:
        self.progress = Progress()
        self.request = type("Request", (), {"folder": folder, "output": folder})()

    def end(self) -> None:
        """Nothing works elsewhere."""


EVENTS: tuple[Told, ...] = (
    Ready((("brain-lesions", "1.0.0"),), "auto"),
    Planned(4, 0),
    StudyBegan(1, 4, "a", PatientFacts("Mensah^Ama"), StudyFacts(), (), Standing.NEW),
    StudyEnded(1, 4, "a", Ending.READ, "11 lesions, 7.4 ml (Moderate).", "a", 1.2, None),
    EngineTold("No NVIDIA driver answered, so this runs on the CPU: about 12 ms a slice."),
    StudyBegan(2, 4, "b", PatientFacts("آذر^سارا"), StudyFacts(), (), Standing.NEW),
    StudyEnded(2, 4, "b", Ending.REFUSED, "A slice is missing. Export the series again.", None, 0.2, None),
    StudyBegan(3, 4, "c", PatientFacts("Beispiel^Jörg"), StudyFacts(), (), Standing.NEW),
    StudyEnded(3, 4, "c", Ending.FAILED, "There was not enough memory. Close other programs.", None, 0.2, 95.0),
    StudyBegan(4, 4, "d", PatientFacts("样本^明"), StudyFacts(), (), Standing.NEW),
    StudyStep("d", "read spine-sagittal"),
)


def batch_on_paper(folder: Path) -> BatchOnPaper:
    reading = BatchOnPaper(folder)
    for second, event in enumerate(EVENTS):
        reading.progress.take(event, second * 10.0)
    return reading


async def home(app: OutpostApp, folder: Path) -> None:
    flair_series(folder / "scans" / "flair")
    (folder / "scans" / "empty.dcm").write_bytes(b"")
    app.look_into(folder / "scans")
    await until(lambda: "1 study to read" in text_of(app, "#summary"))


async def batch(app: OutpostApp, folder: Path) -> None:
    app.reading = batch_on_paper(folder)  # type: ignore[assignment]  # what the screen needs of it
    await press(app, "f3")
    await until(lambda: "reading" in text_of(app, "#state"))


async def reports(app: OutpostApp, folder: Path) -> None:
    for study in (brain_study(), spine_study(), refused_study()):
        write_study(study, folder / "results")
    await press(app, "f4")
    await until(lambda: len(rows_of(app, "#results")) == 3)


async def models(app: OutpostApp, _folder: Path) -> None:
    await press(app, "f5")
    screen = app.screen
    assert isinstance(screen, ModelsScreen)
    await until(lambda: screen._models)
    screen.post_message(screen.Listed(()))
    await until(lambda: "No model is installed" in text_of(app, "#told"))


async def machine(app: OutpostApp, _folder: Path) -> None:
    await press(app, "f6")
    screen = app.screen
    assert isinstance(screen, MachineScreen)
    for finding in (
        Finding("processor", Verdict.GOOD, "A processor: 2 cores, 2 threads, AVX2."),
        Finding("graphics", Verdict.NOTE, "No NVIDIA driver answered."),
        Finding("clock", Verdict.FAULT, "The clock says 1980-01-01, which cannot be.", "Set date and time."),
        Broke("The work ended by itself (code -6).", "Start it again."),
        None,
    ):
        screen.post_message(screen.Found(finding))
    await until(lambda: "Done" in text_of(app, "#told"))


async def settings(app: OutpostApp, _folder: Path) -> None:
    app.workplace.change({"clinic.results": "/data/results"})
    await press(app, "f7")
    app.screen.query_one("#clinic-logo", Input).value = "/nowhere.png"
    await until(lambda: "no such picture" in text_of(app, "#clinic-logo-remark"))


async def study(app: OutpostApp, folder: Path) -> None:
    app.open_study(write_study(brain_study(), folder / "results"))
    await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
    await settle(0.5)


async def review(app: OutpostApp, folder: Path) -> None:
    await study(app, folder)
    await press(app, "s", "down", "enter")


async def helped(app: OutpostApp, _folder: Path) -> None:
    field = app.screen.query(Input).first()
    field.cursor_blink = False
    field.focus()
    await press(app, "f1")
    await until(lambda: app.screen.query("HelpPanel"))
    await settle(0.5)


async def asked(app: OutpostApp, _folder: Path) -> None:
    app.push_screen(Confirm("Stop reading?", "Everything that is done stays.", yes="Stop", no="Go on"))
    await settle()


SCREENS = (home, batch, reports, models, machine, settings, study, review, helped, asked)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
@pytest.mark.parametrize("show", SCREENS, ids=[show.__name__ for show in SCREENS])
def test_a_screen_looks_as_it_did_when_somebody_looked_at_it(
    tmp_path: Path, show: Callable[[OutpostApp, Path], Awaitable[None]], size: tuple[int, int]
) -> None:
    app, pictures = OutpostApp(a_workplace(tmp_path)), []

    async def steps(app: OutpostApp) -> None:
        await show(app, tmp_path)
        await settle(0.4)
        pictures.append(app.export_screenshot(simplify=True))

    drive(app, steps, size)
    kept = SNAPSHOTS / f"{show.__name__}-{size[0]}x{size[1]}.svg"
    if os.environ.get(RENEW):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(re.sub(r"/tmp/[^<&\s]*", "/…", pictures[0]), encoding="utf-8")  # noqa: S108 - left out
    assert words_of(pictures[0], tmp_path) == words_of(kept.read_text(encoding="utf-8"), tmp_path), (
        f"{RENEW}=1 renews it"
    )


def words_of(picture: str, folder: Path) -> list[str]:
    """Return what stands on a screen, but for folders and disks of this machine, and bars as long as their names."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    clean = [text.replace("&#160;", " ").replace("\xa0", " ").strip() for text in texts]
    machine_made = re.compile(rf"(?:{re.escape(str(folder))}|/tmp|/…|test_a_|pytest|disk|stick| GB|results|scans|0/0)")
    return [text for text in clean if re.search(r"\w", text) and not machine_made.search(text)]


def test_settings_are_written_when_they_are_right_and_never_before(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        await press(app, "f7")
        name = app.screen.query_one("#clinic-name", Input)
        name.value = "Clinic by the lake"
        name.focus()
        await press(app, "enter")
        logo = app.screen.query_one("#clinic-logo", Input)
        logo.value = "/nowhere.png"
        logo.focus()
        await press(app, "enter")
        app.screen.query_one("#limits").focus()
        await press(app, "enter")
        app.screen.query_one("#value", Input).value = "many"
        await press(app, "enter")
        assert "not a whole number" in text_of(app, "#trouble")
        app.screen.query_one("#value", Input).value = "77"
        await press(app, "enter")
        assert rows_of(app, "#limits")[0].split(" | ")[1] == "77"
        await press(app, "ctrl+d")
        for field, text in (("name", "Dr. A"), ("pin-one", "1234"), ("pin-two", "1235")):
            app.screen.query_one(f"#{field}", Input).value = text
        await press(app, "enter")
        assert "differ" in text_of(app, "#trouble")
        app.screen.query_one("#pin-two", Input).value = "1234"
        await press(app, "enter", "f8")

    drive(app, steps, LARGE)
    kept = settings_at(app.workplace.home.settings)
    assert (kept.clinic.name, kept.clinic.logo, kept.limits.max_files) == ("Clinic by the lake", "", 77)
    assert known_doctors(app.workplace.home.doctors) == ("Dr. A",)
    assert app.workplace.memory.light


@pytest.mark.parametrize(("text", "trouble"), [("/data", ""), ("data", "whole path"), ("'/data'", "")])
def test_a_folder_for_results_needs_its_whole_path(text: str, trouble: str) -> None:
    assert trouble in trouble_with("clinic.results", text)


def test_a_self_test_stands_beside_its_model(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        await press(app, "f5")
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        await until(lambda: screen._models)
        name = screen._models[0].folder.name
        for finding in (
            Finding("model", Verdict.GOOD, f"{name}/segment: OpenVINO, 4 ms a slice."),
            Finding("model", Verdict.FAULT, f"{name}/explain: it gave a wrong answer."),
            Finding("model", Verdict.FAULT, "Something else is wrong.", "Install it again."),
            Broke("It ended.", "Again."),
            None,
        ):
            screen.post_message(screen.Tested(finding))
        await until(lambda: "Tested" in text_of(app, "#told"))
        assert "fault: it gave a wrong answer." in rows_of(app, "#installed")[0]

    drive(app, steps, LARGE)


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


def test_settings_under_a_pin_are_shut_until_it_is_typed_and_again_once_they_are_left(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def put_under_a_pin(app: OutpostApp) -> None:
        await press(app, "f7", "ctrl+u")
        app.screen.query_one("#pin-one", Input).value = "12"
        await until(lambda: "at least 4 digits" in text_of(app, "#trouble"))
        app.screen.query_one("#pin-one", Input).value = "1234"
        app.screen.query_one("#pin-two", Input).value = "15"
        await until(lambda: "differ" in text_of(app, "#trouble"))
        app.screen.query_one("#pin-two", Input).value = "1234"
        await press(app, "enter")
        assert not app.screen.query_one("#clinic-name").disabled

    async def steps(app: OutpostApp) -> None:
        await put_under_a_pin(app)
        await press(app, "f2", "f7")
        assert app.screen.query_one("#clinic-name").disabled
        assert app.screen.query_one("#limits").disabled
        await press(app, "ctrl+d")
        await until(lambda: isinstance(app.screen, Notice))
        assert "under a PIN" in notice_of(app)
        await press(app, "escape", "ctrl+u")
        app.screen.query_one("#pin", Input).value = "9999"
        await press(app, "enter")
        assert "not right" in text_of(app, "#trouble")
        app.screen.query_one("#pin", Input).value = "1234"
        await press(app, "enter")
        name = app.screen.query_one("#clinic-name", Input)
        assert not name.disabled
        name.value = "Clinic by the lake"
        name.focus()
        await press(app, "enter", "ctrl+u")
        assert not app.workplace.safeguard.is_set

    drive(app, steps, LARGE)
    assert settings_at(app.workplace.home.settings).clinic.name == "Clinic by the lake"


def test_what_was_printed_when_is_read_from_the_ledger(tmp_path: Path) -> None:
    from appliance.ledger import output_of  # noqa: PLC0415 - only here
    from appliance.workplace.results_list import results_in  # noqa: PLC0415 - the same

    folder = write_study(brain_study(), tmp_path)
    with open_ledger(tmp_path, operator="", app_version="1").ledger as ledger:
        ledger.printed(folder.name, output_of(folder / "findings.json", tmp_path))
    (result,) = results_in(tmp_path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", result.printed)


def test_whatever_breaks_is_one_sentence_with_a_next_step(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))

    async def steps(app: OutpostApp) -> None:
        app.call_later(lambda: 1 / 0)
        await until(lambda: isinstance(app.screen, Notice))
        assert "ZeroDivisionError" in notice_of(app)
        assert "trouble.txt" in notice_of(app)
        await press(app, "escape")
        (app.workplace.home.folder / "trouble.txt").unlink()

    drive(app, steps)


def test_a_thousand_rows_scroll_and_change_without_waiting(tmp_path: Path) -> None:
    app = OutpostApp(a_workplace(tmp_path))
    reading = BatchOnPaper(tmp_path)
    for number in range(1000):
        reading.progress.take(StudyEnded(number + 1, 1000, f"k{number}", Ending.KEPT, "", None, 0.0, None), 0.0)
    reading.progress.take(Ended((), 0, stopped=False), 0.0)

    async def steps(app: OutpostApp) -> None:
        app.reading = reading  # type: ignore[assignment]  # what the screen needs of it
        await press(app, "f3")
        await until(lambda: len(rows_of(app, "#batch-table")) == 1000)
        await press(app, "pagedown", "pagedown", "ctrl+end", "ctrl+home")
        table = app.screen.query_one("#batch-table")
        assert table.cursor_row == 0  # type: ignore[attr-defined]  # a table
        start = time.process_time()
        for _ in range(40):
            app.simulate_key("down")
            await asyncio.sleep(0)
        await until(lambda: table.cursor_row == 40)  # type: ignore[attr-defined]  # a table
        assert time.process_time() - start < 40 * KEY_S

    drive(app, steps)
    assert Inventory().sentence().startswith("0 files")
