"""Asks the terminal once what it can show, before Textual listens, which would take the answer for keys.

The question goes out first and the answer is read last, so that it travels while libraries are loaded. A terminal
that says nothing costs a second, and no key.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from appliance.workplace.terminal import QUESTION, is_asked, is_whole, patience, terminal_from

if sys.platform == "win32":
    from textual_image._win32 import capture_mode, get_tiocgwinsz, read
else:
    from textual_image._posix import capture_mode, get_tiocgwinsz, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from appliance.workplace.terminal import Terminal

LONGEST = 400
"""Characters; an answer has about 50."""


@contextmanager
def asking(environment: Mapping[str, str]) -> Iterator[Callable[[], Terminal]]:
    """Ask; what is yielded waits for the answer."""
    keyboard, screen = sys.__stdin__, sys.__stdout__
    if keyboard is None or screen is None or not (keyboard.isatty() and screen.isatty() and is_asked(environment)):
        yield lambda: terminal_from("", environment)
        return
    with capture_mode():
        screen.write(QUESTION)
        screen.flush()
        yield lambda: terminal_from(_heard(keyboard, patience(environment)), environment, _cell_of_system())


def _heard(keyboard: TextIO, seconds: float) -> str:
    """Listen until the answer is whole, time is over, or nobody is there; letters of a person are passed over."""
    end, heard = time.monotonic() + seconds, ""
    while not is_whole(heard) and len(heard) < LONGEST:
        try:
            said = read(keyboard.fileno(), 1, max(0.0, end - time.monotonic()))
        except UnicodeDecodeError:
            continue
        except OSError:  # TimeoutError is one
            break
        if not said:
            break
        heard += said
    return heard


def _cell_of_system() -> tuple[int, int] | None:
    try:
        rows, columns, width, height = get_tiocgwinsz()
    except OSError:
        return None
    return (width // columns, height // rows) if rows and columns else None
