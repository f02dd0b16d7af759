"""Updating at the keyboard: chosen on a stick, looked at, said yes to, watched; and the way back."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import bundle_make
import pytest
from piloting import LARGE, SMALL, a_workplace, drive, press, rows_of, settle, text_of, until
from publishing import Clinic, Publisher
from textual.widgets import Button, Static

from appliance.engine.choice import Device
from appliance.errors import OutpostError
from appliance.settings import Settings
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Confirm, Notice
from appliance.tui.models import ModelsScreen
from appliance.tui.updates import ChooseUpdate, Updating
from appliance.update.machine import Machine
from appliance.workplace import updating
from appliance.workplace.background import Broke, Wishes
from appliance.workplace.updating import updates_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def at_the_clinic(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Let the app work on the clinic's machine, with a clock that runs: it travels to another process."""
    machine = clinic.machine
    real = Machine(device=Device.CPU, state=machine.state, factory=machine.factory, root=machine.root)

    def machine_of(_settings: Settings) -> Machine:
        return real

    monkeypatch.setattr(updating, "machine_of", machine_of)
    return clinic


@pytest.fixture
def stick(publisher: Publisher, packages: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stick with an update on it."""
    now = datetime.now(UTC).replace(microsecond=0)
    (tmp_path / "stick").mkdir()
    file = tmp_path / "stick" / "outpost-7.outpost"
    publisher.bundle(file, packages["brain-lesions-1.1.0"], notes="Finds smaller lesions.", made_at=now)
    place = type("Place", (), {"folder": tmp_path / "stick"})
    monkeypatch.setattr("appliance.tui.updates.find_places", lambda: (place,))
    return file


@pytest.fixture
def at_once(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the app do its work in this process: the same work, without the seconds that starting one takes."""

    def elsewhere(_app: OutpostApp, work: Callable[..., Iterator[object]], *arguments: object) -> Iterator[object]:
        try:
            yield from work(Wishes(), *arguments)
        except OutpostError as error:
            yield Broke(error.what, error.advice)

    monkeypatch.setattr(OutpostApp, "elsewhere", elsewhere)


def steps_of(app: OutpostApp) -> str:
    return "\n".join(str(line.render()) for line in app.screen.query("#steps Static").results(Static))


async def open_models(app: OutpostApp) -> ModelsScreen:
    await press(app, "f5")
    screen = app.screen
    assert isinstance(screen, ModelsScreen)
    await until(lambda: rows_of(app, "#installed"))
    return screen


async def offered(app: OutpostApp) -> None:
    await open_models(app)
    await press(app, "u")
    await until(lambda: isinstance(app.screen, ChooseUpdate))
    await press(app, "enter")
    await until(lambda: isinstance(app.screen, Updating))
    await until(lambda: "It brings" in steps_of(app))


@pytest.mark.slow
def test_an_update_is_installed_and_taken_back_by_processes_of_their_own(
    tmp_path: Path, at_the_clinic: Clinic, stick: Path
) -> None:
    walk_through(tmp_path, at_the_clinic)


def test_an_update_is_installed_and_taken_back(
    tmp_path: Path, at_the_clinic: Clinic, stick: Path, at_once: None
) -> None:
    walk_through(tmp_path, at_the_clinic)


def walk_through(tmp_path: Path, at_the_clinic: Clinic) -> None:
    async def steps(app: OutpostApp) -> None:
        await offered(app)
        told = steps_of(app)
        assert "Release 1" in told
        assert "Finds smaller lesions." in told
        assert "brain-lesions-1.1.0" in told
        await press(app, "i")
        await until(lambda: "Done. Models in use" in steps_of(app))
        assert "golden cases computed on this machine" in steps_of(app)
        await until(lambda: not app.screen.query_one("#leave", Button).disabled)
        await press(app, "escape")
        await until(lambda: any("1.1.0" in row for row in rows_of(app, "#installed")))
        assert "release 1" in text_of(app, "#told")
        await press(app, "b")
        await until(lambda: isinstance(app.screen, Confirm))
        await press(app, "y")
        await until(lambda: not any("1.1.0" in row for row in rows_of(app, "#installed")))

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
    assert at_the_clinic.packages() == {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}


def test_what_is_refused_is_said_and_nothing_can_be_installed(
    tmp_path: Path, at_the_clinic: Clinic, stick: Path, at_once: None
) -> None:
    content = bytearray(stick.read_bytes())
    content[len(content) // 2] ^= 1
    stick.write_bytes(content)

    async def steps(app: OutpostApp) -> None:
        await offered(app)
        await press(app, "i")
        await until(lambda: "nothing was changed" in steps_of(app))
        await until(lambda: not app.screen.query_one("#leave", Button).disabled)
        assert app.screen.query_one("#install", Button).disabled
        await press(app, "i", "escape")
        await until(lambda: isinstance(app.screen, ModelsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps)
    assert at_the_clinic.packages() == {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}


def test_an_old_update_asks_a_harder_question(
    tmp_path: Path, at_the_clinic: Clinic, publisher: Publisher, packages: dict[str, Path], stick: Path, at_once: None
) -> None:
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(days=bundle_make.DAYS + 30)
    stick.unlink()
    publisher.bundle(stick, packages["brain-lesions-1.1.0"], made_at=made)

    async def steps(app: OutpostApp) -> None:
        await offered(app)
        assert "This update was good until" in steps_of(app)
        assert str(app.screen.query_one("#install", Button).label) == "Install all the same (i)"
        await press(app, "i")
        await until(lambda: "Done. Models in use" in steps_of(app))

    drive(OutpostApp(a_workplace(tmp_path)), steps)
    assert "brain-lesions-1.1.0" in at_the_clinic.packages()


def test_a_path_that_is_typed(tmp_path: Path, at_the_clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.tui.updates.find_places", tuple)

    async def steps(app: OutpostApp) -> None:
        await open_models(app)
        await press(app, "b")
        assert isinstance(app.screen, ModelsScreen)
        await press(app, "u")
        await until(lambda: isinstance(app.screen, ChooseUpdate))
        await press(app, *"/nowhere", "enter")
        await until(lambda: "nothing at this path" in text_of(app, "#trouble"))
        await press(app, "escape")
        await until(lambda: isinstance(app.screen, ModelsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_a_way_back_that_is_damaged_is_a_notice(tmp_path: Path, at_the_clinic: Clinic, stick: Path, here: None) -> None:
    now = Clinic(updating.machine_of(Settings()))
    now.install(stick)
    for card in at_the_clinic.machine.factory.glob("*/card.md"):
        card.write_bytes(b"?")

    async def steps(app: OutpostApp) -> None:
        await open_models(app)
        await press(app, "b", "y")
        await until(lambda: isinstance(app.screen, Notice))

    drive(OutpostApp(a_workplace(tmp_path)), steps)
    assert "brain-lesions-1.1.0" in now.packages()


def test_updates_are_found_on_a_stick_and_one_folder_deeper(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "unpacked" / "metadata").mkdir(parents=True)
    for file in ("x.outpost", "a/y.outpost", "a/b/z.outpost", "notes.txt", "unpacked/metadata/timestamp.json"):
        (tmp_path / file).touch()
    found = {path.relative_to(tmp_path).as_posix() for path in updates_on([tmp_path, tmp_path / "gone"])}
    assert found == {"x.outpost", "a/y.outpost", "unpacked"}


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "140x45"])
def test_how_it_looks(tmp_path: Path, at_the_clinic: Clinic, stick: Path, size: tuple[int, int], at_once: None) -> None:
    """Every sentence of the offer and both answers can be read in both sizes."""
    seen: list[str] = []

    async def steps(app: OutpostApp) -> None:
        await offered(app)
        await settle(0.3)
        seen.append(app.export_screenshot(simplify=True))

    drive(OutpostApp(a_workplace(tmp_path)), steps, size)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", seen[0])).replace("&#160;", " ")
    for wanted in ("Update: outpost-7.outpost", "Release 1 of", "Finds smaller lesions.", "Install (i)", "Back (Esc)"):
        assert wanted in re.sub(r"\s+", " ", words)
    if folder := os.environ.get("OUTPOST_PICTURES"):
        (Path(folder) / f"updating-{size[0]}x{size[1]}.svg").write_text(seen[0], encoding="utf-8")
