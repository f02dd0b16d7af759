"""What was found, how sure, what next: the three answers of the first page, decided from findings alone.

Guarantees: no answer is softer than its numbers, an untested grade is called untested wherever it is named,
and what was not read is never passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.findings.study import Outcome, Verdict
from appliance.measure.change import Fate
from appliance.report.further_pages import UNTESTED
from appliance.report.spine_answers import axial_found, disagreeing, discs_found, sagittal_found, spine_headline
from appliance.report.tiles import tiles_of
from appliance.report.vocabulary import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.brain import BrainFindings, ChangeSince
    from appliance.findings.study import Findings
    from appliance.report.languages import Words
    from appliance.report.tiles import Tile


@dataclass(frozen=True, slots=True)
class Answers:
    """The first page in words."""

    headlines: tuple[str, ...]
    """What matters most, one a part of the body."""
    found: tuple[str, ...]
    """What else was found."""
    tiles: tuple[Tile, ...]
    sure: tuple[str, ...]
    following: tuple[str, ...]


def answers_of(findings: Findings, words: Words) -> Answers:
    """Answer the three questions of whoever opens the report."""
    spine = spine_headline(findings, words)
    headlines = [*(_lesions_found(brain, words) for brain in findings.brain), *([spine] if spine else ())]
    headlines += [words.sentence(further.headline) for further in findings.further]
    found = [
        *(line for brain in findings.brain for line in _brain_found(brain, words)),
        *(axial_found(axial, words) for axial in findings.spine_axial),
        *(sagittal_found(sagittal, words) for sagittal in findings.spine_sagittal),
        *(line for sagittal in findings.spine_sagittal for line in discs_found(sagittal, words)),
    ]
    return Answers(
        tuple(headlines), tuple(found), tiles_of(findings, words), tuple(_sure(findings, words)),
        tuple(_following(findings, words)),
    )  # fmt: skip


def _lesions_found(brain: BrainFindings, words: Words) -> str:
    if brain.totals.count == 0:
        return words.say("No lesion was found in the brain.")
    return words.counted(
        "{number} lesion was found in the brain.", "{number} lesions were found in the brain.", brain.totals.count
    )


def _brain_found(brain: BrainFindings, words: Words) -> Iterator[str]:
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
    if any(not further.tested for further in findings.further):
        yield words.sentence(UNTESTED)
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
    if findings.outcome is Outcome.PARTLY:
        yield words.say("Not everything could be read: the last page says what, and what to do.")
    for brain in findings.brain:
        if brain.anomaly is not None and brain.anomaly.regions:
            slices = sorted({region.spot.slice_number for region in brain.anomaly.regions})
            numbers = words.say(", ").join(map(words.whole, slices))
            yield words.say("Look first at what is unusual and not explained: slice {numbers}.", numbers=numbers)
        if brain.change is not None and any(fate.fate is Fate.NEW for fate in brain.change.lesions):
            yield words.say("Look at the new lesions: they speak for activity since the last study.")
    if findings.disagreements:
        yield words.say("Look at both views where they disagree: {levels}.", levels=disagreeing(findings, words))
    for series in findings.series:
        for remark in series.quality.remarks if series.quality else ():
            yield words.sentence(remark.advice)
