"""What a reading that came later says: figures with their units, in the words of that reading.

Born readings have types of their own; a further one has this, so that ``findings.json``, the report and the screen
show it without knowing it.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.contracts import Kind  # noqa: TC001 - the exact loader reads the annotations at run time


@dataclass(frozen=True, slots=True)
class FurtherFigure:
    """One thing that was measured or judged."""

    name: str
    value: float | None
    """``None`` where it could not be told."""
    unit: str
    """Empty for a probability or a count."""
    slice_number: int | None
    """Counted from 1 along the series' slices; ``None`` where it concerns them all."""


@dataclass(frozen=True, slots=True)
class FurtherFindings:
    """What is said about one series by a further reading."""

    series: str
    """``SeriesRead.id``."""
    kind: Kind
    title: str
    """What the reading is called on a page."""
    headline: str
    """What matters most, in one sentence."""
    figures: tuple[FurtherFigure, ...]
    tested: bool
    """Whether this was ever compared with a radiologist's word on scans like this one."""
    notes: tuple[str, ...]
    """What a reader of the result must know."""
