"""The pilot's whole day: folder → reading → review → signature → paper → update of the models → the way back.

Among the slow tests the same day with nothing simulated but the printer: the sample clinic that the first start makes,
the shipped models, processes of their own, and an update of a shipped model from a signed bundle.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from batches import clinic as a_few_scans
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, text_of, until
from textual.widgets import DataTable, Input, OptionList, TextArea
from updates_at_the_keyboard import offered, take_back, take_in
from working import read_quickly

from appliance.ledger import verify_ledger
from appliance.models.slots import FACTORY
from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.dialogs import Notice
from appliance.tui.first_start import FirstStart
from appliance.tui.home import HomeScreen
from appliance.tui.review import ChooseGrade, ReviewScreen
from appliance.tui.study import StudyScreen
from appliance.update.machine import Machine
from appliance.workplace.doctors import enrol
from appliance.workplace.progress import State

if TYPE_CHECKING:
    from pathlib import Path

    from publishing import Clinic, Publisher

DOCTOR, PIN = "Dr. Mensah", "2468"


@dataclass(frozen=True, slots=True)
class Paper:
    """A printer that keeps what it was given as files."""

    folder: Path

    @property
    def pages(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.iterdir())]


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paper:
    """A print service that prints to files."""
    programs, printed = tmp_path / "bin", tmp_path / "printed"
    programs.mkdir()
    printed.mkdir()
    answers = {
        "lp": f'for last; do :; done; cp "$last" "{printed}/"',
        "lpstat": 'case "$1" in -d) echo "system default destination: Office";; -a) echo "Office accepting requests";;'
        ' *) echo "printer Office is idle.  enabled since Fri";; esac',
    }
    for name, answer in answers.items():
        (programs / name).write_text(f"#!/bin/sh\n{answer}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Paper(printed)


async def choose_and_read(app: OutpostApp) -> None:
    """One key reads what is shown on Home."""
    await until(lambda: isinstance(app.screen, HomeScreen))
    await until(lambda: "Results go to" in text_of(app, "#summary"))
    await press(app, "f9")
    await until(lambda: isinstance(app.screen, BatchScreen))
    await until(lambda: app.reading is not None and app.reading.progress.state is State.ENDED)


async def open_first_read(app: OutpostApp) -> None:
    """Enter opens the first study that was read."""
    await until(lambda: any("read: " in row for row in rows_of(app, "#batch-table")))
    table = app.screen.query_one(DataTable)
    table.focus()
    table.move_cursor(row=next(number for number, row in enumerate(rows_of(app, "#batch-table")) if "read: " in row))
    await press(app, "enter")
    await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)


async def review_and_sign(app: OutpostApp) -> None:
    """Change the first grade there is, write a note, sign with name and PIN."""
    await press(app, "s")
    await until(lambda: isinstance(app.screen, ReviewScreen))
    if rows_of(app, "#items"):
        await press(app, "enter")
        if isinstance(app.screen, ChooseGrade):
            app.screen.query_one(OptionList).highlighted = 1
            await press(app, "enter")
    app.screen.query_one(TextArea).text = "Seen with the patient."
    await press(app, "f9")
    app.screen.query_one("#pin", Input).value = PIN
    app.screen.query_one("#pin").focus()
    await press(app, "enter")
    await until(lambda: isinstance(app.screen, StudyScreen))


async def print_signed(app: OutpostApp) -> None:
    """Print what was signed, and find on the screen when that was."""
    await press(app, "escape", "f4")
    await until(lambda: any(DOCTOR in row for row in rows_of(app, "#results")))
    signed = next(number for number, row in enumerate(rows_of(app, "#results")) if DOCTOR in row)
    app.screen.query_one(DataTable).move_cursor(row=signed)
    before = _today()
    await press(app, "p")
    await until(lambda: isinstance(app.screen, Notice))
    assert "Done." in notice_of(app)
    days = {before, _today()}
    await press(app, "escape")
    await until(
        lambda: any(
            DOCTOR in row and any(day in row.split(" | ")[4] for day in days) for row in rows_of(app, "#results")
        )
    )


def _today() -> str:
    return datetime.now(UTC).astimezone().date().isoformat()


async def a_day(app: OutpostApp, version: str) -> None:
    await choose_and_read(app)
    await open_first_read(app)
    await review_and_sign(app)
    await print_signed(app)
    await offered(app)
    await take_in(app, version)
    await take_back(app, version)
    await press(app, "f3")
    assert any("read: " in row for row in rows_of(app, "#batch-table"))


def assert_all_is_kept(results: Path, paper: Paper) -> None:
    """One report is signed, exactly that one was printed, and the audit chain has both."""
    (signed,) = results.rglob("report-signed.pdf")
    assert paper.pages == [signed.read_bytes()]
    assert "Seen with the patient." in (signed.parent / "review.json").read_text(encoding="utf-8")
    verdict = verify_ledger(results)
    assert verdict.sound, verdict.sentences


def test_the_whole_day(tmp_path: Path, at_the_clinic: Clinic, stick: Path, at_once: None, paper: Paper) -> None:
    app = OutpostApp(a_workplace(tmp_path), work=read_quickly)
    enrol(app.workplace.home.doctors, DOCTOR, PIN)
    folder = a_few_scans(tmp_path / "in", 2)

    async def steps(app: OutpostApp) -> None:
        app.screen.query_one("#folder", Input).value = str(folder)
        await press(app, "enter")
        await a_day(app, "1.1.0")

    drive(app, steps, LARGE)
    assert_all_is_kept(tmp_path / "results", paper)
    assert at_the_clinic.packages() == {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}


def newer(package: Path, folder: Path, version: str) -> Path:
    """Copy a shipped package under a higher version."""
    target = folder / f"{package.name.rpartition('-')[0]}-{version}"
    shutil.copytree(package, target)
    description = json.loads((target / "model.json").read_text(encoding="utf-8"))
    (target / "model.json").write_text(json.dumps(description | {"version": version}), encoding="utf-8")
    return target


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_whole_day_with_the_sample_clinic_and_the_shipped_models(
    tmp_path: Path, publisher: Publisher, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTPOST_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("piloting.PATIENCE_S", 1800.0)
    monkeypatch.setattr(
        "appliance.workplace.updating.machine_of", lambda settings: Machine(settings, root=publisher.root)
    )
    (tmp_path / "stick").mkdir()
    package = newer(next(FACTORY.glob("brain-lesions-*")), tmp_path / "new", "9.0.0")
    publisher.bundle(
        tmp_path / "stick" / "outpost-9.outpost", package, made_at=datetime.now(UTC).replace(microsecond=0)
    )
    place = type("Place", (), {"folder": tmp_path / "stick"})
    monkeypatch.setattr("appliance.tui.updates.find_places", lambda: (place,))
    app = OutpostApp(a_workplace(tmp_path, started=False))
    enrol(app.workplace.home.doctors, DOCTOR, PIN)
    before = digests(FACTORY)

    async def steps(app: OutpostApp) -> None:
        assert isinstance(app.screen, FirstStart)
        app.screen.query_one("#sample").focus()
        await press(app, "enter")
        await a_day(app, "9.0.0")

    drive(app, steps, LARGE)
    assert_all_is_kept(tmp_path / "results", paper)
    assert digests(FACTORY) == before
