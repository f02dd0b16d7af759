"""Taking stock of a folder: every series found, and whether its voxels can really be had.

Voxels are decoded one series at a time and let go at once, so that the check costs no more memory
than the largest series in the folder. A series that cannot be read is a value, not the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from appliance.contracts import Certainty, FilesSeen, LeftOut, StudyFound
from appliance.errors import ExitCode, Refused
from appliance.studies import find_studies
from appliance.volumes import read_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from appliance.contracts import Kind, Series, Study, Volume
    from appliance.settings import Settings


@dataclass(frozen=True, slots=True)
class VolumeSummary:
    """A volume without its voxels."""

    part: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeriesChecked:
    """A series, and what came of decoding it (nothing, if that was not asked for)."""

    series: Series
    volumes: tuple[VolumeSummary, ...] = ()
    refused: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class StudyChecked:
    """A study with all its series checked."""

    study: Study
    series: tuple[SeriesChecked, ...]


StockEvent: TypeAlias = FilesSeen | LeftOut | StudyChecked
"""What taking stock yields; a series left out comes as a ``LeftOut`` of its own."""


def take_stock(root: Path, settings: Settings, *, told: Kind | None, decode: bool) -> Iterator[StockEvent]:
    """Look through a folder, a file or a zip; decode what would be read, if asked to."""
    for event in find_studies(root, settings, told=told):
        if isinstance(event, StudyFound):
            yield from event.left_out
            yield StudyChecked(event.study, tuple(_check(event.study, settings, decode=decode)))
        else:
            yield event


@dataclass(slots=True)
class Tally:
    """Counts events as they pass by."""

    read: int = 0
    lost: int = 0

    def counting(self, events: Iterable[StockEvent]) -> Iterator[StockEvent]:
        """Let the events through and remember what they came to."""
        for event in events:
            if isinstance(event, LeftOut):
                self.lost += event.reason.is_fault
            elif isinstance(event, StudyChecked):
                unusable = sum(map(_is_lost, event.series))
                self.read += len(event.series) - unusable
                self.lost += unusable
            yield event

    def exit_code(self) -> ExitCode:
        """Say how it ended, as the shell understands it."""
        if not self.read:
            return ExitCode.NOTHING_TO_READ
        return ExitCode.SOME_REFUSED if self.lost else ExitCode.ALL_READ


def _check(study: Study, settings: Settings, *, decode: bool) -> Iterator[SeriesChecked]:
    for series in study.series:
        if not decode or series.recognition.certainty is Certainty.ASK:
            yield SeriesChecked(series)
            continue
        try:
            yield SeriesChecked(series, tuple(map(_summary, read_volumes(study, series, settings))))
        except Refused as refusal:
            yield SeriesChecked(series, refused=_as_data(refusal, series))


def _is_lost(checked: SeriesChecked) -> bool:
    return checked.refused is not None or checked.series.recognition.certainty is Certainty.ASK


def _summary(volume: Volume) -> VolumeSummary:
    return VolumeSummary(volume.part, volume.geometry.shape, volume.geometry.spacing_mm, volume.warnings)


def _as_data(refusal: Refused, series: Series) -> LeftOut:
    return LeftOut(refusal.source or series.sources[0], refusal.reason, str(refusal), files=len(series.sources))
