"""A folder with findings holds exactly the files that they name, on the scan's grid; without them nothing counts."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jsonschema
import nibabel as nib
import numpy as np
import pytest
from brain_findings import brain_study
from clinic_desk import SETTINGS, axial_answer, brain_answer, desk, flair, sagittal_answer, sagittal_scan
from findings_schema import SCHEMA
from scipy import ndimage

from appliance.contracts import Kind
from appliance.errors import OutputFailed, Unreadable
from appliance.findings import read_findings
from appliance.findings.study import OutputRole
from appliance.measure.change import Fate
from appliance.readers.brain import BrainGiven
from appliance.results import StudyFolder, load_earlier

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.findings import Findings


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brain that was read and written."""
    folder = StudyFolder.begin(tmp_path_factory.mktemp("out") / "study")
    folder.add_brain(brain_answer())
    folder.finish(findings_of(folder))
    return folder.path


def findings_of(folder: StudyFolder) -> Findings:
    return replace(
        brain_study(),
        study="study",
        brain=(brain_answer().findings,),
        models=desk().used([Kind.BRAIN_FLAIR]),
        settings={"lesions": asdict(SETTINGS.lesions)},
        outputs=folder.outputs,
        pictures=folder.pictures,
    )


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_findings_name_every_file_with_its_hash_and_no_other(study: Path) -> None:
    findings = read_findings(study / "findings.json")
    named = {entry.file: entry.sha256 for entry in (*findings.outputs, *findings.pictures)}
    assert named == {path.name: sha256(path) for path in study.iterdir() if path.name != "findings.json"}
    assert {output.role for output in findings.outputs} == {
        OutputRole.LESIONS, OutputRole.VENTRICLES, OutputRole.BRAIN, OutputRole.ANOMALY, OutputRole.FOLLOW_UP
    }  # fmt: skip


def test_what_is_written_fits_the_schema(study: Path) -> None:
    table = json.loads((study / "findings.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(table)


def test_masks_come_back_on_the_grid_of_the_scan(study: Path) -> None:
    reading = brain_answer().lesions
    for name, expected in (
        ("lesions", reading.found.labels),
        ("ventricles", reading.ventricle),
        ("brain", reading.brain | reading.ventricle),
    ):
        image = nib.load(study / f"{name}.nii.gz")
        np.testing.assert_allclose(image.affine, flair().geometry.affine, atol=1e-4)
        np.testing.assert_array_equal(np.asarray(image.dataobj), expected)


def test_the_anomaly_map_comes_back_in_its_own_units(study: Path) -> None:
    anomaly = brain_answer().anomaly
    assert anomaly is not None
    image = nib.load(study / "anomaly.nii.gz")
    np.testing.assert_allclose(image.get_fdata(), anomaly.scores / 255, atol=1e-6)


def test_no_face_is_kept_for_the_follow_up(study: Path) -> None:
    image = nib.load(study / "follow-up.nii.gz")
    kept = np.asarray(image.dataobj)
    reading = brain_answer().lesions
    at = np.argwhere(kept) @ image.affine[:3, :3].T + image.affine[:3, 3]
    there = np.rint((at - flair().geometry.affine[:3, 3]) @ np.linalg.inv(flair().geometry.affine[:3, :3]).T)
    away = ndimage.distance_transform_edt(~(reading.brain | reading.ventricle), sampling=flair().geometry.spacing_mm)
    assert away[tuple(there.astype(int).T)].max() < 12
    assert kept.dtype == np.uint8


def test_an_earlier_study_is_loaded_from_its_files_alone(study: Path) -> None:
    earlier = load_earlier(study, datetime(2026, 5, 20, 9, 58))  # noqa: DTZ001 - DICOM seldom says the zone
    reading = brain_answer().lesions
    assert earlier.record.days_between == pytest.approx(30)
    assert earlier.lesions.volume_ml == pytest.approx(reading.found.volume_ml)
    np.testing.assert_array_equal(earlier.lesions.labels, reading.found.labels)
    for known, lesion in zip(earlier.lesions.lesions, reading.found.lesions, strict=True):
        assert known.place == lesion.place


def test_a_scan_compared_with_its_own_earlier_reading_has_not_changed(study: Path) -> None:
    answer = desk().read_brain(BrainGiven("1", flair(), load_earlier(study, None)))
    change = answer.findings.change
    assert change is not None
    assert change.compared
    assert change.correlation is not None
    assert change.correlation > 0.93
    assert {lesion.fate for lesion in change.lesions} <= {Fate.STABLE, Fate.ENLARGING, Fate.SHRINKING}
    assert sum(lesion.fate is Fate.STABLE for lesion in change.lesions) >= 0.9 * len(change.lesions)
    assert change.earlier.days_between is None


def test_an_earlier_study_of_somebody_else_is_not_compared(study: Path) -> None:
    earlier = load_earlier(study, None)
    noise = np.random.default_rng(0).integers(1, 255, earlier.scan.voxels.shape).astype(np.uint8)
    other = replace(earlier, scan=replace(earlier.scan, voxels=np.where(earlier.scan.brain, noise, 0)))
    change = desk().read_brain(BrainGiven("1", flair(), other)).findings.change
    assert change is not None
    assert not change.compared
    assert change.lesions == ()
    assert "do not match" in change.notes[0]


@pytest.mark.parametrize("name", ["lesions.nii.gz", "follow-up.nii.gz", "findings.json"])
def test_an_earlier_study_that_was_damaged_is_said_to_be_so(name: str, study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "study"
    copy.mkdir()
    for path in study.iterdir():
        (copy / path.name).write_bytes(path.read_bytes()[: 200 if path.name == name else None])
    with pytest.raises(Unreadable, match="study"):
        load_earlier(copy, None)


def test_masks_of_another_study_are_not_taken_for_this_one(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "study"
    copy.mkdir()
    for path in study.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "lesions.nii.gz").write_bytes((copy / "brain.nii.gz").read_bytes())
    with pytest.raises(Unreadable, match="not those that its findings name"):
        load_earlier(copy, None)


def test_an_earlier_study_without_a_brain_is_no_earlier_study(tmp_path: Path) -> None:
    folder = StudyFolder.begin(tmp_path / "spine")
    folder.finish(replace(brain_study(), brain=(), outputs=(), pictures=()))
    with pytest.raises(Unreadable, match="holds no brain"):
        load_earlier(folder.path, None)
    folder.finish(replace(brain_study(), outputs=(), pictures=()))
    with pytest.raises(Unreadable, match="has no follow-up file"):
        load_earlier(folder.path, None)


def test_a_second_reading_leaves_nothing_of_the_first(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for name in ("findings.json", "old.png", "spine.nii.gz", ".lesions.nii.gz.1a2b.part", "doctor.txt"):
        (folder / name).write_text("old", encoding="utf-8")
    again = StudyFolder.begin(folder)
    assert [path.name for path in folder.iterdir()] == ["doctor.txt"]
    again.add_sagittal(sagittal_answer())
    assert not (folder / "findings.json").exists()
    assert (folder / "spine.nii.gz").exists()


def test_the_same_reading_writes_the_same_bytes(study: Path, tmp_path: Path) -> None:
    folder = StudyFolder.begin(tmp_path / "study")
    folder.add_brain(brain_answer())
    for path in folder.path.iterdir():
        assert sha256(path) == sha256(study / path.name), path.name


def test_labels_of_a_spine_lie_on_its_own_grid(tmp_path: Path) -> None:
    folder = StudyFolder.begin(tmp_path / "spine")
    folder.add_sagittal(sagittal_answer())
    folder.add_axial(axial_answer())
    image = nib.load(folder.path / "spine.nii.gz")
    np.testing.assert_allclose(image.affine, sagittal_scan().geometry.affine, atol=1e-4)
    np.testing.assert_array_equal(np.unique(np.asarray(image.dataobj)), [0, 1, 2, 3])
    assert {picture.series for picture in folder.pictures} == {"1", "2", "3", "4"}


def test_two_series_of_one_kind_do_not_overwrite_each_other(tmp_path: Path) -> None:
    folder = StudyFolder.begin(tmp_path / "study")
    answer = brain_answer()
    folder.add_brain(answer)
    folder.add_brain(replace(answer, findings=replace(answer.findings, series="2")))
    names = [entry.file for entry in (*folder.outputs, *folder.pictures)]
    assert len(set(names)) == len(names)
    assert {"lesions.nii.gz", "lesions-2.nii.gz"} <= set(names)


def test_a_full_disk_leaves_no_findings_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StudyFolder.begin(tmp_path / "study")
    left = 4

    def full(_file: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFailed, match="No space left on device"):
        folder.add_brain(brain_answer())
    written = {path.name for path in folder.path.iterdir()}
    assert written == {output.file for output in folder.outputs}
    assert not any(name.endswith(".part") for name in written)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputFailed, match="could not be made"):
        StudyFolder.begin(tmp_path / "taken" / "study")


def test_times_with_and_without_a_zone_are_not_subtracted(study: Path) -> None:
    assert load_earlier(study, datetime(2026, 5, 20, tzinfo=UTC)).record.days_between is None
