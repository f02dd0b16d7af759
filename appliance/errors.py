"""Everything that can go wrong and that a person is told about.

    OutpostError                 says what happened and what to do; carries its exit code
    ├── Misuse                   the command or a setting is wrong              exit 3
    │   └── SettingsError        a key, a value or a unit in the settings file
    ├── NothingToRead            no file could be read as a scan                exit 2
    ├── Refused                  one file, series or study is not read          exit 1
    │   ├── Unreadable           broken, cut short, or of an unknown format
    │   ├── OverLimit            larger than the settings allow
    │   └── BadGeometry          slices missing, mixed, irregular or without a place
    ├── BadModel                 a model package is damaged or does not fit     exit 1
    ├── UpdateRefused            an update is not installed; nothing changed    exit 1
    │   └── ConsentNeeded        it is old or the clock is wrong: a person says exit 1
    ├── EngineFailed             no engine of this machine could run a model    exit 1
    └── OutputFailed             a result could not be written                  exit 1

A ``Refused`` raised inside a batch is caught at the study's edge and becomes data: the batch goes on.
Errors of other libraries are translated where that library is called, never further up.

Exit codes are part of the contract:

    0  everything was read          2  there was nothing to read      130  stopped by the user (Ctrl-C)
    1  something was refused        3  the command or a setting is wrong
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from appliance.contracts import Reason

if TYPE_CHECKING:
    from appliance.contracts import Source


class ExitCode(IntEnum):
    """What the shell gets."""

    ALL_READ = 0
    SOME_REFUSED = 1
    NOTHING_TO_READ = 2
    MISUSE = 3
    INTERRUPTED = 130


class OutpostError(Exception):
    """Base of all: one sentence of what happened, one of what to do."""

    exit_code: ClassVar[ExitCode] = ExitCode.SOME_REFUSED

    def __init__(self, what: str, *, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


class Misuse(OutpostError):
    """The command line cannot be carried out as given."""

    exit_code = ExitCode.MISUSE


class SettingsError(Misuse):
    """The settings file says something that does not exist or cannot be."""


class NothingToRead(OutpostError):
    """Not one scan was found."""

    exit_code = ExitCode.NOTHING_TO_READ


class Refused(OutpostError):
    """This file, series or study is not read; the others are."""

    default_reason: ClassVar[Reason] = Reason.UNREADABLE

    def __init__(self, what: str, *, advice: str, source: Source | None = None, reason: Reason | None = None) -> None:
        super().__init__(what, advice=advice)
        self.source = source
        self.reason = reason or self.default_reason


class Unreadable(Refused):
    """Broken, cut short, or of a format that is not read."""


class OverLimit(Refused):
    """Larger than a limit in the settings."""

    default_reason = Reason.TOO_LARGE


class BadGeometry(Refused):
    """The slices do not make one regular volume."""

    default_reason = Reason.NO_GEOMETRY


class BadModel(OutpostError):
    """A model package is damaged, incomplete, or made for another version; it is not used."""


class UpdateRefused(OutpostError):
    """An update is not trusted, does not fit, or failed its test; what worked before still does, unchanged."""


class ConsentNeeded(UpdateRefused):
    """An update is sound but old, or the clock is wrong: a person has to say that it may be installed."""


class EngineFailed(OutpostError):
    """A model could not be run on any engine of this machine."""


class OutputFailed(OutpostError):
    """A result could not be written, so it is not there: nothing half-written is left."""
