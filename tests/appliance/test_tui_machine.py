"""The machine and its models test themselves at the keyboard; whatever ends such a test is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from model_builders import sound_package
from piloting import LARGE, a_workplace, drive, press, rows_of, settle, text_of, until, work_at_once
from textual.containers import VerticalScroll
from textual.widgets import Static

from appliance.doctor import Verdict
from appliance.engine.choice import Device
from appliance.errors import Misuse
from appliance.settings import Settings
from appliance.state import MachineState
from appliance.tui.app import OutpostApp
from appliance.tui.models import ModelsScreen
from appliance.update.machine import Machine
from appliance.workplace.background import Wishes
from appliance.workplace.checking import check_models, examine_machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one small good package, which is what this machine has."""
    folder = tmp_path / "models"
    sound_package().write(folder)
    monkeypatch.setattr("appliance.workplace.checking.active_models", lambda: SimpleNamespace(folder=folder))
    here = Machine(device=Device.CPU, state=MachineState(tmp_path / "state"), factory=folder)
    monkeypatch.setattr("appliance.workplace.updating.machine_of", lambda _settings: here)
    return folder


def test_a_machine_is_looked_at_until_somebody_leaves(models: Path, tmp_path: Path) -> None:
    wishes = Wishes()
    found = list(examine_machine(wishes, tmp_path / "results", Settings()))
    assert {"processor", "memory", "disk", "clock", "graphics", "engine", "model"} <= {each.topic for each in found}
    assert found[-1].verdict is Verdict.GOOD
    wishes.stop.set()
    assert list(examine_machine(wishes, tmp_path / "results", Settings())) == []


def test_models_test_themselves_until_somebody_leaves(models: Path) -> None:
    wishes = Wishes()
    assert {each.verdict for each in check_models(wishes, models, Settings())} == {Verdict.GOOD}
    wishes.stop.set()
    assert list(check_models(wishes, models, Settings())) == []


def lines_of(app: OutpostApp) -> str:
    return "\n".join(str(line.render()) for line in app.screen.query_one("#report-lines", VerticalScroll).query(Static))


def test_one_key_tests_the_machine_and_a_second_press_starts_no_second_test(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_at_once(monkeypatch)

    async def steps(app: OutpostApp) -> None:
        await press(app, "f6", "t", "t")
        await until(lambda: "Done." in text_of(app, "#told"))
        lines = lines_of(app)
        assert lines.count("cores") == 1
        assert "fault" not in lines

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_a_test_of_the_machine_that_breaks_off_says_so_and_can_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_at_once(monkeypatch)

    def breaking(_wishes: Wishes, *_: object) -> Iterator[object]:
        raise Misuse("The test broke off.", advice="Test again.")

    monkeypatch.setattr("appliance.workplace.checking.examine_machine", breaking)
    monkeypatch.setattr("appliance.workplace.checking.check_models", breaking)

    async def steps(app: OutpostApp) -> None:
        await press(app, "f6", "t")
        await until(lambda: "The test broke off. Test again." in lines_of(app))
        await until(lambda: not app.screen.query_one("#test").disabled)
        await press(app, "f5")
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        await until(lambda: screen._models)
        await press(app, "t")
        await until(lambda: "The test broke off. Test again." in text_of(app, "#told"))
        await until(lambda: not screen.query_one("#test").disabled)
        await settle()
        assert "The test broke off. Test again." in text_of(app, "#told")

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_one_key_lets_every_installed_model_test_itself(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_at_once(monkeypatch)

    async def steps(app: OutpostApp) -> None:
        await press(app, "f5")
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        await until(lambda: screen._models)
        await press(app, "t", "t")
        await until(lambda: "Tested on this machine" in text_of(app, "#told"))
        assert [row.rpartition(" | ")[2][:3] for row in rows_of(app, "#installed")] == ["ok:"]

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
