"""Updating at the keyboard: chosen on a stick, looked at, said yes to, watched; and the way back."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bundle_make
import pytest
from piloting import LARGE, SMALL, a_workplace, drive, press, settle, text_of, until
from publishing import Clinic, Publisher
from textual.widgets import Button, Input
from updates_at_the_keyboard import offered, open_models, steps_of, take_back, take_in

from appliance.settings import Settings
from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Notice
from appliance.tui.models import ModelsScreen
from appliance.tui.updates import ChooseUpdate, Updating
from appliance.workplace import updating
from appliance.workplace.updating import updates_on


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
        await take_in(app, "1.1.0")
        await take_back(app, "1.1.0")

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


def test_a_path_to_what_is_no_update_is_refused_before_anything_is_offered(
    tmp_path: Path, at_the_clinic: Clinic, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    monkeypatch.setattr("appliance.tui.updates.find_places", tuple)
    other = tmp_path / "notes.outpost"
    other.write_bytes(b"hello" * 1000)

    async def steps(app: OutpostApp) -> None:
        await open_models(app)
        await press(app, "u")
        await until(lambda: isinstance(app.screen, ChooseUpdate))
        app.screen.query_one("#update-path", Input).value = str(other)
        app.screen.query_one("#update-path").focus()
        await press(app, "enter")
        await until(lambda: "cannot be read as an update" in steps_of(app))
        assert app.screen.query_one("#install", Button).disabled
        await press(app, "escape", "u")
        await until(lambda: isinstance(app.screen, ChooseUpdate))
        app.screen.query_one("#back", Button).press()
        await until(lambda: isinstance(app.screen, ModelsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_an_update_that_is_here_already_brings_nothing(
    tmp_path: Path, at_the_clinic: Clinic, stick: Path, at_once: None
) -> None:
    Clinic(updating.machine_of(Settings())).install(stick)

    async def steps(app: OutpostApp) -> None:
        await open_models(app)
        await press(app, "u")
        await until(lambda: isinstance(app.screen, ChooseUpdate))
        await press(app, "enter")
        await until(lambda: "This machine has all of it already." in steps_of(app))
        assert app.screen.query_one("#install", Button).disabled

    drive(OutpostApp(a_workplace(tmp_path)), steps)


def test_nobody_leaves_in_the_middle_of_an_installation(
    tmp_path: Path, at_the_clinic: Clinic, stick: Path, at_once: None
) -> None:
    async def steps(app: OutpostApp) -> None:
        await offered(app)
        updating_now = app.screen
        assert isinstance(updating_now, Updating)
        updating_now._set_busy(busy=True)
        await press(app, "escape", "i")
        assert app.screen is updating_now
        updating_now._set_busy(busy=False)
        await press(app, "escape")
        await until(lambda: isinstance(app.screen, ModelsScreen))

    drive(OutpostApp(a_workplace(tmp_path)), steps)
    assert at_the_clinic.packages() == {"brain-anomaly-1.0.0", "brain-lesions-1.0.0"}


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
