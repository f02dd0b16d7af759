"""What was found about a study, in one line. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.measure_spine import MeasuredGrade
from appliance.words import counted, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings import AxialFindings, BrainFindings, Findings, SagittalFindings

LONGEST = 300


def headline(findings: Findings) -> str:
    """Say what matters most; where nothing was read, why."""
    parts = [part for brain in findings.brain for part in _brain(brain)]
    parts += [text for axial in findings.spine_axial[:1] if (text := axial_in_words(axial))]
    parts += [_narrow(sagittal) for sagittal in findings.spine_sagittal[:1]]
    if findings.disagreements:
        parts.append(f"the two views disagree at {counted(len(findings.disagreements), 'level')}")
    if parts:
        return f"{'; '.join(parts)}."
    problems = " ".join(dict.fromkeys(f"{problem.sentence} {problem.advice}" for problem in findings.problems))
    return shown(problems, longest=LONGEST) or "Nothing in it could be read."


def _brain(brain: BrainFindings) -> Iterator[str]:
    yield f"{counted(brain.totals.count, 'lesion')}, {brain.totals.volume_ml:.1f} ml ({brain.severity})"
    if brain.change is not None and brain.change.compared:
        fates = fates_of(brain)
        told = ", ".join(f"{number} {fate}" for fate, number in fates.items() if number and fate != "stable")
        yield told or "no lesion changed"
    if brain.anomaly is not None and brain.anomaly.regions:
        yield f"{counted(len(brain.anomaly.regions), 'unusual region')} to look at"


def _narrow(sagittal: SagittalFindings) -> str:
    """Name the levels where the canal is narrow, by its width on the slices from the side."""
    measured = [level for level in sagittal.levels if level.measured_grade is not None]
    narrow = [level for level in measured if level.measured_grade is not MeasuredGrade.NORMAL_OR_MILD]
    named = sagittal_in_words(replace(sagittal, levels=tuple(narrow)))
    return f"narrow from the side: {named}" if named else f"from the side, {counted(len(measured), 'level')} not narrow"


def fates_of(brain: BrainFindings) -> dict[str, int]:
    """Count what became of the lesions since the study before."""
    fates = [str(lesion.fate) for lesion in brain.change.lesions] if brain.change else []
    return {fate: fates.count(fate) for fate in dict.fromkeys(fates)}


def axial_in_words(axial: AxialFindings) -> str:
    """Give the canal's grade at each level."""
    return ", ".join(f"{level.level} {level.grades[0].grade}" for level in axial.levels if level.grades)


def sagittal_in_words(sagittal: SagittalFindings) -> str:
    """Give the canal's width at each level."""
    return ", ".join(
        f"{level.level} {level.at_disc.mm:.1f} mm" + (f" ({level.measured_grade})" if level.measured_grade else "")
        for level in sagittal.levels
        if level.at_disc is not None and level.at_disc.mm is not None
    )
