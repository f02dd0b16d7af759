"""What was found, how sure, what next: the three answers of the first page, decided from findings alone.

Guarantees: no answer is softer than its numbers, an untested grade is called untested wherever it is named,
and what was not read is never passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.findings.study import Outcome, Verdict
from appliance.measure.change import Fate
from appliance.report.vocabulary import is_remarkable, is_severe, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.brain import BrainFindings, ChangeSince
    from appliance.findings.spine import AxialFindings, SagittalFindings
    from appliance.findings.study import Findings
    from appliance.report.languages import Words

MOST_LEVELS = 4
"""Named on the first page; the tables have all of them."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that stands out."""

    label: str
    value: str
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """The first page in words."""

    found: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sure: tuple[str, ...]
    following: tuple[str, ...]


def answers_of(findings: Findings, words: Words) -> Answers:
    """Answer the three questions of whoever opens the report."""
    found = [
        *(line for brain in findings.brain for line in _brain_found(brain, words)),
        *(_axial_found(axial, words) for axial in findings.spine_axial),
        *(_sagittal_found(sagittal, words) for sagittal in findings.spine_sagittal),
    ]
    return Answers(
        tuple(found), tuple(_tiles(findings, words)), tuple(_sure(findings, words)), tuple(_following(findings, words))
    )


def _brain_found(brain: BrainFindings, words: Words) -> Iterator[str]:
    totals = brain.totals
    if totals.count == 0:
        yield words.say("No lesion was found in the brain.")
    else:
        yield words.counted(
            "{number} lesion was found in the brain.", "{number} lesions were found in the brain.", totals.count
        )
    if brain.change is not None and brain.change.compared:
        yield _changed(brain.change, words)
    if brain.anomaly is not None and brain.anomaly.regions:
        yield words.counted(
            "{number} other place looks unusual and is no lesion.",
            "{number} other places look unusual and are no lesions.",
            len(brain.anomaly.regions),
        )


def _changed(change: ChangeSince, words: Words) -> str:
    tally = {fate: sum(each.fate is fate for each in change.lesions) for fate in Fate}
    parts = [f"{words.whole(number)} {word(words, fate)}" for fate, number in tally.items() if number]
    return words.say(
        "Since {day}: {changes}.", day=words.day(change.earlier.when), changes=words.say(", ").join(parts) or "–"
    )


def _axial_found(axial: AxialFindings, words: Words) -> str:
    named = [
        words.say("{level}: {structure} {grade}", level=level.level, structure=word(words, g.structure).lower(),
                  grade=word(words, g.grade).lower())
        for level in axial.levels for g in level.grades if is_remarkable(g.structure, g.grade)
    ]  # fmt: skip
    if not named:
        return words.say("Axial slices: no narrowing was seen at the levels that were graded.")
    return words.say("Axial slices: {levels}.", levels=_listed(named, words))


def _sagittal_found(sagittal: SagittalFindings, words: Words) -> str:
    named = [
        words.say("{level} {grade}", level=level.level, grade=word(words, level.measured_grade))
        for level in sagittal.levels
        if level.measured_grade is not None and is_remarkable("canal", level.measured_grade)
    ]
    if not named:
        return words.say("Sagittal slices: the canal is not narrowed at the levels that were measured.")
    return words.say("Sagittal slices: the canal is narrow at {levels}.", levels=_listed(named, words))


def _listed(named: list[str], words: Words) -> str:
    listed = words.say("; ").join(named[:MOST_LEVELS])
    more = len(named) - MOST_LEVELS
    return listed if more <= 0 else words.counted("{listed}; {number} more", "{listed}; {number} more", more,
                                                  listed=listed)  # fmt: skip


def _tiles(findings: Findings, words: Words) -> Iterator[Tile]:
    for brain in findings.brain[:1]:
        totals = brain.totals
        yield Tile(words.say("Isolated lesions"), words.whole(totals.count))
        yield Tile(words.say("Lesion volume, ml"), words.decimal(totals.volume_ml, 2))
        yield Tile(words.say("Share of the brain"), words.percent(totals.share_of_brain))
        yield Tile(words.say("Severity"), word(words, brain.severity), is_severe(brain.severity))
    if not findings.brain:
        yield from _spine_tiles(findings, words)


def _spine_tiles(findings: Findings, words: Words) -> Iterator[Tile]:
    for axial in findings.spine_axial[:1]:
        canals = [(level, grade) for level in axial.levels for grade in level.grades if grade.structure == "canal"]
        for level, grade in canals[:3]:
            label = words.say("Canal at {level}", level=level.level)
            yield Tile(label, word(words, grade.grade), is_severe(grade.grade))
    for sagittal in findings.spine_sagittal[:1]:
        widths = [(each.at_disc.mm, each) for each in sagittal.levels if each.at_disc and each.at_disc.mm]
        if widths:
            least, narrowest = min(widths, key=lambda pair: pair[0])
            label = words.say("Narrowest canal, {level}, mm", level=narrowest.level)
            grade_there = narrowest.measured_grade
            yield Tile(label, words.decimal(least, 1), grade_there is not None and is_severe(grade_there))


def _sure(findings: Findings, words: Words) -> Iterator[str]:
    for brain in findings.brain:
        judged = [lesion.sure for lesion in brain.lesions if lesion.sure is not None]
        if judged:
            yield words.say("{sure} of {all} lesions are sure, by the model's own probability.",
                            sure=words.whole(sum(judged)), all=words.whole(len(judged)))  # fmt: skip
        if brain.candidates:
            yield words.counted(
                "{number} more place was too uncertain to count.",
                "{number} more places were too uncertain to count.",
                len(brain.candidates),
            )
    if any(not grade.tested for axial in findings.spine_axial for level in axial.levels for grade in level.grades):
        yield words.say("Axial grades marked “untested” were never compared with a radiologist's on such scans.")
    if any(not sagittal.tested_contrast for sagittal in findings.spine_sagittal):
        yield words.say("The sagittal measuring was never tested on scans of this contrast.")
    yield from (words.sentence(disagreement.sentence) for disagreement in findings.disagreements)
    yield _quality(findings, words)


def _quality(findings: Findings, words: Words) -> str:
    verdicts = [series.quality.verdict for series in findings.series if series.quality is not None]
    if not verdicts:
        return words.say("The quality of the scan could not be judged.")
    if all(verdict is Verdict.GOOD for verdict in verdicts):
        return words.say("The scan is good enough to read; nothing was noticed.")
    remarks = [remark for series in findings.series if series.quality for remark in series.quality.remarks]
    return words.say("Quality of the scan: {remarks}", remarks=" ".join(words.sentence(r.sentence) for r in remarks))


def _following(findings: Findings, words: Words) -> Iterator[str]:
    yield words.say("A radiologist must look at the scan and confirm or correct this report.")
    for brain in findings.brain:
        if brain.anomaly is not None and brain.anomaly.regions:
            slices = sorted({region.spot.slice_number for region in brain.anomaly.regions})
            numbers = words.say(", ").join(map(words.whole, slices))
            yield words.say("Look first at what is unusual and not explained: slice {numbers}.", numbers=numbers)
        if brain.change is not None and any(fate.fate is Fate.NEW for fate in brain.change.lesions):
            yield words.say("Look at the new lesions: they speak for activity since the last study.")
    if findings.disagreements:
        levels = words.say(", ").join(dict.fromkeys(each.level for each in findings.disagreements))
        yield words.say("Look at both views where they disagree: {levels}.", levels=levels)
    for series in findings.series:
        for remark in series.quality.remarks if series.quality else ():
            yield words.sentence(remark.advice)
    if findings.outcome is Outcome.PARTLY:
        yield words.say("Not everything could be read: the last page says what, and what to do.")
