"""Every screen and every dialog of the app, each opened as it is met in a day's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brain_findings import brain_study
from builders import flair_series
from findings_builders import refused_study, write_study
from piloting import press, rows_of, settle, text_of, until
from spine_findings import spine_study
from textual.widgets import Input

from appliance.contracts import PatientFacts, StudyFacts
from appliance.doctor import Finding, Verdict
from appliance.ledger import Standing
from appliance.pipeline.events import Ending, Planned, Ready, StudyBegan, StudyEnded, StudyStep
from appliance.tui.dialogs import ChooseKind, Confirm, Notice
from appliance.tui.first_start import FirstStart
from appliance.tui.folders import ChooseFolder
from appliance.tui.limit import ChangeLimit
from appliance.tui.machine import MachineScreen
from appliance.tui.models import ModelsScreen
from appliance.tui.pin import TypePin, doctors_pin
from appliance.tui.review import AskSignature, ChooseGrade
from appliance.tui.shell import PlaceScreen
from appliance.tui.sticks import ChooseStick
from appliance.tui.study import StudyScreen
from appliance.tui.updates import ChooseUpdate, Updating
from appliance.workplace.background import Broke
from appliance.workplace.progress import EngineTold, Progress
from appliance.workplace.reviewing import draft_of
from appliance.workplace.tongue import counted, say

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.screen import Screen

    from appliance.tui.app import OutpostApp
    from appliance.workplace.progress import Told


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
    await until(lambda: counted("{number} study to read", "{number} studies to read", 1) in text_of(app, "#summary"))


async def batch(app: OutpostApp, folder: Path) -> None:
    app.reading = batch_on_paper(folder)  # type: ignore[assignment]  # what the screen needs of it
    await press(app, "f3")
    await until(lambda: say("reading") in text_of(app, "#state"))


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
    await until(lambda: say("No model is installed: install the program again.") in text_of(app, "#told"))


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
    await until(lambda: say("Done. Lines marked “fault” need something to be done.") in text_of(app, "#told"))


async def settings(app: OutpostApp, _folder: Path) -> None:
    app.workplace.change({"clinic.results": "/data/results"})
    await press(app, "f7")
    app.screen.query_one("#clinic-logo", Input).value = "/nowhere.png"
    await until(lambda: say("There is no such picture. Check the spelling.") in text_of(app, "#clinic-logo-remark"))


async def study(app: OutpostApp, folder: Path) -> None:
    there = next((folder / "results").glob("brain-*"), None)
    app.open_study(there or write_study(brain_study(), folder / "results"))
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


PLACES = (home, batch, reports, models, machine, settings)


def dialogs(app: OutpostApp, folder: Path) -> tuple[Screen[Any], ...]:
    """Every dialog, ready to be put on top."""
    item = draft_of(brain_study()).items[0]
    return (
        Confirm(
            say("Stop reading?"), say("Then anybody who sits here can change them."), yes=say("Stop"), no=say("No")
        ),
        Notice("It is not there.", "Plug the stick in."),
        ChooseKind("T2W", "Two readings are possible."),
        ChooseFolder(folder),
        ChooseStick("Save the report", "Patients are named in it."),
        ChangeLimit("limits.max_files", "100000"),
        doctors_pin(app.workplace.home.doctors),
        TypePin("The settings are under a PIN.", lambda _pin: None),
        ChooseGrade(item),
        AskSignature(app.workplace.home.doctors, 0),
        ChooseUpdate(),
        Updating(folder / "no-such-update", None),  # type: ignore[arg-type]  # it only has to say that it cannot look
        FirstStart("en", folder),
    )


async def walk(app: OutpostApp, folder: Path) -> AsyncIterator[Screen[Any]]:
    """Open everything, one after the other."""
    for show in PLACES:
        await show(app, folder)
        yield app.screen
    await study(app, folder)
    yield app.screen
    await press(app, "s")
    yield app.screen
    await press(app, "escape", "escape")
    for dialog in dialogs(app, folder):
        app.push_screen(dialog)
        await settle(0.2)
        yield dialog
        while not isinstance(app.screen, PlaceScreen):
            app.pop_screen()
            await settle()
