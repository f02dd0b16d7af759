"""The real thing in a real terminal: tmux types, the screen is read back, the plug is pulled by kill -9."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from piloting import a_workplace

from appliance.ledger import verify_ledger
from appliance.sample.clinic import make_clinic
from appliance.sample.clinic_visits import VISITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_S = 180.0
FIRST_PAINT_S = 1.5


class Terminal:
    """One tmux server of its own."""

    def __init__(self, home: Path, *, environment: str = "") -> None:
        self._name = f"outpost-{secrets.token_hex(4)}"
        words = f"{environment} OUTPOST_HOME={shlex.quote(str(home))} {shlex.quote(sys.executable)} -m appliance"
        self._tmux("new-session", "-d", "-x", "100", "-y", "30", f"{words.strip()}; echo ended with $?; sleep 600")

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, condition: Callable[[str], object]) -> float:
        start = time.monotonic()
        while not condition(self.screen()):
            assert time.monotonic() - start < PATIENCE_S, self.screen()
            time.sleep(0.02)
        return time.monotonic() - start

    def app(self) -> psutil.Process:
        shell = psutil.Process(int(self._tmux("list-panes", "-F", "#{pane_pid}")))
        return next(child for child in shell.children(recursive=True) if "appliance" in child.cmdline())

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        run = subprocess.run(
            ["tmux", "-L", self._name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TERM": "xterm-256color"},
        )
        return run.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []
    a_workplace(tmp_path)

    def start(**how: str) -> Terminal:
        opened.append(Terminal(tmp_path / "home", **how))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


@pytest.mark.slow
def test_the_sample_is_read_and_the_app_is_left_by_keys_alone(
    tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    scans = make_clinic(tmp_path / "clinic", visits=VISITS[:2]).scans
    one = terminal()
    one.until(lambda screen: "F2 Home" in screen)
    one.keys(str(scans), "Enter")
    one.until(lambda screen: "to read ·" in screen or "to read\n" in screen)
    one.keys("F9")
    one.until(lambda screen: "done." in screen)
    one.keys("Enter")
    one.until(lambda screen: "Findings" in screen)
    one.keys("Right", "v", "Escape")
    one.until(lambda screen: "F3 Batch" in screen)
    one.keys("F10")
    one.until(lambda screen: "ended with 0" in screen)
    assert verify_ledger(tmp_path / "results").sound


@pytest.mark.slow
def test_after_kill_9_in_mid_batch_the_next_start_goes_on(tmp_path: Path, terminal: Callable[..., Terminal]) -> None:
    scans = make_clinic(tmp_path / "clinic", visits=VISITS[:3]).scans
    one = terminal()
    one.until(lambda screen: "F2 Home" in screen)
    one.keys(str(scans), "Enter")
    one.until(lambda screen: "Results go to" in screen)
    one.keys("F9")
    one.until(lambda screen: "studies a minute" in screen)
    app = one.app()
    others = app.children(recursive=True)
    os.kill(app.pid, signal.SIGKILL)
    psutil.wait_procs(others, timeout=60)
    again = terminal()
    again.until(lambda screen: "F2 Home" in screen)
    again.keys(str(scans), "Enter")
    again.until(lambda screen: "Results go to" in screen)
    again.keys("F9")
    again.until(lambda screen: "done." in screen)
    assert "= " in again.screen()
    assert "read before" in again.screen()
    assert verify_ledger(tmp_path / "results").sound


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["NO_COLOR=1", "TERM=linux", "TERM=vt220"])
def test_the_app_opens_without_colour_and_on_a_plain_console(
    environment: str, terminal: Callable[..., Terminal]
) -> None:
    one = terminal(environment=environment)
    one.until(lambda screen: "F2 Home" in screen)
    one.keys("F7")
    one.until(lambda screen: "District hospital" in screen)
    one.keys("F10")
    one.until(lambda screen: "ended with 0" in screen)


@pytest.mark.slow
def test_the_first_paint_is_soon(terminal: Callable[..., Terminal]) -> None:
    terminal().until(lambda screen: "F2 Home" in screen)
    times = [terminal().until(lambda screen: "F2 Home" in screen) for _ in range(3)]
    assert min(times) <= FIRST_PAINT_S, times
