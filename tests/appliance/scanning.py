"""Looking through a folder and sorting what comes out, for the tests of studies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.contracts import FilesSeen, LeftOut, Reason, Series, Study, StudyFound
from appliance.settings import Settings
from appliance.studies import find_studies

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Kind


@dataclass(frozen=True)
class Scan:
    """Everything that came of one folder."""

    studies: list[Study]
    left_out: list[LeftOut]
    progress: list[FilesSeen]

    @property
    def study(self) -> Study:
        (study,) = self.studies
        return study

    @property
    def series(self) -> list[Series]:
        return [series for study in self.studies for series in study.series]

    @property
    def only_series(self) -> Series:
        (series,) = self.series
        return series

    @property
    def only_left_out(self) -> LeftOut:
        (left_out,) = self.left_out
        return left_out

    @property
    def reasons(self) -> list[Reason]:
        return sorted(left_out.reason for left_out in self.left_out)

    @property
    def files_accounted_for(self) -> int:
        read = sum(len(series.sources) for series in self.series)
        return read + sum(left_out.files for left_out in self.left_out)


def scan(root: Path, told: Kind | None = None, settings: Settings | None = None) -> Scan:
    """Look through a folder to the end."""
    events = list(find_studies(root, settings or Settings(), told))
    found = [event for event in events if isinstance(event, StudyFound)]
    alone = [event for event in events if isinstance(event, LeftOut)]
    return Scan(
        [event.study for event in found],
        alone + [left_out for event in found for left_out in event.left_out],
        [event for event in events if isinstance(event, FilesSeen)],
    )
