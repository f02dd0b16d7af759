"""The PIN that settings can be put under, so that nobody changes them in passing.

Without one, anybody may. With one, nothing is changed before it was typed, and it has to be typed again after the
settings were left. Like a doctor's PIN it guards against mistakes: whoever can write this workplace's files can
remove it, which is also what to do if it is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse, OutputFailed
from appliance.workplace.pins import is_pin, kept_pin
from appliance.workplace.texts import write_text
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from pathlib import Path


class Safeguard:
    """One workplace's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was_typed = False

    @property
    def is_set(self) -> bool:
        """Whether there is a PIN."""
        return self._path.exists()

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be changed now."""
        return self.is_set and not self._was_typed

    def check(self) -> None:
        """Let a change through, or say what has to be done first."""
        if self.is_closed:
            raise Misuse(say("The settings are under a PIN."), advice=say("Type it first: Settings (F7), then Ctrl+U."))

    def open(self, pin: str) -> None:
        """Let changes through until the settings are left."""
        try:
            kept = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            kept = ""
        if not is_pin(pin, kept):
            raise Misuse(say("The PIN is not right."), advice=say("Type it again, or ask who keeps it."))
        self._was_typed = True

    def close(self) -> None:
        """Ask again from now on."""
        self._was_typed = False

    def put(self, pin: str) -> None:
        """Put the settings under a PIN, or under another one."""
        self.check()
        write_text(self._path, kept_pin(pin))
        self._was_typed = True

    def remove(self) -> None:
        """Let anybody change settings again."""
        self.check()
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputFailed(
                say("The PIN could not be removed ({why}).", why=error.strerror),
                advice=say("Check that you may write there."),
            ) from error
