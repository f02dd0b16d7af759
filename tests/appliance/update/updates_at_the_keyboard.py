"""An update as somebody at the keyboard goes through it: chosen, looked at, installed step by step, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piloting import press, rows_of, text_of, until
from textual.widgets import Button, Static

from appliance.tui.dialogs import Confirm
from appliance.tui.models import ModelsScreen
from appliance.tui.updates import ChooseUpdate, Updating

if TYPE_CHECKING:
    from appliance.tui.app import OutpostApp


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


async def take_in(app: OutpostApp, version: str) -> None:
    """Say yes to what is offered, watch every step, and find the new version in use."""
    await press(app, "i")
    await until(lambda: "Done. Models in use" in steps_of(app))
    assert "golden cases computed on this machine" in steps_of(app)
    await until(lambda: not app.screen.query_one("#leave", Button).disabled)
    await press(app, "escape")
    await until(lambda: any(version in row for row in rows_of(app, "#installed")))
    assert "release 1" in text_of(app, "#told")


async def take_back(app: OutpostApp, version: str) -> None:
    """Go back, after the question, and find the version gone."""
    await press(app, "b")
    await until(lambda: isinstance(app.screen, Confirm))
    await press(app, "y")
    await until(lambda: not any(version in row for row in rows_of(app, "#installed")))
