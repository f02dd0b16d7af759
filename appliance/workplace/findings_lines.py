"""A study's findings as short lines for a screen: what was found, how sure, what to look at. Pure.

The numbers are those of ``findings.json``; nothing is computed here that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.findings.study import Verdict
from appliance.summary.headline import headline
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings import AxialFindings, BrainFindings, Findings, SagittalFindings
    from appliance.findings.brain import LesionFound
    from appliance.findings.review import Review

MOST_LESIONS = 40
LONGEST = 500


class Weight(StrEnum):
    """How a line is meant."""

    TITLE = "title"
    PLAIN = "plain"
    CARE = "care"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    text: str
    weight: Weight = Weight.PLAIN


def lines_of(findings: Findings, review: Review | None) -> Iterator[Line]:
    """Say everything about a study, the most important first."""
    yield Line(headline(findings), Weight.TITLE)
    if review is not None:
        yield from _review(review)
    for brain in findings.brain:
        yield from _brain(brain)
    for axial in findings.spine_axial:
        yield from _axial(axial)
    for sagittal in findings.spine_sagittal:
        yield from _sagittal(sagittal)
    yield from (Line(shown(each.sentence, longest=LONGEST), Weight.CARE) for each in findings.disagreements)
    yield from _scan(findings)
    yield from _made_by(findings)
    yield Line(findings.disclaimer, Weight.FAINT)


def _review(review: Review) -> Iterator[Line]:
    yield Line(f"Signed by {shown(review.signed_by)}, {review.signed_at:%Y-%m-%d %H:%M}", Weight.TITLE)
    for grade in review.grades:
        where = f"{grade.level} " if grade.level else ""
        yield Line(f"  {where}{grade.structure}: {grade.automatic}, the doctor says {grade.doctor}", Weight.CARE)
    for lesion in review.lesions:
        yield Line(f"  Lesion {lesion.number}: none, says the doctor", Weight.CARE)
    yield from (Line(f"  {shown(line, longest=LONGEST)}") for line in review.note.splitlines())


def _brain(brain: BrainFindings) -> Iterator[Line]:
    totals = brain.totals
    yield Line("Brain", Weight.TITLE)
    share = f", {100 * totals.share_of_brain:.2f} % of the brain" if totals.share_of_brain is not None else ""
    yield Line(f"  {counted(totals.count, 'lesion')}, {totals.volume_ml:.2f} ml{share}; load: {brain.severity}")
    for region in totals.by_region:
        yield Line(f"  {region.region.value}: {region.count}, {region.volume_ml:.2f} ml")
    if brain.ventricle_share is not None:
        yield Line(f"  Ventricles {brain.ventricle_ml:.1f} ml, {100 * brain.ventricle_share:.1f} % of the brain")
    if brain.change is not None:
        yield Line(f"  Before: {_known(brain.change.before_ml)}, now: {brain.change.now_ml:.2f} ml")
    yield from (Line(f"  {shown(each.sentence, longest=LONGEST)}", Weight.FAINT) for each in brain.population.standings)
    yield from (_lesion(lesion) for lesion in brain.lesions[:MOST_LESIONS])
    if brain.candidates:
        yield Line(f"  {counted(len(brain.candidates), 'place')} the model was unsure of: look there", Weight.CARE)
    for odd in brain.anomaly.regions if brain.anomaly else ():
        yield Line(f"  Unusual: slice {odd.spot.slice_number}, {odd.volume_ml:.1f} ml: look there", Weight.CARE)
    yield from (Line(f"  {shown(note, longest=LONGEST)}", Weight.CARE) for note in brain.notes)


def _lesion(lesion: LesionFound) -> Line:
    region = lesion.region.value if lesion.region else "place not known"
    sure = "" if lesion.sure else ", not sure"
    text = f"  {lesion.number}. slice {lesion.spot.slice_number}, {lesion.volume_ml:.2f} ml, {region}{sure}"
    return Line(text, Weight.PLAIN if lesion.sure else Weight.FAINT)


def _axial(axial: AxialFindings) -> Iterator[Line]:
    yield Line("Lumbar spine, axial", Weight.TITLE)
    for level in axial.levels:
        for grade in level.grades:
            tested = "" if grade.tested and axial.tested_contrast else ", not tested"
            words = f"{grade.structure.replace('_', ' ')}: {grade.grade} ({100 * grade.probability:.0f} %{tested})"
            yield Line(f"  {level.level} {words}", Weight.PLAIN if grade.sure else Weight.FAINT)
    yield from (Line(f"  {shown(note, longest=LONGEST)}", Weight.CARE) for note in axial.notes)


def _sagittal(sagittal: SagittalFindings) -> Iterator[Line]:
    yield Line("Lumbar spine, sagittal", Weight.TITLE)
    for level in sagittal.levels:
        width = f"{level.at_disc.mm:.1f} mm" if level.at_disc and level.at_disc.mm is not None else "width unknown"
        ratio = f", ratio {level.ratio:.2f}" if level.ratio is not None else ""
        grade = f": {level.measured_grade.value}" if level.measured_grade else ""
        yield Line(f"  {level.level} canal {width}{ratio}{grade}")
        for disc in level.grades:
            words = f"{disc.structure.replace('_', ' ')}: {disc.grade} ({100 * disc.probability:.0f} %)"
            yield Line(f"    {words}", Weight.PLAIN if disc.sure else Weight.FAINT)
    yield from (Line(f"  {shown(note, longest=LONGEST)}", Weight.CARE) for note in sagittal.notes)


def _scan(findings: Findings) -> Iterator[Line]:
    yield Line("The scan", Weight.TITLE)
    for series in findings.series:
        yield Line(f"  {shown(series.description or series.first_file)}: {series.kind.value}")
        remarks = series.quality.remarks if series.quality else ()
        for remark in remarks:
            weight = Weight.CARE if remark.verdict is not Verdict.GOOD else Weight.PLAIN
            yield Line(f"  {remark.sentence} {remark.advice}", weight)
        yield from (Line(f"  {shown(warning, longest=LONGEST)}", Weight.FAINT) for warning in series.warnings)
    for problem in findings.problems:
        yield Line(f"  {shown(f'{problem.sentence} {problem.advice}', longest=LONGEST)}", Weight.CARE)
    yield from (Line(f"  {shown(note, longest=LONGEST)}", Weight.FAINT) for note in findings.notes)


def _made_by(findings: Findings) -> Iterator[Line]:
    for model in findings.models:
        yield Line(f"  Model {model.task} {model.version}", Weight.FAINT)
        yield from (Line(f"  {shown(engine.reason, longest=LONGEST)}", Weight.FAINT) for engine in model.engines)


def _known(ml: float | None) -> str:
    return "unknown" if ml is None else f"{ml:.2f} ml"
