"""The spine, drawn: from the side with the measuring lines, from above with the window that was graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.findings.study import PictureRole
from appliance.measure_spine import CANAL, DISC, MeasuredGrade
from appliance.pictures import canvas
from appliance.pictures.canvas import Canvas, window_of, with_legend
from appliance.pictures.drawing import Drawing
from appliance.readers.relevance import narrowest_level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.findings.spine import AxialLevel, SagittalLevel
    from appliance.pictures.canvas import Colour
    from appliance.readers.desk import AxialAnswer, SagittalAnswer
    from appliance.readers.spine_axial import LevelRead

BY_GRADE: dict[str | None, Colour] = {
    MeasuredGrade.NORMAL_OR_MILD: canvas.GREEN,
    MeasuredGrade.MODERATE: canvas.ORANGE,
    MeasuredGrade.SEVERE: canvas.RED,
    "No": canvas.GREEN,
    "Mild": canvas.YELLOW,
    "Serious": canvas.RED,
}
MOST_LEVELS = 6
FULL_PERCENT = 99.5


def draw_sagittal(answer: SagittalAnswer) -> Iterator[Drawing]:
    """Draw the measured slice with every line that was measured."""
    reading, findings = answer.reading, answer.findings
    drawn = Canvas(reading.picture, reading.stack.in_plane_mm, window_of(reading.picture))
    labels = reading.labels[reading.index]
    drawn.outline(labels == CANAL, canvas.SKY)
    drawn.outline(labels == DISC, canvas.GREY)
    for level in findings.levels:
        _draw_level(drawn, level)
    drawn.edges("front", "back", f"Slice {findings.slice_number}")
    grades = [(str(grade), BY_GRADE[grade]) for grade in MeasuredGrade]
    legend = [*grades, ("between two discs", canvas.WHITE), ("canal", canvas.SKY), ("disc", canvas.GREY)]
    yield Drawing(
        f"sagittal-{findings.series}-lines",
        PictureRole.SAGITTAL_LINES,
        f"Slice {findings.slice_number}: the canal’s width at each disc, against its width at the vertebrae beside it.",
        findings.series,
        findings.slice_number,
        with_legend(drawn.image, legend),
    )


def draw_axial(answer: AxialAnswer) -> Iterator[Drawing]:
    """Draw each level that was graded, and what counted for the grade of the narrowest."""
    reading, findings = answer.reading, answer.findings
    for level, read in list(zip(findings.levels, reading.levels, strict=True))[:MOST_LEVELS]:
        yield _level_from_above(answer, level, read)
    if answer.relevance is not None:
        yield _relevance(answer)


def _draw_level(drawn: Canvas, level: SagittalLevel) -> None:
    for beside in (level.above, level.below):
        if beside is not None:
            drawn.line(beside.front, beside.back, canvas.WHITE, width=1)
    colour = BY_GRADE.get(level.measured_grade, canvas.GREY)
    said = level.level
    if level.at_disc is not None:
        drawn.line(level.at_disc.front, level.at_disc.back, colour, width=2)
        said += f"  {level.at_disc.mm:.1f} mm" if level.at_disc.mm is not None else ""
        said += f"  {level.ratio:.0%}" if level.ratio is not None else ""
    at = level.at_disc.back if level.at_disc else (level.disc.row, level.disc.column)
    drawn.label(at, said, colour, shift=(10, -8))


def _level_from_above(answer: AxialAnswer, level: AxialLevel, read: LevelRead) -> Drawing:
    stack = answer.reading.stacks[read.chosen.stack]
    picture = np.asarray(stack.voxels[read.chosen.index], dtype=np.float32)
    drawn = Canvas(picture, stack.in_plane_mm, window_of(picture))
    canal = level.grades[0]
    colour = BY_GRADE.get(canal.grade, canvas.GREY)
    half = [size / 2 / mm for size, mm in zip(level.crop_mm, stack.in_plane_mm, strict=True)]
    at = (level.place.row, level.place.column)
    drawn.box((at[0] - half[0], at[1] - half[1]), (at[0] + half[0], at[1] + half[1]), canvas.GREY)
    drawn.cross(at, colour)
    drawn.label(
        (at[0] - half[0], at[1] - half[1]), f"{canal.structure}: {canal.grade} ({canal.probability:.0%})", colour
    )
    drawn.edges("R", "L", f"{level.level}  slice {level.place.slice_number}")
    return Drawing(
        f"axial-{level.series}-level-{level.number}",
        PictureRole.AXIAL_LEVEL,
        f"{level.level}, slice {level.place.slice_number}: the window that was graded, and the canal’s middle.",
        level.series,
        level.place.slice_number,
        with_legend(drawn.image, [(f"canal graded {canal.grade}", colour), ("window", canvas.GREY)]),
    )


def _relevance(answer: AxialAnswer) -> Drawing:
    read = narrowest_level(answer.reading)
    values = answer.relevance
    assert values is not None  # the caller has looked
    drawn = Canvas(read.crop, (1.0, 1.0), window_of(read.crop))
    full = max(float(np.percentile(np.abs(values), FULL_PERCENT)), 1e-12)
    drawn.overlay(np.clip(values, 0, None) / full, canvas.RED)
    drawn.overlay(np.clip(-values, 0, None) / full, canvas.BLUE)
    drawn.edges("R", "L", read.chosen.level)
    stack = answer.reading.stacks[read.chosen.stack]
    series = answer.reading.given.series[read.chosen.stack]
    return Drawing(
        f"axial-{series}-relevance",
        PictureRole.RELEVANCE,
        f"{read.chosen.level}: what the model looked at to grade the canal.",
        series,
        stack.slice_number(read.chosen.index),
        with_legend(drawn.image, [("spoke for narrowing", canvas.RED), ("spoke against", canvas.BLUE)]),
    )
