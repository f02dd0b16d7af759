"""The life of the process that tests new models: every outcome is told, and nobody who listens is left waiting."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from typing import TYPE_CHECKING

import pytest
from publishing import a_package

from appliance.engine.choice import Device
from appliance.settings import Settings
from appliance.update import trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def interrupted_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_good_and_damaged_packages_are_told_of_and_the_process_ends_with_its_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted_as_before: None
) -> None:
    good, damaged = a_package(tmp_path), a_package(tmp_path, version="1.1.0")
    (damaged / "card.md").write_bytes(b"?")
    ended = threading.Event()
    monkeypatch.setattr("os._exit", lambda _code: ended.set())
    answers, theirs = multiprocessing.Pipe(duplex=False)
    watched, ours = multiprocessing.Pipe(duplex=False)
    trial.live(theirs, watched, (good, damaged), Settings(), Device.CPU)
    theirs.close()
    told = []
    while (outcome := answers.recv()) is not None:
        told.append(outcome)
    assert [outcome.passed for outcome in told][-1] is False
    assert "card.md" in told[-1].sentence
    assert all(outcome.passed for outcome in told[:-1])
    assert len(told) > 1
    assert not ended.is_set()
    ours.close()
    assert ended.wait(10)
    watched.close()
    answers.close()
