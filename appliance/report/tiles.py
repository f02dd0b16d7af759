"""The few numbers that stand out on a report's first page, decided from findings alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.report.canal import View, canals_of, worst_of
from appliance.report.spine_answers import disagreeing
from appliance.report.vocabulary import is_severe, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.study import Findings
    from appliance.report.languages import Words


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that stands out."""

    label: str
    value: str
    alarming: bool = False


def tiles_of(findings: Findings, words: Words) -> tuple[Tile, ...]:
    """Choose them; of a study of both, the brain's."""
    return tuple(_brain(findings, words) if findings.brain else _spine(findings, words))


def _brain(findings: Findings, words: Words) -> Iterator[Tile]:
    brain = findings.brain[0]
    totals = brain.totals
    yield Tile(words.say("Isolated lesions"), words.whole(totals.count))
    yield Tile(words.say("Lesion volume, ml"), words.decimal(totals.volume_ml, 2))
    yield Tile(words.say("Share of the brain"), words.percent(totals.share_of_brain))
    yield Tile(words.say("Severity"), word(words, brain.severity), is_severe(brain.severity))


def _spine(findings: Findings, words: Words) -> Iterator[Tile]:
    """Give the worst of each view a tile of its own, so that neither hides the other."""
    canals = canals_of(findings)
    for view in View:
        worst = worst_of(tuple(seen for seen in canals if seen.view is view))
        if worst is not None:
            label = (
                words.say("Canal, axial: worst, {level}", level=worst.seen.level)
                if view is View.AXIAL
                else words.say("Canal, sagittal: worst, {level}", level=worst.seen.level)
            )
            yield Tile(label, word(words, worst.seen.grade), is_severe(worst.seen.grade))
    widths = [(seen.mm, seen) for seen in canals if seen.mm is not None]
    if widths:
        least, narrowest = min(widths, key=lambda pair: pair[0])
        label = words.say("Narrowest canal, {level}, mm", level=narrowest.level)
        yield Tile(label, words.decimal(least, 1), is_severe(narrowest.grade))
    if findings.disagreements:
        yield Tile(words.say("The two views disagree at"), disagreeing(findings, words), alarming=True)
