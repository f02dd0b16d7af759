"""The app under test: a workplace in a temporary folder, keys pressed as a person would, waiting for what is shown."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from textual._wait import wait_for_idle

from appliance.errors import OutpostError
from appliance.tui.dialogs import Notice
from appliance.workplace.background import Broke, Wishes
from appliance.workplace.home import Home
from appliance.workplace.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    import pytest

    from appliance.tui.app import OutpostApp

SMALL, LARGE = (80, 24), (140, 45)
PATIENCE_S = 120.0


def a_workplace(folder: Path, *, started: bool = True) -> Workplace:
    workplace = Workplace(Home(folder / "home"))
    workplace.change({"clinic.results": str(folder / "results"), "clinic.name": "District hospital"})
    if started:
        workplace.remember_start()
    return workplace


def drive(app: OutpostApp, steps: Callable[[OutpostApp], Awaitable[None]], size: tuple[int, int] = SMALL) -> None:
    """Open the app, do the steps, close it; a trouble that nobody foresaw fails the test."""

    async def go() -> None:
        async with app.run_test(size=size):
            await until(app.loaded.is_set)
            await steps(app)
            await settle()
        trouble = app.workplace.home.folder / "trouble.txt"
        assert not trouble.exists(), trouble.read_text(encoding="utf-8")

    asyncio.run(go())


def work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the app do its work in this process: the same work, without the seconds that starting one takes."""

    def elsewhere(_app: OutpostApp, work: Callable[..., Iterator[object]], *arguments: object) -> Iterator[object]:
        try:
            yield from work(Wishes(), *arguments)
        except OutpostError as error:
            yield Broke(error.what, error.advice)

    monkeypatch.setattr("appliance.tui.app.OutpostApp.elsewhere", elsewhere)


async def press(app: OutpostApp, *keys: str) -> None:
    """Press keys one after the other.

    Textual's own pilot waits for every widget there was; a footer that is made anew loses some, and it waits in vain.
    """
    for key in keys:
        await app._press_keys([key])
        await settle()


async def settle(seconds: float = 0.1) -> None:
    """Let everything happen that is about to."""
    await asyncio.sleep(seconds)
    await wait_for_idle(0)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await settle(0.05)


def text_of(app: OutpostApp, selector: str) -> str:
    """Return what a widget shows."""
    return str(app.screen.query_one(selector).render())


def rows_of(app: OutpostApp, selector: str) -> list[str]:
    """Return a table's rows as text."""
    table: Any = app.screen.query_one(selector)
    return [" | ".join(str(cell) for cell in table.get_row_at(number)) for number in range(table.row_count)]


def notice_of(app: OutpostApp) -> str:
    """Return what a notice on top says."""
    assert isinstance(app.screen, Notice), app.screen
    return f"{app.screen.what} {app.screen.advice}"
