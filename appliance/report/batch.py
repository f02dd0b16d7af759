"""A folder of results → the tables of a batch: every study a row, regions, levels, and what was refused.

Guarantees: every folder with findings is in exactly one row; one whose findings are damaged, and a study that
the ledger knows as refused or failed, is among the refused, with the reason, even where what an earlier reading
found still stands. What only a study's own report needs
is let go at once, so that a thousand studies fit into a small machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from appliance.errors import Unreadable
from appliance.findings.json_file import NAME, read_findings
from appliance.findings.study import Outcome
from appliance.report.canal import canals_of, worst_of
from appliance.report.unread import Unread, unread_in_ledger
from appliance.report.vocabulary import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from appliance.findings.study import Findings

Value: TypeAlias = str | int | float | None
Rows: TypeAlias = "Callable[[Findings], Iterable[tuple[Value, ...]]]"
UNREAD = frozenset({Outcome.REFUSED, Outcome.FAILED})
STUDY = ("study", "patient", "patient number", "age", "sex", "study date")
BRAIN = ("lesions", "lesion volume, ml", "share of brain, %", "severity", "brain, ml", "ventricles, ml", "new lesions",
         "unusual places")  # fmt: skip
SPINE = ("narrowest canal, mm", "at level", "worst canal", "worst canal seen on", "views disagree at")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """All studies of a folder."""

    name: str
    studies: tuple[Findings, ...]
    unread: tuple[Unread, ...]
    """Without findings that could be read; others, of which nothing was read, are among ``studies``."""
    folders: Mapping[str, Path] = field(default_factory=dict)
    """Where each study's results lie, by its key."""

    @property
    def made_at(self) -> datetime | None:
        """When its newest study was read."""
        return max((study.made_at for study in self.studies), default=None)

    @property
    def read(self) -> tuple[Findings, ...]:
        """Those of which something was read."""
        return tuple(study for study in self.studies if study.outcome not in UNREAD)


def read_batch(folder: Path) -> Batch:
    """Read every study's findings in a folder, and what its ledger says of those that have none."""
    studies, damaged, folders = [], [], {}
    for path in sorted(folder.glob(f"**/{NAME}")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            study = _lean(read_findings(path))
        except Unreadable as error:
            damaged.append(Unread(path.parent.name, "damaged", str(error)))
            continue
        studies.append(study)
        folders[study.study] = path.parent
    known = {study.study for study in studies if study.outcome in UNREAD} | {each.study for each in damaged}
    return Batch(folder.resolve().name, tuple(studies), (*damaged, *unread_in_ledger(folder, known)), folders)


def _lean(study: Findings) -> Findings:
    """Keep what a table of many studies needs."""
    brains = tuple(replace(brain, lesions=(), candidates=()) for brain in study.brain)
    return replace(study, brain=brains, models=(), settings={}, timings=(), pictures=(), outputs=())


def sheets_of(batch: Batch) -> tuple[Sheet, ...]:
    """Make the sheets of a batch's workbook."""
    return (
        Sheet("studies", (*STUDY, "outcome", "quality", *BRAIN, *SPINE), tuple(map(_study, batch.studies))),
        Sheet("regions", (*STUDY[:2], "region", "lesions", "volume, ml", "share of lesions, %"), _all(batch, _regions)),
        Sheet("levels from above", (*STUDY[:2], "level", "structure", "grade", "probability", "sure", "tested"),
              _all(batch, _axial)),
        Sheet("levels from the side", (*STUDY[:2], "level", "at disc, mm", "above, mm", "below, mm", "ratio",
                                       "by ratio", "by millimetres"), _all(batch, _sagittal)),
        Sheet("discs", (*STUDY[:2], "level", "structure", "grade", "probability", "sure", "tested"),
              _all(batch, _discs)),
        Sheet("not read", ("study", "outcome", "what happened", "what to do"), tuple(refused_rows(batch))),
    )  # fmt: skip


def refused_rows(batch: Batch) -> Iterator[tuple[str, ...]]:
    """List everything that was not read, with the reason."""
    for study in batch.studies:
        for problem in study.problems:
            yield study.study, str(study.outcome), problem.sentence, problem.advice
    for each in batch.unread:
        yield each.study, each.outcome, each.reason, ""


def _all(batch: Batch, rows_of: Rows) -> tuple[tuple[Value, ...], ...]:
    return tuple((study.study, person(study.patient.name), *row) for study in batch.studies for row in rows_of(study))


def _study(study: Findings) -> tuple[Value, ...]:
    patient, when = study.patient, study.examination.when
    verdicts = [str(series.quality.verdict) for series in study.series if series.quality is not None]
    worst = next((word for word in ("refused", "warning", "good") if word in verdicts), None)
    return (
        study.study, person(patient.name), patient.patient_id,
        None if patient.age_years is None else round(patient.age_years, 1), patient.sex,
        None if when is None else when.date().isoformat(), str(study.outcome), worst, *_brain(study), *_spine(study),
    )  # fmt: skip


def _brain(study: Findings) -> tuple[Value, ...]:
    if not study.brain:
        return (None,) * len(BRAIN)
    brain = study.brain[0]
    share = brain.totals.share_of_brain
    new = sum(fate.fate == "new" for fate in brain.change.lesions) if brain.change and brain.change.compared else None
    return (
        brain.totals.count, round(brain.totals.volume_ml, 3), None if share is None else round(100 * share, 3),
        str(brain.severity), round(brain.brain_ml, 1), round(brain.ventricle_ml, 1), new,
        len(brain.anomaly.regions) if brain.anomaly else None,
    )  # fmt: skip


def _spine(study: Findings) -> tuple[Value, ...]:
    widths = [
        (level.at_disc.mm, level.level)
        for sagittal in study.spine_sagittal for level in sagittal.levels
        if level.at_disc is not None and level.at_disc.mm is not None
    ]  # fmt: skip
    least, where = min(widths, default=(None, None))
    worst = worst_of(canals_of(study))
    seen = (None, None) if worst is None else (f"{worst.seen.level} {worst.seen.grade}", " and ".join(worst.views))
    apart = ", ".join(each.level for each in study.disagreements) or None
    return (None if least is None else round(least, 1), where, *seen, apart)


def _regions(study: Findings) -> Iterable[tuple[Value, ...]]:
    for brain in study.brain[:1]:
        whole = brain.totals.volume_ml
        for part in brain.totals.by_region:
            share = round(100 * part.volume_ml / whole, 1) if whole else None
            yield str(part.region), part.count, round(part.volume_ml, 3), share


def _axial(study: Findings) -> Iterable[tuple[Value, ...]]:
    for axial in study.spine_axial:
        for level in axial.levels:
            for grade in level.grades:
                yield (level.level, grade.structure, grade.grade, round(grade.probability, 3), _yes(grade.sure),
                       _yes(grade.tested))  # fmt: skip


def _discs(study: Findings) -> Iterable[tuple[Value, ...]]:
    for sagittal in study.spine_sagittal:
        for level in sagittal.levels:
            for grade in level.grades:
                yield (level.level, grade.structure, grade.grade, round(grade.probability, 3), _yes(grade.sure),
                       _yes(grade.tested))  # fmt: skip


def _sagittal(study: Findings) -> Iterable[tuple[Value, ...]]:
    for sagittal in study.spine_sagittal:
        for level in sagittal.levels:
            lines = (level.at_disc, level.above, level.below)
            widths = (None if line is None or line.mm is None else round(line.mm, 1) for line in lines)
            ratio = None if level.ratio is None else round(level.ratio, 2)
            yield (level.level, *widths, ratio, *(str(word) if word else None
                   for word in (level.measured_grade, level.millimetre_grade)))  # fmt: skip


def _yes(value: bool) -> str:  # noqa: FBT001 - a cell
    return "yes" if value else "no"
