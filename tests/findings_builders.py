"""Findings as a clinic would get them, built by hand: a brain, a spine, a refused study.

``write_study`` puts them into a folder with pictures of the right size, so that reports can be made of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.findings.json_file import NAME, as_json
from appliance.findings.study import (
    Examination,
    Findings,
    Outcome,
    Patient,
    Problem,
)

if TYPE_CHECKING:
    from pathlib import Path
from findings_parts import a_study, flair_read, pixels_of


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
        a_study("unknown-77aa12", Outcome.REFUSED),
        patient=Patient(None, None, None, None, None),
        examination=Examination(None, None, None, None, None),
        series=(replace(flair_read(), grid=None, quality=None, uid=None),),
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
        (folder / picture.file).write_bytes(pixels_of(picture.file, picture.width, picture.height))
    (folder / NAME).write_text(as_json(findings), encoding="utf-8")
    return folder
