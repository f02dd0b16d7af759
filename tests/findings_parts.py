"""What findings of any body part are made of, built by hand: the study, its series, its pictures."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import numpy as np
from PIL import Image

from appliance.contracts import Certainty, FileFormat, Kind, Plane, Weighting
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
    Patient,
    Picture,
    PictureRole,
    Program,
    Quality,
    QualityRemark,
    SeriesRead,
    Timing,
    Verdict,
)
from appliance.settings import Settings

SETTINGS = Settings()


SIDE = 384


def a_study(key: str, outcome: Outcome) -> Findings:
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


def flair_read() -> SeriesRead:
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
        grid=grid_of((256, 256, 20), (0.9, 0.9, 6.5), Plane.AXIAL),
        quality=Quality(Verdict.WARNING, (remark,)),
        warnings=("Two images were stored twice; one of each was taken.",),
    )


def spine_read(number: str, kind: Kind, plane: Plane, description: str) -> SeriesRead:
    return replace(
        flair_read(),
        id=number,
        kind=kind,
        why="TE 110 ms and the name agree.",
        weighting=Weighting.T2,
        description=description,
        grid=grid_of((320, 320, 15), (0.7, 0.7, 4.4), plane),
        quality=Quality(Verdict.GOOD, ()),
        warnings=(),
    )


def grid_of(shape: tuple[int, int, int], spacing: tuple[float, float, float], plane: Plane) -> Grid:
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])
    return Grid(shape, spacing, tuple(tuple(map(float, row)) for row in affine), plane)


def model_used(task: str, network: str) -> ModelUsed:
    engine = EngineUsed(
        network,
        "openvino",
        "INT8",
        "No NVIDIA driver answered, so this runs on the CPU: about 12 ms a slice.",
        (),
    )
    return ModelUsed(task, "1.0.0", hashlib.sha256(task.encode()).hexdigest(), "2026-04-01", (engine,))


def a_picture(file: str, role: PictureRole, caption: str, series: str, slice_number: int) -> Picture:
    width = 2 * SIDE if role in {PictureRole.PLAIN_AND_MARKED, PictureRole.CHANGE} else SIDE
    digest = hashlib.sha256(pixels_of(file, width, SIDE)).hexdigest()
    return Picture(file, role, caption, series, slice_number, width, SIDE, digest)


def pixels_of(name: str, width: int, height: int) -> bytes:
    """A soft blob that differs from name to name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
    small = np.random.default_rng(seed).integers(0, 255, size=(6, 6), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).convert("RGB").save(file, "PNG")
    return file.getvalue()
