"""From what was read in the spine to what ``findings.json`` says of it, and where the two views disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.contracts import Weighting
from appliance.findings.spine import (
    AxialFindings,
    AxialLevel,
    Disagreement,
    GradeOf,
    Line,
    Place,
    SagittalFindings,
    SagittalLevel,
)
from appliance.measure_spine import (
    ABSOLUTE_STENOSIS_MM,
    MODERATE_RATIO,
    RELATIVE_STENOSIS_MM,
    SEVERE_RATIO,
    MeasuredGrade,
)
from appliance.readers.spine_sagittal import SLICE_RULE

if TYPE_CHECKING:
    from appliance.measure_spine import Width
    from appliance.readers.grades import Grade
    from appliance.readers.spine_axial import AxialReading, LevelRead
    from appliance.readers.spine_sagittal import DiscRead, SagittalReading
    from appliance.readers.stack import Stack
    from appliance.settings import Spine

CANAL = "canal"
TESTED_AXIAL = frozenset({CANAL})
"""Structures whose grades were compared with a radiologist's notes …"""
TESTED_ON = {"axial": Weighting.T1, "sagittal": Weighting.T2}
"""… on this weighting."""
COUNTED_NOTE = (
    "Levels are counted from the lowest disc in view, which is taken for L5/S1: a transitional vertebra or a scan "
    "that ends above the sacrum shifts every name."
)
AXIAL_RANK = {"No": 0, "Mild": 1, "Serious": 2}
SAGITTAL_RANK = {MeasuredGrade.NORMAL_OR_MILD: 0, MeasuredGrade.MODERATE: 1, MeasuredGrade.SEVERE: 2}
AGREEING = frozenset({(0, 0), (1, 0), (1, 1), (2, 1), (2, 2)})
"""Ranks of axial and sagittal grades that do not contradict each other."""


def sagittal_findings(series: str, reading: SagittalReading, rule: Spine) -> SagittalFindings:
    """Describe what the sagittal series shows."""
    tested = reading.volume.weighting is TESTED_ON["sagittal"]
    untested = (
        "Widths and grades were tested on T2 alone; this series is not known to be T2, so on it they are untested."
    )
    return SagittalFindings(
        series=series,
        slice_number=reading.stack.slice_number(reading.index),
        slice_rule=SLICE_RULE,
        levels=tuple(_sagittal_level(disc, reading, rule, tested=tested) for disc in reading.discs),
        rule=ratio_rule(),
        tested_contrast=tested,
        notes=(COUNTED_NOTE,) if tested else (COUNTED_NOTE, untested),
    )


def axial_findings(reading: AxialReading, rule: Spine) -> AxialFindings:
    """Describe what the axial slices show."""
    weightings = {volume.weighting for volume in reading.given.volumes}
    tested = weightings == {TESTED_ON["axial"]}
    untested = (
        "The grades were learnt from radiologists’ notes on T1 slices and tested on T1 alone; "
        f"these slices are {_listed(weightings)}, so on them they are untested."
    )
    return AxialFindings(
        series=reading.given.series[0],
        levels=tuple(_axial_level(level, reading, rule, tested=tested) for level in reading.levels),
        tested_contrast=tested,
        notes=reading.notes if tested else (*reading.notes, untested),
    )


def disagreements(axial: AxialFindings, sagittal: SagittalFindings) -> tuple[Disagreement, ...]:
    """Name the levels at which a person must look at both views."""
    widths = {level.number: level for level in sagittal.levels}
    found = []
    for level in axial.levels:
        canal = next((grade.grade for grade in level.grades if grade.structure == CANAL), None)
        other = widths.get(level.number)
        if canal not in AXIAL_RANK or other is None or other.measured_grade is None or level.level != other.level:
            continue
        if (AXIAL_RANK[canal], SAGITTAL_RANK[other.measured_grade]) not in AGREEING:
            found.append(_disagreement(level.level, axial.series, sagittal.series, canal, other.measured_grade))
    return tuple(found)


def ratio_rule() -> str:
    """Put the rule of the measured grade as the report prints it."""
    return (
        "Width of the canal at the disc over the mean of its widths at the middle of the vertebrae above and below: "
        f"below {MODERATE_RATIO:.2f} moderate, below {SEVERE_RATIO:.2f} severe (after Lurie et al. 2008). In "
        f"millimetres: at most {RELATIVE_STENOSIS_MM:g} mm relative, at most {ABSOLUTE_STENOSIS_MM:g} mm absolute "
        "stenosis (Verbiest)."
    )


def _sagittal_level(read: DiscRead, reading: SagittalReading, rule: Spine, *, tested: bool) -> SagittalLevel:
    level = read.level
    return SagittalLevel(
        level=read.disc.name,
        number=read.disc.number,
        disc=_place(reading.stack, reading.index, read.disc.centre),
        at_disc=_line(level.at_disc if level else None),
        above=_line(level.above if level else None),
        below=_line(level.below if level else None),
        ratio=level.ratio if level else None,
        measured_grade=level.by_ratio if level else None,
        millimetre_grade=level.by_mm if level else None,
        grades=tuple(_grade(grade, rule, tested=tested) for grade in read.grades),
    )


def _axial_level(read: LevelRead, reading: AxialReading, rule: Spine, *, tested: bool) -> AxialLevel:
    chosen = read.chosen
    stack = reading.stacks[chosen.stack]
    return AxialLevel(
        level=chosen.level,
        number=chosen.number,
        series=reading.given.series[chosen.stack],
        named_by=chosen.named_by,
        place=_place(stack, chosen.index, read.canal),
        crop_mm=reading.crop_mm,
        grades=tuple(_grade(grade, rule, tested=tested and grade.name in TESTED_AXIAL) for grade in read.grades),
    )


def _grade(grade: Grade, rule: Spine, *, tested: bool) -> GradeOf:
    probability = grade.probabilities[grade.told]
    sure = probability >= rule.sure_from
    return GradeOf(grade.name, grade.told, probability, grade.probabilities, sure=sure, tested=tested)


def _place(stack: Stack, index: int, point: tuple[float, float]) -> Place:
    return Place(stack.slice_number(index), *point, stack.place_mm(index, *point))


def _line(width: Width | None) -> Line | None:
    return None if width is None else Line(width.front, width.back, width.mm)


def _disagreement(level: str, axial: str, sagittal: str, canal: str, measured: MeasuredGrade) -> Disagreement:
    sentence = f"{level}: the axial slice says “{canal}”, the sagittal width says “{measured}”. Look at both."
    return Disagreement(level, axial, sagittal, canal, measured, sentence)


def _listed(weightings: set[Weighting | None]) -> str:
    return " and ".join(sorted(str(one or "of an unknown weighting") for one in weightings))
