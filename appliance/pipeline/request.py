"""What the operator asks of a batch."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.pipeline.plan import Redo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from appliance.contracts import Kind, Source
    from appliance.settings import Settings


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
