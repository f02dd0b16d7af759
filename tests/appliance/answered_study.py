"""A study as it stands when its DICOM answers are due: a scan on the disk, masks, findings and pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from brain_findings import brain_study
from builders import flair_series, lumbar_sagittal, ramp
from findings_builders import write_study
from spine_findings import spine_study

from appliance.contracts import StudyFound
from appliance.findings.study import Findings, OutputFile, OutputRole
from appliance.report.written import write_reports
from appliance.settings import Settings
from appliance.studies import find_studies
from appliance.volumes import read_volumes
from appliance.volumes.masks_out import mask_file

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.contracts import Volume
    from appliance.sample.scan_spec import Layout

SETTINGS = Settings()


@dataclass(frozen=True)
class Answered:
    """What was sent back, and what it is about."""

    files: tuple[Path, ...]
    findings: Findings
    volume: Volume
    lesions: NDArray[np.uint8]
    scans: Path

    def one(self, name: str) -> Path:
        (path,) = [path for path in self.files if path.stem.startswith(name)]
        return path


def answered_brain(folder: Path, *, layout: Layout | None = None) -> Answered:
    """Eleven lesions of which two have voxels: one voxel each, at corners that no mirror maps onto another."""
    spec = {} if layout is None else {"layout": layout}
    flair_series(folder / "scans", voxels=ramp((16, 12, 5)), **spec)
    volume = volume_in(folder / "scans")
    lesions = np.zeros(volume.geometry.shape, dtype=np.uint8)
    lesions[2, 3, 1], lesions[13, 9, 3] = 1, 2
    brain = np.zeros_like(lesions)
    brain[1:-1, 1:-1] = 1
    return _answered(folder, brain_study(), volume, {OutputRole.LESIONS: lesions, OutputRole.BRAIN: brain}, lesions)


def answered_spine(folder: Path) -> Answered:
    lumbar_sagittal(folder / "scans")
    volume = volume_in(folder / "scans")
    labels = np.zeros(volume.geometry.shape, dtype=np.uint8)
    labels[3:6, 2:5, 2], labels[3:6, 5, 2], labels[7, 2:8, 2] = 1, 2, 3
    study = spine_study()
    pictures = tuple(replace(each, caption="“L4/L5” – ضایعه, naïve…") for each in study.pictures if each.series == "2")
    study = replace(
        study, series=(replace(study.series[1], id="2"),), spine_axial=(), disagreements=(), pictures=pictures
    )
    return _answered(folder, study, volume, {OutputRole.SPINE: labels}, labels)


def volume_in(folder: Path) -> Volume:
    (study,) = [event.study for event in find_studies(folder, SETTINGS) if isinstance(event, StudyFound)]
    (volume,) = read_volumes(study, study.series[0], SETTINGS)
    return volume


def _answered(
    folder: Path,
    study: Findings,
    volume: Volume,
    masks: dict[OutputRole, NDArray[np.uint8]],
    marked: NDArray[np.uint8],
) -> Answered:
    series = study.series[0].id
    written = {role: mask_file(mask, volume.geometry) for role, mask in masks.items()}
    outputs = tuple(
        OutputFile(f"{role}.nii.gz", role, series, len(data), hashlib.sha256(data).hexdigest())
        for role, data in written.items()
    )
    findings = replace(study, outputs=outputs)
    results = write_study(findings, folder / "results")
    for role, data in written.items():
        (results / f"{role}.nii.gz").write_bytes(data)
    _, *files = write_reports(results, {series: volume}, SETTINGS)
    return Answered(tuple(files), findings, volume, marked, folder / "scans")
