"""Settings are written when they are right, and shut where a PIN guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from piloting import LARGE, a_workplace, drive, notice_of, press, rows_of, text_of, until
from textual.widgets import Input

from appliance.tui.app import OutpostApp
from appliance.tui.dialogs import Notice
from appliance.tui.settings import trouble_with
from appliance.workplace.doctors import known_doctors
from appliance.workplace.setup import settings_at

if TYPE_CHECKING:
    from pathlib import Path


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
        await press(app, "enter", "ctrl+u", "y")
        assert not app.workplace.safeguard.is_set

    drive(app, steps, LARGE)
    assert settings_at(app.workplace.home.settings).clinic.name == "Clinic by the lake"
