"""No key destroys anything without a question: every action that takes something away, named in one list."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from batches import clinic
from brain_findings import brain_study
from every_screen import review
from findings_builders import write_study
from piloting import LARGE, a_workplace, drive, notice_of, press, settle, text_of, until
from standing_places import REPOSITORY
from textual.widgets import Button, Input, TextArea
from working import waiting_for_a_stop

from appliance.errors import OutputFailed
from appliance.findings.review import read_review
from appliance.tui.app import OutpostApp
from appliance.tui.batch import BatchScreen
from appliance.tui.dialogs import Confirm, Notice
from appliance.tui.models import ModelsScreen
from appliance.tui.pin import NewPin
from appliance.tui.review import AskSignature, ReviewScreen
from appliance.tui.updates import Updating
from appliance.update.standing import Standing
from appliance.workplace.doctors import check_pin, enrol
from appliance.workplace.handing_out import save_file
from appliance.workplace.updating import Offered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


async def stopping_a_batch(app: OutpostApp, folder: Path) -> Callable[[], bool]:
    await _reading(app, folder)
    await press(app, "x")
    return lambda: app.reading is None or not app.reading.is_under_way


async def leaving_while_a_batch_is_read(app: OutpostApp, folder: Path) -> Callable[[], bool]:
    await _reading(app, folder)
    await press(app, "f10")
    return lambda: app._exit


async def leaving_a_review_that_is_not_signed(app: OutpostApp, folder: Path) -> Callable[[], bool]:
    await review(app, folder)
    await press(app, "escape")
    return lambda: not any(isinstance(screen, ReviewScreen) for screen in app.screen_stack)


async def leaving_the_app_in_mid_review(app: OutpostApp, folder: Path) -> Callable[[], bool]:
    await review(app, folder)
    app.screen.query_one(TextArea).text = "A note."
    await press(app, "f10")
    return lambda: app._exit


async def leaving_the_app_while_an_update_is_installed(app: OutpostApp, folder: Path) -> Callable[[], bool]:
    updating = await _update_on_offer(app, folder)
    updating._set_busy(busy=True)
    await press(app, "f10")
    return lambda: app._exit


async def going_back_to_older_models(app: OutpostApp, _folder: Path) -> Callable[[], bool]:
    gone: list[bool] = []
    await press(app, "f5")
    screen = app.screen
    assert isinstance(screen, ModelsScreen)
    await until(lambda: screen._models)
    screen._go_back = lambda: gone.append(True)  # type: ignore[assignment,method-assign]  # what would be done
    screen.post_message(screen.Listed(screen._models, Standing("release 2", (), "release 1", ())))
    await settle()
    await press(app, "b")
    return lambda: bool(gone)


async def removing_the_pin_of_the_settings(app: OutpostApp, _folder: Path) -> Callable[[], bool]:
    app.workplace.safeguard.put("1234")
    await press(app, "f7", "ctrl+u")
    return lambda: not app.workplace.safeguard.is_set


async def replacing_a_doctors_pin(app: OutpostApp, _folder: Path) -> Callable[[], bool]:
    doctors = app.workplace.home.doctors
    enrol(doctors, "Dr. Mensah", "2468")
    await press(app, "f7", "ctrl+d")
    assert isinstance(app.screen, NewPin)
    for field, text in (("name", " Dr.  Mensah"), ("pin-one", "1357"), ("pin-two", "1357")):
        app.screen.query_one(f"#{field}", Input).value = text
    app.screen.query_one("#pin-two").focus()
    await press(app, "enter")
    return lambda: _lets_through(doctors, "1357")


DESTRUCTIVE = (
    stopping_a_batch,
    leaving_while_a_batch_is_read,
    leaving_a_review_that_is_not_signed,
    leaving_the_app_in_mid_review,
    leaving_the_app_while_an_update_is_installed,
    going_back_to_older_models,
    removing_the_pin_of_the_settings,
    replacing_a_doctors_pin,
)
"""Each begins something and says how to see that it was done."""


@pytest.mark.parametrize("begin", DESTRUCTIVE, ids=[begin.__name__ for begin in DESTRUCTIVE])
def test_nothing_is_taken_away_without_a_question_whose_first_answer_is_no(
    tmp_path: Path, begin: Callable[[OutpostApp, Path], Awaitable[Callable[[], bool]]]
) -> None:
    app = OutpostApp(a_workplace(tmp_path), work=waiting_for_a_stop)

    async def steps(app: OutpostApp) -> None:
        done = await begin(app, tmp_path)
        await until(lambda: isinstance(app.screen, Confirm))
        assert not done()
        assert app.screen.focused is app.screen.query_one("#no")
        question = app.screen
        await press(app, "enter")
        assert app.screen is not question
        assert not done()
        if app.reading is not None:
            app.reading.stop()

    drive(app, steps, LARGE)


@pytest.mark.parametrize(
    "begin",
    [stopping_a_batch, leaving_a_review_that_is_not_signed, removing_the_pin_of_the_settings, replacing_a_doctors_pin],
)
def test_who_says_yes_gets_what_was_asked_about(
    tmp_path: Path, begin: Callable[[OutpostApp, Path], Awaitable[Callable[[], bool]]]
) -> None:
    async def steps(app: OutpostApp) -> None:
        done = await begin(app, tmp_path)
        await until(lambda: isinstance(app.screen, Confirm))
        await press(app, "y")
        await until(done)

    drive(OutpostApp(a_workplace(tmp_path), work=waiting_for_a_stop), steps, LARGE)


def test_signing_asks_for_name_and_pin_first(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await review(app, tmp_path)
        await press(app, "f9")
        assert isinstance(app.screen, AskSignature)
        await press(app, "escape")
        assert isinstance(app.screen, ReviewScreen)

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)
    assert all(read_review(folder) is None for folder in (tmp_path / "results").iterdir())


def test_an_update_is_shown_before_anybody_can_install_it(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        updating = await _update_on_offer(app, tmp_path)
        installed: list[bool] = []
        updating._install = installed.append  # type: ignore[assignment,method-assign]  # what would be done
        updating.query_one("#install", Button).disabled = True
        await press(app, "i")
        assert not installed
        updating.query_one("#install", Button).disabled = False
        await press(app, "i")
        assert installed == [False]

    drive(OutpostApp(a_workplace(tmp_path)), steps, LARGE)


def test_what_lies_on_a_stick_is_never_overwritten_by_something_else(tmp_path: Path) -> None:
    report, there = write_study(brain_study(), tmp_path) / "findings.json", tmp_path / "findings.json"
    there.write_bytes(b"of another study")
    with pytest.raises(OutputFailed, match="is there already"):
        save_file(report, there)
    assert there.read_bytes() == b"of another study"


def test_a_batch_that_is_read_is_not_replaced_by_another(tmp_path: Path) -> None:
    async def steps(app: OutpostApp) -> None:
        await _reading(app, tmp_path)
        reading = app.reading
        assert reading is not None
        await press(app, "f2", "f9")
        await until(lambda: isinstance(app.screen, Notice))
        assert "being read already" in notice_of(app)
        assert app.reading is reading
        reading.stop()

    drive(OutpostApp(a_workplace(tmp_path), work=waiting_for_a_stop), steps, LARGE)


TAKES_AWAY = {"unlink", "rmtree", "remove", "kill", "end", "stop", "exit", "enrol", "install_update", "go_back", "sign"}
KNOWN_PLACES = {
    ("app.py", "on_unmount", "end"),
    ("app.py", "action_leave", "exit"),
    ("app.py", "_leave_if", "exit"),
    ("batch.py", "_stop_if", "stop"),
    ("models.py", "_go_back", "go_back"),
    ("app.py", "elsewhere", "remove"),
    ("pin.py", "doctors_pin", "enrol"),
    ("pin.py", "keep_new", "enrol"),
    ("review.py", "_sign", "sign"),
    ("settings.py", "_remove_if", "remove"),
}
"""Where the app takes something away, each behind one of the questions above; another place wants a question first."""


def test_no_other_place_in_the_app_takes_anything_away() -> None:
    found = set()
    for file in (REPOSITORY / "appliance" / "tui").glob("*.py"):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
                names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
                found |= {(file.name, function.name, name) for name in names & TAKES_AWAY}
    assert found == KNOWN_PLACES


async def _reading(app: OutpostApp, folder: Path) -> None:
    scans = clinic(folder / "in", 1)
    app.look_into(scans)
    await until(lambda: "1 study to read" in text_of(app, "#summary"))
    await press(app, "f9")
    await until(lambda: isinstance(app.screen, BatchScreen))


async def _update_on_offer(app: OutpostApp, folder: Path) -> Updating:
    updating = Updating(folder / "an-update", None)  # type: ignore[arg-type]  # nothing is looked into
    updating._look = lambda: None  # type: ignore[assignment,method-assign]  # it is told below
    app.push_screen(updating)
    await settle()
    updating.post_message(updating.Looked(Offered(3, "2026-11-01", (), ("brain-lesions-1.1.0",), "", (), ())))
    await until(lambda: updating._offered is not None)
    return updating


def _lets_through(doctors: Path, pin: str) -> bool:
    try:
        check_pin(doctors, "Dr. Mensah", pin)
    except Exception:  # noqa: BLE001 - whatever it is, nobody is let through
        return False
    return True
