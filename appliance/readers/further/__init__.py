"""Readings that came later, a file each: ``docs/adding-a-reading.md`` says how one is added.

A file here holds ``READING``, a ``FurtherReading``. Its own name with hyphens is the reading's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.contracts import Plane, SeriesFacts, Volume
    from appliance.findings.further import FurtherFindings
    from appliance.readers.model import Model

Recognise: TypeAlias = "Callable[[SeriesFacts, str, Plane | None], str]"
"""What the headers say, all words about the series in plain small letters, how it lies → why it is this; or empty."""
Read: TypeAlias = "Callable[[Model, FurtherGiven], FurtherFindings]"


@dataclass(frozen=True, slots=True, eq=False)
class FurtherGiven:
    """One scan that a further reading is to read."""

    series: str
    """``SeriesRead.id``."""
    volume: Volume


@dataclass(frozen=True, slots=True, eq=False)
class FurtherReading:
    """All that the program must know of a reading."""

    title: str
    """For lists and pages: ``Knee, sagittal``."""
    recognise: Recognise
    """Its witness: a series is read only if no born reading and no other further one claims it too."""
    read: Read
    """Raises ``Refused`` with the reason if the scan cannot be read after all."""
