"""What can go wrong with an engine, told apart by what a technician can do about it.

A ``Trouble`` never reaches a person: the engine turns it into a choice of another engine and a
sentence, or, if none is left, into ``EngineFailed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why an engine cannot be used, or cannot be used any longer."""

    NOT_INSTALLED = "not-installed"
    NO_CUDA_BUILD = "no-cuda-build"
    NO_DRIVER = "no-driver"
    DRIVER_TOO_OLD = "driver-too-old"
    LIBRARY_MISSING = "library-missing"
    FELL_BACK = "fell-back"
    OUT_OF_MEMORY = "out-of-memory"
    LOST = "lost"
    SILENT = "silent"
    """No answer within the time allowed."""
    TOO_SLOW = "too-slow"
    NOT_FINITE = "not-finite"
    WRONG = "wrong"
    """The golden case came out differently."""
    FAILED = "failed"
    """Anything else that the runtime said."""

    @property
    def lies_in_the_numbers(self) -> bool:
        """Whether another precision on the same engine may do better."""
        return self in {Cause.NOT_FINITE, Cause.WRONG}

    @property
    def ends_the_engine(self) -> bool:
        """Whether no other network needs to try this engine in this run of the program."""
        return self not in {Cause.NOT_FINITE, Cause.WRONG, Cause.OUT_OF_MEMORY, Cause.TOO_SLOW, Cause.FAILED}

    @property
    def leaves_wreckage(self) -> bool:
        """Whether the engine's sessions must not be touched again, not even to free them."""
        return self in {Cause.LOST, Cause.SILENT}


class Trouble(Exception):
    """An engine could not open or run a graph."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else str(cause))
        self.cause = cause
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Clue:
    """Words in a runtime's message that give the cause away."""

    words: str
    cause: Cause


CLUES = (
    Clue("out of memory", Cause.OUT_OF_MEMORY),
    Clue("failed to allocate memory", Cause.OUT_OF_MEMORY),
    Clue("bad allocation", Cause.OUT_OF_MEMORY),
    Clue("bad_alloc", Cause.OUT_OF_MEMORY),
    Clue("alloc_failed", Cause.OUT_OF_MEMORY),
    Clue("cuda failure 35", Cause.DRIVER_TOO_OLD),
    Clue("driver version is insufficient", Cause.DRIVER_TOO_OLD),
    Clue("cuda failure 100", Cause.NO_DRIVER),
    Clue("no cuda-capable device", Cause.NO_DRIVER),
    Clue("cannot open shared object file", Cause.LIBRARY_MISSING),
    Clue("loadlibrary failed", Cause.LIBRARY_MISSING),
    Clue("cuda failure", Cause.LOST),
    Clue("cudnn failure", Cause.LOST),
    Clue("cublas failure", Cause.LOST),
)
"""In the order in which they are looked for: every CUDA failure that is not one of memory or
installation leaves the process without a usable device."""


def cause_of(message: str) -> Cause:
    """Tell the cause from what a runtime said."""
    said = message.lower()
    return next((clue.cause for clue in CLUES if clue.words in said), Cause.FAILED)
