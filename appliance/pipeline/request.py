"""What the operator asks of a batch."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from appliance.contracts import Kind, Source
    from appliance.settings import Settings


class Redo(StrEnum):
    """What is read again although it is unchanged; the words of ``--redo``."""

    NOTHING = "nothing"
    OUTDATED = "outdated"
    """What was read by other models than are installed now, and what was refused."""
    ALL = "all"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """A folder to read, and how."""

    folder: Path
    output: Path
    settings: Settings
    operator: str = ""
    """Who answers for it; stands in the ledger."""
    told: Kind | None = None
    """What series that are not sure are taken for."""
    named: Mapping[Source, Kind | None] = field(default_factory=dict)
    """What single series are, by their first file; ``None`` leaves one out. Such studies are read in any case."""
    redo: Redo = Redo.NOTHING
    stop: threading.Event = field(default_factory=threading.Event)
    """Set by anybody, at any moment, to stop after the step in progress."""
    clock: Callable[[], datetime] = _now
