"""A study's findings as short lines for a screen: what was found, how sure, what to look at. Pure.

The numbers are those of ``findings.json``; nothing is computed here that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.findings.study import Verdict
from appliance.summary.headline import headline
from appliance.words import shown
from appliance.workplace.tongue import counted, say, sentence, spoken, stable_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings import AxialFindings, BrainFindings, Findings, SagittalFindings
    from appliance.findings.brain import LesionFound
    from appliance.findings.review import Review
    from appliance.findings.spine import GradeOf

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
    yield Line(headline(findings, spoken()), Weight.TITLE)
    if review is not None:
        yield from _review(review)
    for brain in findings.brain:
        yield from _brain(brain)
    for axial in findings.spine_axial:
        yield from _axial(axial)
    for sagittal in findings.spine_sagittal:
        yield from _sagittal(sagittal)
    yield from (_told(each.sentence, Weight.CARE) for each in findings.disagreements)
    yield from _scan(findings)
    yield from _made_by(findings)
    yield Line(sentence(findings.disclaimer), Weight.FAINT)


def _review(review: Review) -> Iterator[Line]:
    when = f"{review.signed_at:%Y-%m-%d %H:%M}"
    yield Line(say("Signed by {name}, {when}", name=shown(review.signed_by), when=when), Weight.TITLE)
    for grade in review.grades:
        where = f"{grade.level} {stable_word(grade.structure)}".strip()
        text = say("{what}: {automatic}, the doctor says {doctor}", what=where, automatic=stable_word(grade.automatic),
                   doctor=stable_word(grade.doctor))  # fmt: skip
        yield Line(f"  {text}", Weight.CARE)
    for lesion in review.lesions:
        yield Line("  " + say("Lesion {number}: none, says the doctor", number=lesion.number), Weight.CARE)
    yield from (Line(f"  {shown(line, longest=LONGEST)}") for line in review.note.splitlines())


def _brain(brain: BrainFindings) -> Iterator[Line]:
    totals = brain.totals
    yield Line(say("Brain"), Weight.TITLE)
    parts = [counted("{number} lesion", "{number} lesions", totals.count), f"{totals.volume_ml:.2f} ml"]
    if totals.share_of_brain is not None:
        parts.append(say("{share} % of the brain", share=f"{100 * totals.share_of_brain:.2f}"))
    load = say("load: {severity}", severity=stable_word(brain.severity))
    yield Line("  " + say(", ").join(parts) + say("; ") + load)
    for region in totals.by_region:
        yield Line(f"  {stable_word(region.region)}: {region.count}, {region.volume_ml:.2f} ml")
    if brain.ventricle_share is not None:
        share = f"{100 * brain.ventricle_share:.1f}"
        yield Line(
            "  " + say("Ventricles {ml} ml, {share} % of the brain", ml=f"{brain.ventricle_ml:.1f}", share=share)
        )
    if brain.change is not None:
        before, now = _known(brain.change.before_ml), f"{brain.change.now_ml:.2f} ml"
        yield Line("  " + say("Before: {before}, now: {now}", before=before, now=now))
    yield from (_told(each.sentence, Weight.FAINT) for each in brain.population.standings)
    yield from (_lesion(lesion) for lesion in brain.lesions[:MOST_LESIONS])
    if brain.candidates:
        unsure = counted("{number} place the model was unsure of: look there",
                         "{number} places the model was unsure of: look there", len(brain.candidates))  # fmt: skip
        yield Line(f"  {unsure}", Weight.CARE)
    for odd in brain.anomaly.regions if brain.anomaly else ():
        unusual = say("Unusual: slice {slice}, {ml} ml: look there", slice=odd.spot.slice_number,
                      ml=f"{odd.volume_ml:.1f}")  # fmt: skip
        yield Line(f"  {unusual}", Weight.CARE)
    yield from (_told(note, Weight.CARE) for note in brain.notes)


def _lesion(lesion: LesionFound) -> Line:
    region = stable_word(lesion.region) if lesion.region else say("place not known")
    text = say("{number}. slice {slice}, {ml} ml, {region}", number=lesion.number, slice=lesion.spot.slice_number,
               ml=f"{lesion.volume_ml:.2f}", region=region)  # fmt: skip
    if lesion.sure:
        return Line(f"  {text}")
    return Line("  " + text + say(", not sure"), Weight.FAINT)


def _axial(axial: AxialFindings) -> Iterator[Line]:
    yield Line(say("Lumbar spine, axial"), Weight.TITLE)
    for level in axial.levels:
        for grade in level.grades:
            tested = "" if grade.tested and axial.tested_contrast else say(", not tested")
            yield Line(f"  {level.level} {_graded(grade, tested)}", Weight.PLAIN if grade.sure else Weight.FAINT)
    yield from (_told(note, Weight.CARE) for note in axial.notes)


def _sagittal(sagittal: SagittalFindings) -> Iterator[Line]:
    yield Line(say("Lumbar spine, sagittal"), Weight.TITLE)
    for level in sagittal.levels:
        known = level.at_disc is not None and level.at_disc.mm is not None
        width = f"{level.at_disc.mm:.1f} mm" if known and level.at_disc else say("width unknown")
        ratio = say(", ratio {ratio}", ratio=f"{level.ratio:.2f}") if level.ratio is not None else ""
        grade = f": {stable_word(level.measured_grade)}" if level.measured_grade else ""
        yield Line("  " + say("{level} canal {width}", level=level.level, width=width) + ratio + grade)
        for disc in level.grades:
            yield Line(f"    {_graded(disc, '')}", Weight.PLAIN if disc.sure else Weight.FAINT)
    yield from (_told(note, Weight.CARE) for note in sagittal.notes)


def _graded(grade: GradeOf, tested: str) -> str:
    percent = f"{100 * grade.probability:.0f}"
    return f"{stable_word(grade.structure)}: {stable_word(grade.grade)} ({percent} %{tested})"


def _scan(findings: Findings) -> Iterator[Line]:
    yield Line(say("The scan"), Weight.TITLE)
    for series in findings.series:
        yield Line(f"  {shown(series.description or series.first_file)}: {stable_word(series.kind)}")
        for remark in series.quality.remarks if series.quality else ():
            weight = Weight.CARE if remark.verdict is not Verdict.GOOD else Weight.PLAIN
            yield _told(f"{remark.sentence} {remark.advice}", weight)
        yield from (_told(warning, Weight.FAINT) for warning in series.warnings)
    for problem in findings.problems:
        yield Line(
            f"  {shown(f'{sentence(problem.sentence)} {sentence(problem.advice)}', longest=LONGEST)}", Weight.CARE
        )
    yield from (_told(note, Weight.FAINT) for note in findings.notes)


def _made_by(findings: Findings) -> Iterator[Line]:
    for model in findings.models:
        told = say("Model {task} {version}", task=model.task, version=model.version)
        yield Line(f"  {told}", Weight.FAINT)
        yield from (_told(engine.reason, Weight.FAINT) for engine in model.engines)


def _told(text: str, weight: Weight) -> Line:
    """Say what the reading wrote."""
    return Line(f"  {shown(sentence(text), longest=LONGEST)}", weight)


def _known(ml: float | None) -> str:
    return say("unknown") if ml is None else f"{ml:.2f} ml"
