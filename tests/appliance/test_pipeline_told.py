"""What a batch tells fits a line, a program and the shell, and its remaining time can be relied on."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest
from batches import (
    SimulatedReader,
    clinic,
    run,
    told,
)
from builders import drop_slice, flair_series

from appliance.contracts import LeftOut, Reason, Source
from appliance.errors import ExitCode
from appliance.pipeline.estimate import Estimate
from appliance.pipeline.events import Ended, Ending, Notice, Ready, StudyEnded
from appliance.running import exit_code, json_lines, stopped_by_hand, text_lines


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_remaining_time_is_right_within_a_fifth_after_three_studies(noise: float) -> None:
    sizes = [1_300_000, 1_300_000, 5_900_000, 1_300_000, 2_400_000, 1_300_000, 5_900_000, 700_000] * 5
    took = [0.3 + size * 6e-7 for size in sizes]
    took = [seconds * (1 + noise * (-1) ** number) for number, seconds in enumerate(took)]
    took[0] += 8.0  # opening the models
    estimate = Estimate()
    assert estimate.remaining(sizes) is None
    for number, (size, seconds) in enumerate(zip(sizes, took, strict=True), start=1):
        estimate.learn(size, seconds)
        said, true = estimate.remaining(sizes[number:]), sum(took[number:])
        if number < 3:
            assert said is None
        elif true:
            assert said == pytest.approx(true, rel=0.2)


def test_a_real_batch_tells_its_remaining_time_within_a_fifth(tmp_path: Path) -> None:
    reader = SimulatedReader(seconds=0.05, seconds_a_voxel=2e-5)
    events = run(clinic(tmp_path / "in", 10), tmp_path / "out", reader)
    ended = told(events, StudyEnded)
    left = sum(event.seconds for event in ended[3:])
    assert ended[1].remaining_s is None
    assert ended[2].remaining_s == pytest.approx(left, rel=0.35)
    assert ended[-1].remaining_s == 0


def test_what_is_told_fits_a_line_and_a_program(tmp_path: Path) -> None:
    folder = clinic(tmp_path / "in", 2)
    drop_slice(flair_series(folder / "lost", slices=9), 4)
    events = run(folder, tmp_path / "out", SimulatedReader(notices=("A package is damaged.",)))
    lines = list(text_lines(events))
    assert lines[0].startswith("Reading ")
    assert "! A package is damaged." in lines
    assert any(line.startswith("! ") and "missing" in line for line in lines)
    assert lines[-1] == "Studies: 2 read, 1 refused. Not a diagnosis: a radiologist must confirm."
    objects = [json.loads(line) for line in json_lines(events)]
    assert [each["event"] for each in objects] == [type(event).__name__ for event in events]
    assert {"Began", "Notice", "Ready", "Planned", "StudyBegan", "StudyEnded", "Ended"} <= {o["event"] for o in objects}
    assert told(events, Ready)[0].models == SimulatedReader().models
    assert told(events, Notice)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (None, ExitCode.INTERRUPTED),
        (Ended((), 0, stopped=True), ExitCode.INTERRUPTED),
        (Ended((), 3, stopped=False), ExitCode.NOTHING_TO_READ),
        (Ended(((Ending.KEPT, 2),), 0, stopped=False), ExitCode.ALL_READ),
        (Ended(((Ending.PARTLY, 1), (Ending.READ, 1)), 0, stopped=False), ExitCode.SOME_REFUSED),
    ],
)
def test_the_shell_gets_what_the_contract_says(ended: Ended | None, code: ExitCode) -> None:
    assert exit_code(ended) is code


def test_two_seconds_or_two_hours_are_said_as_people_do() -> None:
    def line(seconds: float) -> str:
        (text,) = text_lines([StudyEnded(1, 9, "k", Ending.READ, "Fine.", "k", 1.0, seconds)])
        return text.rpartition("· ")[2]

    assert [line(2), line(300), line(9000)] == ["about 2 s left", "about 5 min left", "about 2.5 h left"]


def test_the_first_interrupt_asks_and_the_second_ends() -> None:
    stop, before = threading.Event(), signal.getsignal(signal.SIGINT)
    with stopped_by_hand(stop):
        interrupted = signal.getsignal(signal.SIGINT)
        assert callable(interrupted)
        interrupted(signal.SIGINT, None)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            interrupted(signal.SIGINT, None)
    assert signal.getsignal(signal.SIGINT) is before


def test_what_was_never_meant_to_be_read_is_not_told_on_the_command_line() -> None:
    letter, cut = (LeftOut(Source(Path("in/a")), reason, "A sentence.") for reason in (Reason.REPORT, Reason.EMPTY))
    assert list(text_lines([letter])) == []
    assert list(text_lines([cut])) == ["! A sentence."]
