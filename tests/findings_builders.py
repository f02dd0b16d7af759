"""Findings as a clinic would get them, built by hand: a brain, a spine, a refused study.

``write_study`` puts them into a folder with pictures of the right size, so that reports can be made of them.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from appliance.contracts import Certainty, FileFormat, Kind, Plane, Weighting
from appliance.findings.brain import (
    Anomaly,
    AnomalyRegion,
    BrainFindings,
    CandidateFound,
    ChangeSince,
    EarlierStudy,
    LesionFate,
    LesionFound,
    LesionTotals,
    Population,
    RegionTotal,
    Spot,
    StandingAmong,
)
from appliance.findings.json_file import NAME, as_json
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
    DISCLAIMER,
    FORMAT,
    VERSION,
    EngineUsed,
    Examination,
    Findings,
    Grid,
    ModelUsed,
    Outcome,
    OutputFile,
    OutputRole,
    Patient,
    Picture,
    PictureRole,
    Problem,
    Program,
    Quality,
    QualityRemark,
    SeriesRead,
    Timing,
    Verdict,
)
from appliance.measure.change import Fate, rule_in_words
from appliance.measure.regions import Region
from appliance.measure.regions import rule_in_words as regions_in_words
from appliance.measure.severity import Severity, severity_in_words
from appliance.measure_spine import MeasuredGrade, MillimetreGrade
from appliance.population import Group, Measure
from appliance.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings()
SIDE = 384
GRADES = ("No", "Mild", "Serious")


def brain_study() -> Findings:
    """A woman of 36 with eleven lesions, seen a second time, with one region nobody explained."""
    brain = BrainFindings(
        series="1",
        lesions=tuple(_lesion(*row) for row in LESIONS),
        candidates=(CandidateFound(1, 0.031, _spot((14.0, -61.5, 12.0), 9), 0.31, 0.46),),
        totals=_totals(),
        brain_ml=1342.6,
        ventricle_ml=28.4,
        ventricle_share=28.4 / 1342.6,
        severity=Severity.MODERATE,
        severity_rule=severity_in_words(SETTINGS.lesions),
        region_rule=regions_in_words(SETTINGS.lesions),
        population=_population(),
        change=_change(),
        anomaly=Anomaly(
            regions=(AnomalyRegion(1, 1.24, _spot((38.2, 21.0, -8.4), 6), 0.93, 0.71),),
            threshold=0.55,
            explained_ml=6.9,
            unexplained_ml=1.24,
            rule=(
                "Brighter than expected for its place, from 0.55 of the map on; at least 0.25 ml in one "
                "piece, 0.4 on average, and more than 3 mm from every lesion. The expectation was learnt "
                "from lesion-free slices of people with MS, not from healthy people."
            ),
            notes=(),
        ),
        notes=("0.04 ml of the lesions lie outside the brain as it was outlined: look at them.",),
    )
    pictures = (
        _picture(
            "brain-slice-11-marked.png",
            PictureRole.PLAIN_AND_MARKED,
            "Slice 11 of 20: as it is, and with what was found outlined (lesions 1, 2).",
            "1",
            11,
        ),
        _picture(
            "brain-slice-13-marked.png",
            PictureRole.PLAIN_AND_MARKED,
            "Slice 13 of 20: as it is, and with what was found outlined (lesions 5).",
            "1",
            13,
        ),
        _picture(
            "brain-slice-09.png",
            PictureRole.KEY_SLICE,
            "Slice 9 of 20: as it is, and with what was found outlined (lesions 4, 7).",
            "1",
            9,
        ),
        _picture(
            "brain-relevance.png",
            PictureRole.RELEVANCE,
            "Slice 11 of 20: what the model looked at to call lesion 1 a lesion.",
            "1",
            11,
        ),
        _picture(
            "brain-anomaly-1.png",
            PictureRole.ANOMALY,
            "Slice 6 of 20: brighter than expected for its place; no lesion explains it, so look at it.",
            "1",
            6,
        ),
        _picture(
            "brain-change-1.png",
            PictureRole.CHANGE,
            "Slice 13 of 20: the earlier study laid over this one, and this one.",
            "1",
            13,
        ),
    )
    return replace(
        _study("brain-2f61c0", Outcome.READ),
        series=(_flair(),),
        brain=(brain,),
        models=(_model("brain-lesions", "lesions"), _model("brain-anomaly", "anomaly")),
        pictures=pictures,
        outputs=tuple(
            OutputFile(f"{role}.nii.gz", role, "1", 41_233, hashlib.sha256(role.encode()).hexdigest())
            for role in (
                OutputRole.LESIONS,
                OutputRole.VENTRICLES,
                OutputRole.BRAIN,
                OutputRole.ANOMALY,
                OutputRole.FOLLOW_UP,
            )
        ),
    )


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
        _study("spine-91ab07", Outcome.READ),
        patient=Patient("ROSSI^CARLO", "C-20", date(1965, 4, 2), 61.0, "M"),
        series=(
            _spine_series("1", Kind.SPINE_AXIAL, Plane.AXIAL, "T2W_TSE_ax"),
            _spine_series("2", Kind.SPINE_SAGITTAL, Plane.SAGITTAL, "T2W_TSE_sag"),
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
                "L5/S1: the axial slices say “No”, the sagittal width says “moderate”. Look at both.",
            ),
        ),
        models=(_model("spine-axial", "grader"), _model("spine-sagittal", "segmenter")),
        pictures=(
            _picture(
                "sagittal-lines.png",
                PictureRole.SAGITTAL_LINES,
                "Slice 8: the canal’s width at each disc, against its width at the vertebrae beside it.",
                "2",
                8,
            ),
            _picture(
                "axial-L4-L5.png",
                PictureRole.AXIAL_LEVEL,
                "L4/L5, slice 14: the window that was graded, and the canal’s middle.",
                "1",
                14,
            ),
            _picture(
                "axial-L5-S1.png",
                PictureRole.AXIAL_LEVEL,
                "L5/S1, slice 19: the window that was graded, and the canal’s middle.",
                "1",
                19,
            ),
        ),
    )


def refused_study() -> Findings:
    """A head scan with a gap in the middle: nothing was read, nothing is known of the patient."""
    problem = Problem(
        "missing-slices",
        "Between images 7 and 9 of the series “FLAIR ax” a slice is missing.",
        "Export the series again, with all of its images.",
        "1",
        None,
    )
    return replace(
        _study("unknown-77aa12", Outcome.REFUSED),
        patient=Patient(None, None, None, None, None),
        examination=Examination(None, None, None, None, None),
        series=(replace(_flair(), grid=None, quality=None, uid=None),),
        problems=(problem,),
        models=(),
        settings={},
        timings=(),
    )


def write_study(findings: Findings, parent: Path) -> Path:
    """Write findings with their pictures into a folder as the appliance does."""
    folder = parent / findings.study
    folder.mkdir(parents=True)
    for picture in findings.pictures:
        (folder / picture.file).write_bytes(_pixels(picture.file, picture.width, picture.height))
    (folder / NAME).write_text(as_json(findings), encoding="utf-8")
    return folder


LESIONS = (
    (3.214, Region.PERIVENTRICULAR, 0.0, 14.2, (21.4, -18.2, 14.9), 11, 0.93),
    (1.902, Region.PERIVENTRICULAR, 0.9, 12.8, (-22.8, -24.5, 15.3), 11, 0.91),
    (0.871, Region.PARAVENTRICULAR, 5.4, 7.1, (28.1, 6.0, 28.7), 13, 0.84),
    (0.402, Region.JUXTACORTICAL, 14.0, 1.8, (-41.0, 22.5, 2.2), 9, 0.82),
    (0.311, Region.PERIVENTRICULAR, 1.8, 14.2, (17.0, 29.7, 12.3), 11, 0.88),
    (0.266, Region.PARAVENTRICULAR, 4.5, 9.0, (-26.3, 11.8, 29.4), 13, 0.75),
    (0.195, Region.JUXTACORTICAL, 14.0, 0.9, (44.2, -35.1, 3.0), 9, 0.73),
    (0.120, Region.PARAVENTRICULAR, 6.3, 6.3, (30.9, -40.2, 21.6), 12, 0.69),
    (0.088, Region.PARAVENTRICULAR, 7.2, 5.4, (-31.2, -41.8, 22.4), 12, 0.66),
    (0.051, Region.JUXTACORTICAL, 12.6, 2.7, (38.5, 17.9, 35.5), 14, 0.58),
    (0.026, None, None, 4.5, (-12.2, 48.1, 8.0), 10, 0.53),
)
"""Volume, region, gaps to ventricle and surface, centre, slice, probability."""


def _lesion(
    volume: float,
    region: Region | None,
    ventricle: float | None,
    surface: float,
    centre: tuple[float, float, float],
    slice_number: int,
    probability: float,
) -> LesionFound:
    number = 1 + [row[0] for row in LESIONS].index(volume)
    sure = probability >= SETTINGS.lesions.sure_from
    return LesionFound(number, volume, region, ventricle, surface, _spot(centre, slice_number), probability, sure)


def _totals() -> LesionTotals:
    volume = sum(row[0] for row in LESIONS)
    by_region = tuple(
        RegionTotal(region, len(volumes), sum(volumes))
        for region in Region
        for volumes in [[row[0] for row in LESIONS if row[1] is region]]
    )
    return LesionTotals(len(LESIONS), volume, volume / 1342.6, by_region, too_small_ml=0.012)


def _population() -> Population:
    source = "Reference: a table of statistics of 1,380 people."
    standings = tuple(
        StandingAmong(
            measure, group, low, middle, high, people, "F", 30, 40, median,
            f"{measure}: more than about {middle:.0f} of 100 women aged 30–39 ({group}; {people} people).",
        )
        for measure, group, low, middle, high, people, median in (
            (Measure.LESIONS, Group.MS, 53.2, 80.3, 85.2, 100, 0.0018),
            (Measure.VENTRICLES, Group.MS, 37.4, 73.2, 100.0, 100, 0.0170),
            (Measure.LESIONS, Group.HEALTHY, 100.0, 100.0, 100.0, 264, 0.0001),
            (Measure.VENTRICLES, Group.HEALTHY, 91.5, 100.0, 100.0, 264, 0.0117),
        )
    )  # fmt: skip
    return Population(
        standings,
        ("The reference counted pixels on slices, this program measures volumes: comparable, not identical.",),
        source,
    )


def _change() -> ChangeSince:
    earlier = EarlierStudy("brain-0c11d4", "1.2.826.0.1.3680043.9.7433.1", datetime(2025, 3, 4, 10, 12), 412.0)  # noqa: DTZ001 - DICOM seldom says the zone
    fates = (
        LesionFate(Fate.NEW, (3,), (), 0.871, 0.0, (28.1, 6.0, 28.7), unsure_before=True),
        LesionFate(Fate.NEW, (8,), (), 0.120, 0.0, (30.9, -40.2, 21.6), unsure_before=False),
        LesionFate(Fate.ENLARGING, (2,), (2,), 1.902, 1.310, (-22.8, -24.5, 15.3), unsure_before=False),
        LesionFate(Fate.SHRINKING, (5,), (3, 5), 0.311, 0.702, (17.0, 29.7, 12.3), unsure_before=False),
        LesionFate(Fate.RESOLVED, (), (7,), 0.0, 0.143, (-35.0, -10.4, 31.8), unsure_before=False),
        LesionFate(Fate.STABLE, (1,), (1,), 3.214, 3.101, (21.4, -18.2, 14.9), unsure_before=False),
    )
    volume = sum(row[0] for row in LESIONS)
    return ChangeSince(
        earlier, fates, compared=True, now_ml=volume, before_ml=6.02, correlation=0.94,
        rule=rule_in_words(SETTINGS.change), notes=(),
    )  # fmt: skip


def _spot(centre: tuple[float, float, float], slice_number: int) -> Spot:
    i, j, k = round(127.5 - centre[0]), round(127.5 - centre[1]), slice_number - 1
    return Spot(centre, (float(i), float(j), float(k)), slice_number, (i - 4, j - 6, k), (i + 4, j + 6, k))


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


def _study(key: str, outcome: Outcome) -> Findings:
    return Findings(
        format=FORMAT,
        version=VERSION,
        program=Program("outpost", "0.1.0"),
        made_at=datetime(2026, 4, 21, 8, 30, 12, tzinfo=UTC),
        study=key,
        source="clinic-tuesday",
        outcome=outcome,
        patient=Patient("BIANCHI^ANNA", "B-17", date(1989, 11, 30), 36.4, "F"),
        examination=Examination(
            "1.2.826.0.1.3680043.9.7433.2",
            datetime(2026, 4, 20, 9, 58),  # noqa: DTZ001 - DICOM seldom says the zone
            "MR examination",
            "A-5521",
            "District hospital",
        ),
        series=(),
        problems=(),
        notes=(),
        brain=(),
        spine_axial=(),
        spine_sagittal=(),
        disagreements=(),
        models=(),
        settings={"lesions": asdict(SETTINGS.lesions), "change": asdict(SETTINGS.change)},
        timings=(Timing("decode", 0.21), Timing("read", 0.83), Timing("measure", 0.3), Timing("pictures", 0.24)),
        pictures=(),
        outputs=(),
        disclaimer=DISCLAIMER,
    )


def _flair() -> SeriesRead:
    remark = QualityRemark(
        "motion",
        Verdict.WARNING,
        "The patient seems to have moved: signal is smeared over the picture.",
        "Scan again if the patient is still there. Support the head with cushions.",
        0.31,
        0.25,
    )
    return SeriesRead(
        id="1",
        kind=Kind.BRAIN_FLAIR,
        certainty=Certainty.SURE,
        why="the description “FLAIR ax” names the head; the description “FLAIR ax” names a FLAIR; its slices are axial",
        weighting=Weighting.FLAIR,
        uid="1.2.826.0.1.3680043.9.7433.2.1",
        number=4,
        description="FLAIR ax",
        part="",
        file_format=FileFormat.DICOM,
        first_file="anna/IM0001",
        files=20,
        manufacturer="SIEMENS",
        model="Avanto",
        field_strength_t=1.5,
        contrast_agent=None,
        grid=_grid((256, 256, 20), (0.9, 0.9, 6.5), Plane.AXIAL),
        quality=Quality(Verdict.WARNING, (remark,)),
        warnings=("Two images were stored twice; one of each was taken.",),
    )


def _spine_series(number: str, kind: Kind, plane: Plane, description: str) -> SeriesRead:
    return replace(
        _flair(),
        id=number,
        kind=kind,
        why="TE 110 ms and the name agree.",
        weighting=Weighting.T2,
        description=description,
        grid=_grid((320, 320, 15), (0.7, 0.7, 4.4), plane),
        quality=Quality(Verdict.GOOD, ()),
        warnings=(),
    )


def _grid(shape: tuple[int, int, int], spacing: tuple[float, float, float], plane: Plane) -> Grid:
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])
    return Grid(shape, spacing, tuple(tuple(map(float, row)) for row in affine), plane)


def _model(task: str, network: str) -> ModelUsed:
    engine = EngineUsed(
        network,
        "openvino",
        "INT8",
        "No NVIDIA driver answered, so this runs on the CPU: about 12 ms a slice.",
        (),
    )
    return ModelUsed(task, "1.0.0", hashlib.sha256(task.encode()).hexdigest(), "2026-04-01", (engine,))


def _picture(file: str, role: PictureRole, caption: str, series: str, slice_number: int) -> Picture:
    width = 2 * SIDE if role in {PictureRole.PLAIN_AND_MARKED, PictureRole.CHANGE} else SIDE
    digest = hashlib.sha256(_pixels(file, width, SIDE)).hexdigest()
    return Picture(file, role, caption, series, slice_number, width, SIDE, digest)


def _pixels(name: str, width: int, height: int) -> bytes:
    """A soft blob that differs from name to name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
    small = np.random.default_rng(seed).integers(0, 255, size=(6, 6), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).convert("RGB").save(file, "PNG")
    return file.getvalue()
