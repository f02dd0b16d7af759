"""The self-test of new models, in a process of its own that is ended when it takes too long.

Native code that hangs cannot be stopped from within. So the golden cases are computed elsewhere, on the engine that
this machine will use, and whatever has not passed when the time is over is ended and has failed. The process ends
with the program that started it, even if that is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from appliance.engine.engines import Engines
from appliance.engine.sentences import duration
from appliance.errors import BadModel
from appliance.models import load_package, self_test

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from appliance.engine.choice import Device
    from appliance.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one network, or a whole package, did."""

    passed: bool
    sentence: str


def try_models(packages: tuple[Path, ...], settings: Settings, device: Device) -> Iterator[Outcome]:
    """Test packages within the time of the settings; the last outcome is a failure if the time was over."""
    allowed = settings.computing.self_test_s
    ends = time.monotonic() + allowed
    context = multiprocessing.get_context("spawn")
    answers, theirs = context.Pipe(duplex=False)
    watched, ours = context.Pipe(duplex=False)
    process = context.Process(target=live, args=(theirs, watched, packages, settings, device))
    process.start()
    theirs.close()
    watched.close()
    try:
        while answers.poll(max(0.0, ends - time.monotonic())):
            outcome: Outcome | None = answers.recv()
            if outcome is None:
                return
            yield outcome
        yield Outcome(False, f"The self-test was not done within {duration(allowed)} and was ended.")
    except (EOFError, OSError):
        process.join()
        yield Outcome(False, f"The self-test ended by itself (code {process.exitcode}).")
    finally:
        _end(process.pid)
        process.join()
        for connection in (answers, ours):
            connection.close()


def live(
    answers: Connection, watched: Connection, packages: tuple[Path, ...], settings: Settings, device: Device
) -> None:
    """Test one package after the other: the life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_program, args=(watched,), daemon=True).start()
    with Engines(settings.computing, device) as engines:
        for folder in packages:
            for outcome in _tested(folder, settings, engines):
                answers.send(outcome)
    answers.send(None)


def _tested(folder: Path, settings: Settings, engines: Engines) -> Iterator[Outcome]:
    try:
        package = load_package(folder, settings.limits)
    except BadModel as error:
        yield Outcome(False, error.what)
        return
    for tested in self_test(package, engines):
        yield Outcome(tested.passed, f"{tested.network}: {tested.sentence}")


def _end_with_the_program(watched: Connection) -> None:
    """Wait for the other end to close: then nobody waits for an answer any more."""
    with contextlib.suppress(EOFError, OSError):
        watched.recv()
    os._exit(1)


def _end(pid: int | None) -> None:
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(pid)
        for process in [*started.children(recursive=True), started]:
            with contextlib.suppress(psutil.Error):
                process.kill()
