"""What is known of a study before it is read: a record for every volume, problems, and what may be read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.contracts import Kind, Weighting
from appliance.findings.sources import series_of
from appliance.findings.study import Problem, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Series, Source, Volume
    from appliance.errors import OutpostError
    from appliance.findings.study import SeriesRead
    from appliance.pipeline.reading import Checked, Loaded, SeriesLoaded

NOT_GOOD_ENOUGH = "quality"
"""The reason of a problem that the quality gate found."""


@dataclass(frozen=True, slots=True, eq=False)
class Readable:
    """A volume that may be read."""

    id: str
    """``SeriesRead.id``."""
    volume: Volume
    group: int
    """Volumes of one series have the same: axial stacks are read together."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """All volumes of a study, readable or not."""

    series: tuple[SeriesRead, ...]
    problems: tuple[Problem, ...]
    readable: tuple[Readable, ...]

    def of(self, kind: Kind) -> tuple[Readable, ...]:
        """List what may be read as this kind; what is read first comes first."""
        return tuple(sorted((one for one in self.readable if one.volume.kind == kind), key=_worth))


def record_of(loaded: Loaded) -> Record:
    """Give every volume its number, and sort out what cannot be read."""
    series: list[SeriesRead] = []
    problems = [
        Problem(left.reason, left.sentence, "", None, _name(left.source, loaded.root))
        for left in loaded.left_out
        if left.reason.is_fault
    ]
    readable: list[Readable] = []
    for group, one in enumerate(loaded.series):
        first = _name(one.series.sources[0], loaded.root)
        for checked in one.volumes or (None,):
            identity = str(len(series) + 1)
            series.append(_record(identity, one.series, checked, first))
            problem = _problem(identity, one, checked)
            if problem is not None:
                problems.append(problem)
            elif checked is not None:
                readable.append(Readable(identity, checked.volume, group))
    return Record(tuple(series), tuple(problems), tuple(readable))


def problem_of(error: OutpostError, reason: str, series: str | None) -> Problem:
    """Put an error into a record."""
    return Problem(reason, error.what, error.advice, series, None)


def _record(identity: str, series: Series, checked: Checked | None, first: str) -> SeriesRead:
    kind = series.recognition.kind or Kind.BRAIN_FLAIR
    if checked is None:
        return series_of(identity, series, kind, None, None, first)
    return series_of(identity, series, kind, checked.volume, checked.quality, first)


def _problem(identity: str, one: SeriesLoaded, checked: Checked | None) -> Problem | None:
    if one.refusal is not None:
        return problem_of(one.refusal, one.refusal.reason, identity)
    if checked is not None and checked.quality.verdict is Verdict.REFUSED:
        worst = checked.quality.remarks[0]
        return Problem(NOT_GOOD_ENOUGH, worst.sentence, worst.advice, identity, None)
    return None


def _name(source: Source, root: Path) -> str:
    """Name a file from the folder that was read, with forward slashes on every system."""
    below = source.path.relative_to(root).as_posix() if source.path.is_relative_to(root) else source.path.name
    below = source.path.name if below == "." else below
    return f"{below}::{source.member}" if source.member else below


def _worth(one: Readable) -> tuple[bool, float, int]:
    """Put T2 before T1, and of heads the most detailed first."""
    is_brain = one.volume.kind is Kind.BRAIN_FLAIR
    not_t2 = not is_brain and one.volume.weighting is not Weighting.T2
    return (not_t2, one.volume.geometry.voxel_ml if is_brain else 0.0, int(one.id))
