"""What was found about a study, in one line. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.measure_spine import MeasuredGrade
from appliance.report.marks import N_
from appliance.words import ENGLISH, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings import AxialFindings, BrainFindings, Findings, SagittalFindings
    from appliance.words import Speech

LONGEST = 300
WORDS = (
    *(N_("None"), N_("Mild"), N_("Moderate"), N_("Severe"), N_("No"), N_("Serious")),
    *(N_("normal or mild"), N_("moderate"), N_("severe")),
    *(N_("{number} new"), N_("{number} enlarging"), N_("{number} shrinking"), N_("{number} resolved")),
    N_("{number} not covered"),
)
"""Grades and fates as ``findings.json`` has them, for the catalogues."""


def headline(findings: Findings, words: Speech = ENGLISH) -> str:
    """Say what matters most; where nothing was read, why."""
    parts = [part for brain in findings.brain for part in _brain(brain, words)]
    parts += [text for axial in findings.spine_axial[:1] if (text := axial_in_words(axial, words))]
    parts += [_narrow(sagittal, words) for sagittal in findings.spine_sagittal[:1]]
    if findings.disagreements:
        apart = len(findings.disagreements)
        parts.append(
            words.counted(
                "the two views disagree at {number} level", "the two views disagree at {number} levels", apart
            )
        )
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


def _narrow(sagittal: SagittalFindings, words: Speech) -> str:
    """Name the levels where the canal is narrow, by its width on the slices from the side."""
    measured = [level for level in sagittal.levels if level.measured_grade is not None]
    narrow = [level for level in measured if level.measured_grade is not MeasuredGrade.NORMAL_OR_MILD]
    named = sagittal_in_words(replace(sagittal, levels=tuple(narrow)), words)
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
    """Give the canal's width at each level."""
    return words.say(", ").join(
        f"{level.level} {level.at_disc.mm:.1f} mm"
        + (f" ({words.say(level.measured_grade)})" if level.measured_grade else "")
        for level in sagittal.levels
        if level.at_disc is not None and level.at_disc.mm is not None
    )
