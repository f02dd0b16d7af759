"""Findings of a spine as a clinic would get them, built by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from findings_parts import a_picture, a_study, model_used, spine_read

from appliance.contracts import Kind, Plane
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
from appliance.findings.study import (
    Findings,
    Outcome,
    Patient,
    PictureRole,
)
from appliance.measure_spine import MeasuredGrade, MillimetreGrade

GRADES = ("No", "Mild", "Serious")


def spine_study() -> Findings:
    """A man of 61 with a narrow canal at L4/L5, of which the two views say different things at L5/S1."""
    axial = AxialFindings(
        series="1",
        levels=(
            _axial_level("L5/S1", 1, (0.71, 0.2, 0.09)),
            _axial_level("L4/L5", 2, (0.05, 0.2, 0.75)),
            _axial_level("L3/L4", 3, (0.62, 0.3, 0.08)),
        ),
        tested_contrast=False,
        notes=(
            (
                "The grades were learnt from radiologists’ notes on T1 slices and tested on T1 alone; "
                "these slices are T2, so on them they are untested."
            ),
        ),
    )
    sagittal = SagittalFindings(
        series="2",
        slice_number=8,
        slice_rule=(
            "Of all slices that show discs, the one that shows the most of the spinal canal, which lies in "
            "the middle plane."
        ),
        levels=(
            _sagittal_level("L5/S1", 1, 8.4, 13.0, MeasuredGrade.MODERATE, MillimetreGrade.ABSOLUTE),
            _sagittal_level("L4/L5", 2, 4.0, 12.8, MeasuredGrade.SEVERE, MillimetreGrade.ABSOLUTE),
            _sagittal_level("L3/L4", 3, 12.4, 13.4, MeasuredGrade.NORMAL_OR_MILD, MillimetreGrade.NONE),
            replace(
                _sagittal_level("L2/L3", 4, 12.9, 13.9, MeasuredGrade.NORMAL_OR_MILD, MillimetreGrade.NONE),
                at_disc=None,
                above=None,
                below=None,
                ratio=None,
                measured_grade=None,
                millimetre_grade=None,
            ),
        ),
        rule=(
            "Width of the canal at the disc over the mean of its widths at the middle of the vertebrae "
            "above and below: below 0.67 moderate, below 0.50 severe (after Lurie et al. 2008). In "
            "millimetres: at most 12 mm relative, at most 10 mm absolute stenosis (Verbiest)."
        ),
        tested_contrast=True,
        notes=(
            (
                "Levels are counted from the lowest disc in view, which is taken for L5/S1: a transitional "
                "vertebra or a scan that ends above the sacrum shifts every name."
            ),
        ),
    )
    return replace(
        a_study("spine-91ab07", Outcome.READ),
        patient=Patient("ROSSI^CARLO", "C-20", date(1965, 4, 2), 61.0, "M"),
        series=(
            spine_read("1", Kind.SPINE_AXIAL, Plane.AXIAL, "T2W_TSE_ax"),
            spine_read("2", Kind.SPINE_SAGITTAL, Plane.SAGITTAL, "T2W_TSE_sag"),
        ),
        spine_axial=(axial,),
        spine_sagittal=(sagittal,),
        disagreements=(
            Disagreement(
                "L5/S1",
                "1",
                "2",
                "No",
                "moderate",
                "L5/S1: the axial slice says “No”, the sagittal width says “moderate”. Look at both.",
            ),
        ),
        models=(model_used("spine-axial", "grader"), model_used("spine-sagittal", "segmenter")),
        pictures=(
            a_picture(
                "sagittal-lines.png",
                PictureRole.SAGITTAL_LINES,
                "Slice 8: the canal’s width at each disc, against its width at the vertebrae beside it.",
                "2",
                8,
            ),
            a_picture(
                "axial-L4-L5.png",
                PictureRole.AXIAL_LEVEL,
                "L4/L5, slice 14: the window that was graded, and the canal’s middle.",
                "1",
                14,
            ),
            a_picture(
                "axial-L5-S1.png",
                PictureRole.AXIAL_LEVEL,
                "L5/S1, slice 19: the window that was graded, and the canal’s middle.",
                "1",
                19,
            ),
        ),
    )


def _axial_level(level: str, number: int, canal: tuple[float, float, float]) -> AxialLevel:
    structures = ("canal", "left_foramen", "right_foramen", "left_subarticular", "right_subarticular")
    rows = (canal, (0.8, 0.15, 0.05), (0.55, 0.35, 0.1), (0.7, 0.2, 0.1), (0.66, 0.22, 0.12))
    place = Place(24 - 5 * number, 171.5, 160.2, (1.2, -38.0, -92.0 + 36.0 * number))
    graded = tuple(_grade(name, GRADES, row, tested=False) for name, row in zip(structures, rows, strict=True))
    return AxialLevel(
        level,
        number,
        "1",
        "It passes 1.2 mm from the disc’s middle on the sagittal series.",
        place,
        (55.0, 66.0),
        graded,
    )


def _grade(structure: str, names: tuple[str, ...], row: tuple[float, ...], *, tested: bool) -> GradeOf:
    best = int(np.argmax(row))
    return GradeOf(structure, names[best], row[best], dict(zip(names, row, strict=True)), row[best] >= 0.7, tested)


def _sagittal_level(
    level: str, number: int, at_disc: float, beside: float, by_ratio: MeasuredGrade, by_mm: MillimetreGrade
) -> SagittalLevel:
    row = 330.0 - 55.0 * number
    lines = [
        Line((row + shift, 200.0), (row + shift, 200.0 + mm / 0.7), mm)
        for shift, mm in ((0.0, at_disc), (-27.0, beside), (27.0, beside))
    ]
    pfirrmann = _grade("pfirrmann", ("1", "2", "3", "4", "5"), (0.02, 0.08, 0.25, 0.55, 0.1), tested=True)
    bulging = _grade("bulging", ("no", "yes"), (0.3, 0.7), tested=True)
    place = Place(8, row, 178.0, (0.8, -20.0, -60.0 + 36.0 * number))
    return SagittalLevel(
        level, number, place, lines[0], lines[1], lines[2], at_disc / beside, by_ratio, by_mm, (pfirrmann, bulging)
    )
