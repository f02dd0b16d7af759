"""What was found about a study, in one line. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.report.canal import canals_of, seen_at, worst_of
from appliance.report.marks import N_
from appliance.words import ENGLISH, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings import AxialFindings, BrainFindings, Findings, SagittalFindings
    from appliance.words import Speech

LONGEST = 300
WORDS = (
    *(N_("None"), N_("Mild"), N_("Moderate"), N_("Severe"), N_("No"), N_("Serious")),
    *(N_("normal or mild"), N_("moderate"), N_("severe"), N_("relative stenosis"), N_("absolute stenosis")),
    *(N_("axial"), N_("sagittal"), N_("axial and sagittal")),
    *(N_("{number} new"), N_("{number} enlarging"), N_("{number} shrinking"), N_("{number} resolved")),
    N_("{number} not covered"),
)
"""Grades and fates as ``findings.json`` has them, for the catalogues."""


def headline(findings: Findings, words: Speech = ENGLISH) -> str:
    """Say what matters most; where nothing was read, why."""
    parts = [part for brain in findings.brain for part in _brain(brain, words)]
    parts += _canal(findings, words)
    parts += [text for axial in findings.spine_axial[:1] if (text := axial_in_words(axial, words))]
    parts += [_narrow(sagittal, words) for sagittal in findings.spine_sagittal[:1]]
    if findings.disagreements:
        apart = len(findings.disagreements)
        parts.append(
            words.counted(
                "the two views disagree at {number} level", "the two views disagree at {number} levels", apart
            )
        )
    parts += [further.headline.rstrip(".") for further in findings.further]
    if parts:
        return words.say("; ").join(parts) + "."
    problems = " ".join(dict.fromkeys(f"{problem.sentence} {problem.advice}" for problem in findings.problems))
    return shown(problems, longest=LONGEST) or words.say("Nothing in it could be read.")


def _brain(brain: BrainFindings, words: Speech) -> Iterator[str]:
    totals = brain.totals
    yield words.counted("{number} lesion, {ml} ml ({severity})", "{number} lesions, {ml} ml ({severity})", totals.count,
                        ml=f"{totals.volume_ml:.1f}", severity=words.say(brain.severity))  # fmt: skip
    if brain.change is not None and brain.change.compared:
        fates = {fate: number for fate, number in fates_of(brain).items() if number and fate != "stable"}
        told = (words.say(f"{{number}} {fate}", number=number) for fate, number in fates.items())
        yield words.say(", ").join(told) or words.say("no lesion changed")
    if brain.anomaly is not None and brain.anomaly.regions:
        yield words.counted("{number} unusual region to look at", "{number} unusual regions to look at",
                            len(brain.anomaly.regions))  # fmt: skip


def _canal(findings: Findings, words: Speech) -> Iterator[str]:
    """Say first where the canal is worst by any of both views."""
    worst = worst_of(canals_of(findings))
    if worst is not None and worst.seen.badness:
        yield words.say("worst canal: {level} {grade} ({view})", level=worst.seen.level,
                        grade=words.say(worst.seen.grade), view=words.say(" and ".join(worst.views)))  # fmt: skip


def _narrow(sagittal: SagittalFindings, words: Speech) -> str:
    """Name the levels where the canal is narrow, by its width on the slices from the side."""
    measured = [(level, seen) for level in sagittal.levels if (seen := seen_at(level)) is not None]
    narrow = tuple(level for level, seen in measured if seen.badness)
    named = sagittal_in_words(replace(sagittal, levels=narrow), words)
    if named:
        return words.say("narrow from the side: {levels}", levels=named)
    return words.counted("from the side, {number} level not narrow", "from the side, {number} levels not narrow",
                         len(measured))  # fmt: skip


def fates_of(brain: BrainFindings) -> dict[str, int]:
    """Count what became of the lesions since the study before."""
    fates = [str(lesion.fate) for lesion in brain.change.lesions] if brain.change else []
    return {fate: fates.count(fate) for fate in dict.fromkeys(fates)}


def axial_in_words(axial: AxialFindings, words: Speech = ENGLISH) -> str:
    """Give the canal's grade at each level."""
    graded = (f"{level.level} {words.say(level.grades[0].grade)}" for level in axial.levels if level.grades)
    return words.say(", ").join(graded)


def sagittal_in_words(sagittal: SagittalFindings, words: Speech = ENGLISH) -> str:
    """Give the canal's width at each level, with the worse of what ratio and millimetres make of it."""
    told = []
    for level in sagittal.levels:
        seen = seen_at(level)
        if seen is not None and seen.mm is not None:
            told.append(f"{level.level} {seen.mm:.1f} mm ({words.say(seen.grade)})")
        elif seen is not None:
            told.append(f"{level.level} {words.say(seen.grade)}")
        elif level.at_disc is not None and level.at_disc.mm is not None:
            told.append(f"{level.level} {level.at_disc.mm:.1f} mm")
    return words.say(", ").join(told)
