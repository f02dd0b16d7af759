"""NIfTI files know little of themselves: unknown stays unknown, and a mask is not taken for a scan."""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from builders import axial_affine, flair_series, nifti_file, ramp, sagittal_affine, zip_of
from scanning import scan

from appliance.contracts import Certainty, FileFormat, Kind, Plane, Reason

if TYPE_CHECKING:
    from pathlib import Path

SURE, ASK, TOLD = Certainty.SURE, Certainty.ASK, Certainty.TOLD
HEAD = ramp((16, 12, 20))
MASK = np.zeros((16, 12, 20), np.uint8)


def head(path: Path, **more: object) -> Path:
    own = np.int16(zlib.crc32(str(path).encode()) % 10_000)
    return nifti_file(path, voxels=HEAD + own, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["flair.nii.gz", "sub-01_FLAIR.nii.gz", "P14_T2-FLAIR.nii", "3dflair_brain.nii.gz"])
def test_a_file_called_flair_that_measures_like_a_head_is_one(tmp_path: Path, name: str) -> None:
    head(tmp_path / name)
    only = scan(tmp_path).only_series
    assert (only.recognition.kind, only.recognition.certainty) == (Kind.BRAIN_FLAIR, SURE)
    assert (only.file_format, only.columns, only.rows, only.slices) == (FileFormat.NIFTI, 16, 12, 20)
    assert only.plane is Plane.AXIAL


def test_a_file_whose_name_says_nothing_is_asked_about(tmp_path: Path) -> None:
    head(tmp_path / "scan.nii.gz")
    assert scan(tmp_path).only_series.recognition.certainty is ASK
    assert scan(tmp_path, told=Kind.BRAIN_FLAIR).only_series.recognition.certainty is TOLD


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("sub-01_T1w.nii.gz", ASK),
        ("bold.nii.gz", Reason.NOT_KNOWN),
        ("dwi.nii.gz", Reason.NOT_KNOWN),
        ("brain_T1w.nii.gz", Reason.NOT_KNOWN),
    ],
)
def test_other_contrasts_are_called_by_their_names(tmp_path: Path, name: str, reason: object) -> None:
    head(tmp_path / name)
    found = scan(tmp_path)
    if reason is ASK:
        assert found.only_series.recognition.certainty is ASK
    else:
        assert found.only_left_out.reason is reason


@pytest.mark.parametrize(
    "name", ["lesion", "flair_lesion_mask", "brainmask", "sub-01_dseg", "label-lesion", "roi", "wmh", "x_seg", "aseg"]
)
def test_a_mask_is_no_scan_whatever_else_its_name_says(tmp_path: Path, name: str) -> None:
    head(tmp_path / f"{name}.nii.gz")
    assert scan(tmp_path).only_left_out.reason is Reason.DERIVED


@pytest.mark.parametrize("name", ["flair_masked", "flair_brain", "flair_skullstripped"])
def test_a_scan_that_was_cut_out_with_a_mask_is_still_a_scan(tmp_path: Path, name: str) -> None:
    head(tmp_path / f"{name}.nii.gz")
    assert scan(tmp_path).reasons == []


def test_eight_bits_without_a_word_are_a_mask_and_with_one_a_scan(tmp_path: Path) -> None:
    nifti_file(tmp_path / "brain_weak.nii.gz", voxels=MASK)
    assert "taken for a mask" in scan(tmp_path).only_left_out.sentence
    nifti_file(tmp_path / "flair.nii.gz", voxels=MASK + np.uint8(1))
    assert scan(tmp_path).only_series.sources[0].name == "flair.nii.gz"


def test_a_file_that_says_it_holds_labels_is_a_mask(tmp_path: Path) -> None:
    image = nib.Nifti1Image(HEAD, axial_affine())
    image.header.set_intent("label")
    nib.save(image, tmp_path / "flair.nii.gz")
    assert scan(tmp_path).only_left_out.reason is Reason.DERIVED


def test_a_sidecar_counts_as_words_and_is_not_left_out_as_rubbish(tmp_path: Path) -> None:
    head(
        tmp_path / "scan.nii.gz",
        sidecar={"SeriesDescription": "t2_tirm_tra_dark-fluid", "BodyPartExamined": "HEAD", "PatientID": "X1"},
    )
    found = scan(tmp_path)
    assert found.left_out == []
    assert found.study.patient.patient_id == "X1"
    assert found.only_series.recognition.certainty is SURE


def test_a_sidecar_overrules_a_file_name_only_by_a_question(tmp_path: Path) -> None:
    times = {"EchoTime": 0.011, "RepetitionTime": 0.5}
    head(tmp_path / "flair.nii.gz", sidecar=times)
    recognition = scan(tmp_path).only_series.recognition
    assert recognition.certainty is ASK
    assert "a T1 is made with" in recognition.why


def test_a_broken_sidecar_is_a_note_and_the_scan_is_read(tmp_path: Path) -> None:
    head(tmp_path / "flair.nii.gz")
    (tmp_path / "flair.json").write_text("{broken")
    found = scan(tmp_path)
    assert found.left_out == []
    assert "flair.json could not be understood" in found.study.notes[0]


def test_a_json_that_belongs_to_no_scan_is_left_out(tmp_path: Path) -> None:
    head(tmp_path / "flair.nii.gz")
    (tmp_path / "dataset_description.json").write_text("{}")
    assert scan(tmp_path).only_left_out.source.name == "dataset_description.json"


def test_each_file_is_a_study_of_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        head(tmp_path / name / "flair.nii.gz")
    found = scan(tmp_path)
    assert len({study.key for study in found.studies}) == 2


def test_files_of_one_subject_and_session_are_one_study(tmp_path: Path) -> None:
    for session in ("ses-1", "ses-2"):
        folder = tmp_path / "sub-07" / session / "anat"
        head(folder / f"sub-07_{session}_FLAIR.nii.gz")
        head(folder / f"sub-07_{session}_desc-brain_FLAIR.nii.gz")
    found = scan(tmp_path)
    assert [len(study.series) for study in found.studies] == [2, 2]
    assert {study.patient.patient_id for study in found.studies} == {"07"}


def test_subjects_of_one_name_in_two_data_sets_are_two_studies(tmp_path: Path) -> None:
    for data_set in ("one", "two"):
        head(tmp_path / data_set / "sub-01" / "flair.nii.gz")
    assert len(scan(tmp_path).studies) == 2


def test_a_mask_beside_a_scan_does_not_change_the_studys_key(tmp_path: Path) -> None:
    head(tmp_path / "sub-01" / "flair.nii.gz")
    key = scan(tmp_path).study.key
    nifti_file(tmp_path / "sub-01" / "lesion.nii.gz", voxels=MASK)
    assert scan(tmp_path).study.key == key


def test_files_of_one_name_and_shape_in_two_folders_do_not_share_a_key(tmp_path: Path) -> None:
    changed = HEAD.copy()
    changed[8, 6, 10] += 1
    nifti_file(tmp_path / "a" / "flair.nii.gz", voxels=HEAD)
    nifti_file(tmp_path / "b" / "flair.nii.gz", voxels=changed)
    assert len({study.key for study in scan(tmp_path).studies}) == 2


def test_a_copy_of_a_file_is_read_once(tmp_path: Path) -> None:
    head(tmp_path / "flair.nii.gz")
    shutil.copy(tmp_path / "flair.nii.gz", tmp_path / "flair_copy.nii.gz")
    found = scan(tmp_path)
    assert len(found.series) == 1
    assert found.reasons == [Reason.DUPLICATE]


def test_a_key_is_the_same_on_the_disk_and_in_a_zip(tmp_path: Path) -> None:
    head(tmp_path / "in" / "sub-01" / "flair.nii.gz")
    packed = zip_of(tmp_path / "in", tmp_path / "all.zip")
    assert scan(packed).study.key == scan(tmp_path / "in").study.key
    assert scan(packed).study.patient.patient_id == "01"


def test_many_volumes_in_one_file_are_asked_about(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.stack([HEAD, HEAD], axis=3), axial_affine())
    nib.save(image, tmp_path / "flair.nii.gz")
    assert "2 images of each place" in scan(tmp_path).only_series.recognition.why


def test_a_file_that_does_not_say_how_it_lies_is_not_read(tmp_path: Path) -> None:
    image = nib.Nifti1Image(HEAD, None)
    image.header.set_zooms((14, 16, 6))
    nib.save(image, tmp_path / "flair.nii.gz")
    assert scan(tmp_path).only_left_out.reason is Reason.NO_GEOMETRY


def test_a_lumbar_spine_is_found_by_its_name(tmp_path: Path) -> None:
    nifti_file(tmp_path / "lumbar_t2_sag.nii.gz", voxels=ramp((12, 16, 13)), affine=sagittal_affine())
    only = scan(tmp_path).only_series
    assert (only.recognition.kind, only.recognition.certainty) == (Kind.SPINE_SAGITTAL, SURE)


def test_dicom_and_nifti_in_one_folder_are_both_read(tmp_path: Path) -> None:
    flair_series(tmp_path / "dicom")
    head(tmp_path / "nifti" / "flair.nii.gz")
    assert [study.series[0].file_format for study in scan(tmp_path).studies] == [FileFormat.DICOM, FileFormat.NIFTI]
