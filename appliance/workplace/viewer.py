"""Opens a PDF or a picture with the program that this system uses for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.words import shown
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from pathlib import Path

OPENERS = ("xdg-open", "gio", "open")


def open_file(path: Path) -> None:
    """Hand a file over, or say why nothing can show it here."""
    if not path.is_file():
        raise OutputFailed(
            say("{file} is not there.", file=shown(path.name)),
            advice=say("Read the study again, or check that the disk is plugged in."),
        )
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606 - a file of ours
        else:
            _hand_over(path)
    except OSError as error:
        raise _nothing_opens(path) from error


def _hand_over(path: Path) -> None:
    opener = next((found for name in OPENERS if (found := shutil.which(name))), None)
    if opener is None or not _has_a_desktop():
        raise _nothing_opens(path)
    words = [opener, "open", str(path)] if opener.endswith("gio") else [opener, str(path)]
    process = subprocess.Popen(  # noqa: S603 - a program of the system, and a file of ours
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    threading.Thread(target=process.wait, daemon=True).start()


def _has_a_desktop() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _nothing_opens(path: Path) -> OutputFailed:
    return OutputFailed(
        say("This machine has no window in which {file} could be shown.", file=shown(path.name)),
        advice=say(
            "Copy it to a computer that has one; it lies in {folder}.", folder=shown(str(path.parent), longest=300)
        ),
    )
