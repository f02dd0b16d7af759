"""Every published conformance file and every real FLAIR: what it is found to be, or why it is not read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from scanning import scan

from appliance.contracts import Certainty, Kind, LeftOut, Plane, Reason, Weighting

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Series


@dataclass(frozen=True)
class Read:
    """A series that is found; ``certainty`` says whether a person is asked."""

    kind: Kind | None
    certainty: Certainty
    files: int
    slices: int
    plane: Plane
    why: str


@dataclass(frozen=True)
class Not:
    """Files that are left out together."""

    reason: Reason
    files: int
    why: str


SAGITTAL_FEW = Not(Reason.NOT_KNOWN, 4, "its slices are sagittal and too few to be cut anew")
REFERENCE = Not(Reason.DERIVED, 1, "001_ground_truth.nii.gz is not read: it is a mask or a map")
DICOM = {
    "dcm_qa_ts/In": [Not(Reason.NOT_KNOWN, 9, "a functional scan (the sequence “*EPFID2D1_64”")],
    "dcm_qa_ts/Ref": [Not(Reason.NOT_KNOWN, 1, "a functional scan")],
    "dicom2nifti/failing/notavolume": [Not(Reason.OTHER_MODALITY, 4, "it is a CT, and only MR is read")],
    "dicom2nifti/failing/slicecount": [
        REFERENCE,
        Not(Reason.NOT_KNOWN, 2, "its slices are sagittal and too few to be cut anew"),
    ],
    "dicom2nifti/failing/sliceorientation": [Not(Reason.MIXED_ORIENTATION, 4, "it mixes axial and sagittal slices")],
    "dicom2nifti/ge/anatomical": [Not(Reason.NOT_KNOWN, 4, "it is a gradient echo (TE 3 ms, TR 9 ms, TI 900 ms")],
    "dicom2nifti/generic/anatomical": [SAGITTAL_FEW],
    "dicom2nifti/generic/compressed_j2k": [REFERENCE, SAGITTAL_FEW],
    "dicom2nifti/generic/compressed_jpeg": [REFERENCE, SAGITTAL_FEW],
    "dicom2nifti/generic/compressed_jpegls": [REFERENCE, SAGITTAL_FEW],
    "dicom2nifti/generic/compressed_rle": [REFERENCE, SAGITTAL_FEW],
    "dicom2nifti/hitachi/anatomical": [Not(Reason.NOT_KNOWN, 4, "it is a proton density image (TE 12 ms, TR 4,000 ms")],
    "dicom2nifti/hyperfine/anatomical": [
        REFERENCE,
        Read(Kind.BRAIN_FLAIR, Certainty.SURE, 1, 8, Plane.AXIAL, "“FLUID_ATTENUATED” names a FLAIR"),
    ],
    "dicom2nifti/philips/anatomical": [Not(Reason.NOT_KNOWN, 4, "its slices are coronal and too few to be cut anew")],
    "dicom2nifti/philips_enhanced/anatomical": [Not(Reason.NOT_KNOWN, 1, "it is a gradient echo")],
    "dicom2nifti/siemens/anatomical": [SAGITTAL_FEW],
    "dicom2nifti/siemens_multiframe/anatomical": [
        REFERENCE,
        Read(None, Certainty.ASK, 1, 8, Plane.AXIAL, "nothing says which part of the body it shows"),
    ],
    "pydicom-data": [
        Not(Reason.DUPLICATE, 5, "a copy of images that are read already"),
        Not(Reason.NOT_KNOWN, 1, "it is a gradient echo (the sequence “T1TFE”"),
    ],
}


@pytest.mark.parametrize(("folder", "expected"), DICOM.items(), ids=DICOM.keys())
def test_each_conformance_folder_is_read_or_left_out_with_the_right_reason(
    shared_data: Path, folder: str, expected: list[Read | Not]
) -> None:
    found = scan(shared_data / "dicom" / folder)
    assert len(found.left_out) + len(found.series) == len(expected)
    for outcome in expected:
        assert any(_agrees(outcome, one) for one in [*found.left_out, *found.series]), found


def test_the_table_names_every_file_there_is(shared_data: Path) -> None:
    root = shared_data / "dicom"
    listed = sum(1 for folder in DICOM for path in (root / folder).rglob("*") if path.is_file())
    assert listed == sum(1 for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("folder", [name for name in DICOM if name != "dcm_qa_ts/Ref"])
def test_each_file_is_accounted_for_once(shared_data: Path, folder: str) -> None:
    root = shared_data / "dicom" / folder
    assert scan(root).files_accounted_for == sum(1 for path in root.rglob("*") if path.is_file())


def test_every_real_flair_is_recognised_and_every_mask_is_not(shared_data: Path) -> None:
    root = shared_data / "brain"
    found = scan(root)
    flairs = {path for path in root.rglob("*.nii.gz") if "flair" in path.name}
    others = {path for path in root.rglob("*") if path.is_file()} - flairs
    assert flairs == {series.sources[0].path for series in found.series}
    for series in found.series:
        recognised = (series.recognition.kind, series.recognition.certainty, series.recognition.weighting)
        assert recognised == (Kind.BRAIN_FLAIR, Certainty.SURE, Weighting.FLAIR), series
    assert others == {left_out.source.path for left_out in found.left_out}
    assert {left_out.reason for left_out in found.left_out if left_out.source.name.endswith(".nii.gz")} == {
        Reason.DERIVED
    }


def test_tables_and_pictures_beside_the_scans_are_no_scans(shared_data: Path) -> None:
    found = scan(shared_data / "population")
    assert found.series == []
    assert set(found.reasons) == {Reason.NOT_AN_IMAGE}


def _agrees(expected: Read | Not, one: Series | LeftOut) -> bool:
    if isinstance(expected, Not):
        if not isinstance(one, LeftOut):
            return False
        return (one.reason, one.files) == (expected.reason, expected.files) and expected.why in one.sentence
    if isinstance(one, LeftOut):
        return False
    recognised = (one.recognition.kind, one.recognition.certainty, len(one.sources), one.slices, one.plane)
    wanted = (expected.kind, expected.certainty, expected.files, expected.slices, expected.plane)
    return recognised == wanted and expected.why in one.recognition.why
