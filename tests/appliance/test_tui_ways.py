"""Which way pictures are shown: what a terminal says, says wrongly, or does not say, and what is then drawn."""

from __future__ import annotations

import os
import pty
import sys
import threading
import time
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from brain_findings import brain_study
from findings_builders import write_study
from piloting import a_workplace, drive, settle, until
from textual_image.widget import HalfcellImage, SixelImage, TGPImage, UnicodeImage

from appliance.tui.app import OutpostApp
from appliance.tui.asking import asking
from appliance.tui.images import image_widget
from appliance.tui.study import StudyScreen
from appliance.workplace.terminal import (
    KITTY_CAN,
    QUESTION,
    USUAL_CELL,
    Terminal,
    Way,
    is_asked,
    patience,
    terminal_from,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textual.widget import Widget

PLAIN, SIXELS = "\x1b[?62;22c", "\x1b[?62;4;22c"
XTERM = {"TERM": "xterm-256color"}
WIDGETS = {
    Way.SIXEL: SixelImage,
    Way.KITTY: TGPImage,
    Way.HALF_BLOCKS: HalfcellImage,
    Way.SHADES: UnicodeImage,
}


@pytest.mark.parametrize(
    ("heard", "environment", "way"),
    [
        (SIXELS, XTERM, Way.SIXEL),
        (KITTY_CAN + PLAIN, XTERM, Way.KITTY),
        (KITTY_CAN + SIXELS, XTERM, Way.SIXEL),
        (PLAIN, XTERM, Way.HALF_BLOCKS),
        ("", XTERM, Way.HALF_BLOCKS),
        ("", {}, Way.HALF_BLOCKS),
        (SIXELS, {"WT_SESSION": "1"}, Way.SIXEL),
        ("\x1b_Gi=31;ENOENT:cannot\x1b\\" + PLAIN, XTERM, Way.HALF_BLOCKS),
        ("\x1b[?4;6c", XTERM, Way.HALF_BLOCKS),
        ("\x1b[?62;14;44c", XTERM, Way.HALF_BLOCKS),
        ("\x1b[?c 4 ;4;", XTERM, Way.HALF_BLOCKS),
        ("ls -l;4c\r", XTERM, Way.HALF_BLOCKS),
        (SIXELS, {**XTERM, "NO_COLOR": ""}, Way.SHADES),
        (SIXELS, {"TERM": "vt220"}, Way.SHADES),
        (SIXELS, {"TERM": "dumb"}, Way.SHADES),
        (SIXELS, {"TERM": "linux"}, Way.HALF_BLOCKS),
        (SIXELS, {"TERM": "vte-256color"}, Way.SIXEL),
    ],
)
def test_pixels_only_go_to_a_terminal_that_said_it_takes_them(
    heard: str, environment: dict[str, str], way: Way
) -> None:
    assert terminal_from(heard, environment).way is way


@pytest.mark.parametrize(
    ("heard", "told", "cell"),
    [
        ("\x1b[6;18;9t" + PLAIN, None, (9, 18)),
        ("\x1b[6;18;9t" + PLAIN, (12, 24), (12, 24)),
        ("\x1b[6;18;9t" + PLAIN, (0, 0), (9, 18)),
        ("\x1b[6;0;0t" + PLAIN, None, USUAL_CELL),
        ("\x1b[6;9999;9t" + PLAIN, None, USUAL_CELL),
        ("\x1b[4;600;800t" + PLAIN, None, USUAL_CELL),
        ("", (-3, 7), USUAL_CELL),
    ],
)
def test_a_cell_of_an_impossible_size_is_not_believed(
    heard: str, told: tuple[int, int] | None, cell: tuple[int, int]
) -> None:
    assert terminal_from(heard, XTERM, told).cell == cell


@pytest.mark.parametrize("environment", [{"TERM": "linux"}, {"TERM": "dumb"}, {"TERM": "vt100"}, {"NO_COLOR": "1"}])
def test_a_plain_console_is_not_asked_because_it_may_print_the_question(environment: dict[str, str]) -> None:
    assert not is_asked(environment)


def test_over_a_network_more_time_is_given() -> None:
    assert patience({"SSH_CONNECTION": "1 2 3 4"}) > patience({})


class FakeTerminal:
    """The other end of a line that the app believes to be its terminal."""

    def __init__(self, answers: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        self.master, slave = pty.openpty()
        self._answers, self.asked = answers, b""
        self._files = [os.fdopen(os.dup(slave), "r"), os.fdopen(slave, "w")]
        monkeypatch.setattr(sys, "__stdin__", self._files[0])
        monkeypatch.setattr(sys, "__stdout__", self._files[1])
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        while b"\x1b[c" not in self.asked:
            self.asked += os.read(self.master, 100)
        for answer in self._answers:
            os.write(self.master, answer)
            time.sleep(0.02)

    def close(self) -> None:
        if self._thread.is_alive():
            self._files[1].write("\x1b[c")
            self._files[1].flush()
        self._thread.join(5)
        for file in self._files:
            file.close()
        os.close(self.master)


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FakeTerminal]]:
    opened: list[FakeTerminal] = []

    def fake(*answers: bytes) -> FakeTerminal:
        opened.append(FakeTerminal(list(answers), monkeypatch))
        return opened[-1]

    yield fake
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ((SIXELS.encode(),), Terminal(Way.SIXEL)),
        ((b"\x1b_Gi=31;O", b"K\x1b\\\x1b[6;18", b";9t\x1b[?62;2", b"2c"), Terminal(Way.KITTY, (9, 18))),
        ((b"/media/st\xc3\xa9", b"ck\r\xff\xfe", SIXELS.encode()), Terminal(Way.SIXEL)),
        ((b"c" * 5000,), Terminal()),
    ],
    ids=["at once", "in pieces", "after what somebody typed", "without an end"],
)
def test_an_answer_is_understood_in_whatever_it_comes(
    faked: Callable[..., FakeTerminal], answers: tuple[bytes, ...], known: Terminal
) -> None:
    terminal = faked(*answers)
    with asking(XTERM) as answer:
        found = answer()
    assert found == known
    assert terminal.asked == QUESTION.encode()


def test_a_terminal_that_says_nothing_is_waited_for_no_longer_than_a_second(
    faked: Callable[..., FakeTerminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.workplace.terminal.PATIENCE_S", 0.2)
    faked()
    start = time.monotonic()
    with asking(XTERM) as answer:
        found = answer()
    assert found == Terminal()
    assert 0.2 <= time.monotonic() - start < 1.0


def test_what_is_no_terminal_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (None, StringIO()):
        out = StringIO()
        monkeypatch.setattr(sys, "__stdin__", stream)
        monkeypatch.setattr(sys, "__stdout__", out)
        with asking(XTERM) as answer:
            assert answer() == Terminal()
        assert not out.getvalue()


@pytest.mark.parametrize("way", Way)
def test_every_way_has_its_widget_and_loading_it_asks_the_terminal_nothing(
    faked: Callable[..., FakeTerminal], way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = faked()
    for name in [name for name in sys.modules if name.startswith("textual_image")]:
        monkeypatch.delitem(sys.modules, name)
    widget = image_widget(Terminal(way, (9, 18)), "picture")
    assert type(widget).__name__ == WIDGETS[way].__name__
    assert not terminal.asked
    from textual_image._terminal import get_cell_size  # noqa: PLC0415 - the one that was loaded above

    assert get_cell_size() == (9, 18)


DRAWN = {Way.SIXEL: "\x1bP0;0;0q", Way.KITTY: "\U0010eeee", Way.HALF_BLOCKS: "▀", Way.SHADES: "█▓▒░"}


@pytest.mark.parametrize("way", Way)
def test_a_picture_is_drawn_in_every_way(tmp_path: Path, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_study(brain_study(), tmp_path / "results")
    app, sent = OutpostApp(a_workplace(tmp_path), terminal=Terminal(way)), StringIO()
    monkeypatch.setattr(sys, "__stdout__", sent)

    async def steps(app: OutpostApp) -> None:
        app.open_study(folder)
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.findings is not None)
        await until(lambda: any(sign in _drawn(app.screen.query_one("#picture")) for sign in DRAWN[way]))
        await settle()

    drive(app, steps)
    assert ("\x1b_G" in sent.getvalue()) == (way is Way.KITTY)


def _drawn(picture: Widget) -> str:
    """Draw what Textual would: a widget that has no room yet is not asked, and the one for sixels could not answer."""
    widgets = [widget for widget in (picture, *picture.query("*")) if widget.size.area]
    lines = [line for widget in widgets for line in widget.render_lines(widget.size.region)]
    return "".join(segment.text for line in lines for segment in line)
