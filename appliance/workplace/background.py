"""Work in a process of its own, at a lower priority, so that the screen answers while all cores are busy.

Guarantees: events arrive in order; an error of ours arrives as ``Broke``, and so does a process that dies; what was
started ends with the program, even if that is killed. It talks through pipes: no socket is opened.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import psutil

from appliance.errors import OutpostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

BEHIND_THE_SCREEN = 10
"""How far the work steps back when the screen wants the processor, in the steps of ``nice``."""


class Wish(StrEnum):
    """What the person in front of the screen wants of work that is under way."""

    PAUSE = "pause"
    GO_ON = "go on"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Broke:
    """The work ended before it was done."""

    what: str
    advice: str


class Wishes:
    """What the work hears, in its own process."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set once somebody wants the work to end."""
        self._may_go = threading.Event()
        self._may_go.set()

    def wait_while_paused(self) -> None:
        """Return at once, or as soon as the work may go on."""
        self._may_go.wait()

    def hear(self, wish: Wish) -> None:
        """Take a wish in."""
        if wish is Wish.STOP:
            self.stop.set()
        if wish is Wish.PAUSE:
            self._may_go.clear()
        else:
            self._may_go.set()


Work: TypeAlias = "Callable[..., Iterable[Any]]"
"""Called with ``Wishes`` and the arguments that were given; must be importable by name."""


class Background:
    """One piece of work, from its start to its end."""

    def __init__(self, work: Work, *arguments: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._events, theirs = context.Pipe(duplex=False)
        heard, self._wishes = context.Pipe(duplex=False)
        self._process = context.Process(target=live, args=(theirs, heard, work, arguments))
        self._process.start()
        theirs.close()
        heard.close()

    def wish(self, wish: Wish) -> None:
        """Ask for something; work that has ended does not hear it."""
        with contextlib.suppress(OSError):
            self._wishes.send(wish)

    def events(self) -> Iterator[Any]:
        """Yield what the work yields, and ``Broke`` if it did not come to its end."""
        with contextlib.suppress(EOFError, OSError):
            while (event := self._events.recv()) is not None:
                yield event
                if isinstance(event, Broke):
                    return
            return
        self._process.join()
        yield Broke(
            f"The work ended by itself (code {self._process.exitcode}).",
            "Start it again: what was done is kept, and it goes on from there.",
        )

    def end(self) -> None:
        """End the work, wherever it is, and everything that it started."""
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self._process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    child.kill()
        self._process.kill()
        self._process.join()


def live(events: Connection, heard: Connection, work: Work, arguments: tuple[object, ...]) -> None:
    """Do the work and tell of it: the life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _step_back()
    _keep_off_the_screen()
    wishes = Wishes()
    threading.Thread(target=_listen, args=(heard, wishes), daemon=True).start()
    try:
        for event in work(wishes, *arguments):
            events.send(event)
        events.send(None)
    except OutpostError as error:
        events.send(Broke(error.what, error.advice))


def _listen(heard: Connection, wishes: Wishes) -> None:
    """Hear wishes; when nobody can utter any more, the program is gone, and so is the reason to work."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            wishes.hear(heard.recv())
    os._exit(1)


def _step_back() -> None:
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(BEHIND_THE_SCREEN)


def _keep_off_the_screen() -> None:
    """Libraries print; the terminal belongs to the app."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
