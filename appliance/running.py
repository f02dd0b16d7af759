"""A batch from the command line: its events as text for a person or as JSON lines for a program.

Ctrl-C stops after the step in progress; pressed again it stops at once. Either way nothing is lost.
"""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from appliance.contracts import FilesSeen, LeftOut
from appliance.errors import ExitCode
from appliance.pipeline.events import (
    Began,
    Ended,
    Ending,
    Notice,
    Planned,
    Ready,
    StudyBegan,
    StudyEnded,
    StudyStep,
)
from appliance.words import counted, shown

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from appliance.pipeline.events import Event

LONGEST_SENTENCE = 400
SIGNS = {Ending.READ: "+", Ending.PARTLY: "+", Ending.KEPT: "=", Ending.REFUSED: "!", Ending.FAILED: "!"}
MINUTE, HOUR = 60, 3600


@contextmanager
def stopped_by_hand(stop: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C ask for a stop, and the second end the program."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def exit_code(ended: Ended | None) -> ExitCode:
    """Say how a batch ended, as the shell understands it; ``None`` if it never came to its end."""
    if ended is None or ended.stopped:
        return ExitCode.INTERRUPTED
    if not ended.endings:
        return ExitCode.NOTHING_TO_READ
    lost = ended.count(Ending.REFUSED) + ended.count(Ending.FAILED) + ended.count(Ending.PARTLY) + ended.left_out
    return ExitCode.SOME_REFUSED if lost else ExitCode.ALL_READ


def json_lines(events: Iterable[Event]) -> Iterator[str]:
    """Tell a program everything, one event a line."""
    for event in events:
        yield json.dumps({"event": type(event).__name__, **asdict(event)}, default=str)


def text_lines(events: Iterable[Event]) -> Iterator[str]:
    """Tell a person what was read, what was found, and what was not read and why."""
    for event in events:
        yield from _text(event)


def _text(event: Event) -> Iterator[str]:
    match event:
        case Began():
            yield f"Reading {shown(str(event.folder))}; results go to {shown(str(event.output))}."
        case Notice():
            yield f"! {shown(event.sentence, longest=LONGEST_SENTENCE)}"
        case LeftOut() if event.reason.is_fault:
            yield f"! {shown(event.sentence, longest=LONGEST_SENTENCE)}"
        case Ready():
            models = ", ".join(f"{task} {version}" for task, version in event.models)
            yield f"Models: {models}; device: {event.device}."
        case Planned():
            known = f", {event.known:,} of them read before" if event.known else ""
            yield f"{counted(event.studies, 'study', 'studies')} found{known}."
        case StudyEnded():
            yield _ended_line(event)
        case Ended():
            yield _summary(event)
        case FilesSeen() | StudyBegan() | StudyStep() | LeftOut():
            return


def _ended_line(event: StudyEnded) -> str:
    left = (
        f" · {_duration(event.remaining_s)} left" if event.remaining_s is not None and event.number < event.of else ""
    )
    sentence = shown(event.sentence, longest=LONGEST_SENTENCE)
    return f"{SIGNS[event.ending]} {event.number}/{event.of} {event.key}: {sentence} ({event.seconds:.1f} s){left}"


def _summary(event: Ended) -> str:
    parts = [f"{number:,} {ending.value.replace('-', ' ')}" for ending, number in event.endings]
    lost = (
        f"; {counted(event.left_out, 'file or series', 'files or series')} could not be used" if event.left_out else ""
    )
    stopped = "Stopped. " if event.stopped else ""
    return f"{stopped}Studies: {', '.join(parts) or 'none'}{lost}. Not a diagnosis: a radiologist must confirm."


def _duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"about {max(1, round(seconds))} s"
    if seconds < HOUR:
        return f"about {round(seconds / MINUTE)} min"
    return f"about {seconds / HOUR:.1f} h"
