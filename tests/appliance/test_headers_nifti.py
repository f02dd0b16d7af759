"""NIfTI files and the JSON beside them, whole, broken and hostile."""

from __future__ import annotations

import gzip
import json
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from builders import axial_affine, nifti_file, ramp, sagittal_affine, zip_of

from appliance.archives import Archives
from appliance.contracts import LeftOut, Plane, Reason, Source
from appliance.headers.read import LooseJson, NiftiHeader, read_header
from appliance.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.headers.read import Header

LIMITS = Limits()


def look(source: Source | Path, limits: Limits = LIMITS) -> Header | LeftOut:
    with Archives(limits) as archives:
        return read_header(source if isinstance(source, Source) else Source(source), limits, archives).found


def header_of(source: Source | Path) -> NiftiHeader:
    found = look(source)
    assert isinstance(found, NiftiHeader), found
    return found


def reason_of(path: Path) -> Reason:
    found = look(path)
    assert isinstance(found, LeftOut), found
    return found.reason


def raw_header(**fields: object) -> bytes:
    header = nib.Nifti1Header()
    header.set_data_shape((16, 12, 5))
    header.set_sform(axial_affine(), 1)
    header["pixdim"][1:4] = (14, 16, 6)
    header["magic"] = b"n+1"
    for name, value in fields.items():
        header[name] = value
    return header.binaryblock + bytes(4)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".NII.GZ"])
@pytest.mark.parametrize(("affine", "plane"), [(axial_affine(), Plane.AXIAL), (sagittal_affine(), Plane.SAGITTAL)])
def test_the_grid_is_read_of_plain_and_compressed_files(
    tmp_path: Path, ending: str, affine: object, plane: Plane
) -> None:
    path = nifti_file(tmp_path / "x.nii.gz", affine=affine)
    data = path.read_bytes() if ending.lower().endswith("gz") else gzip.decompress(path.read_bytes())
    grid = header_of(write(tmp_path / f"scan{ending}", data)).grid
    assert (grid.shape, grid.volumes, grid.plane) == ((16, 12, 5), 1, plane)
    assert grid.spacing_mm == pytest.approx(tuple(np.linalg.norm(np.asarray(affine)[:3, :3], axis=0)))


def test_the_thick_axis_tells_the_plane_even_if_the_file_was_turned(tmp_path: Path) -> None:
    turned = nib.as_closest_canonical(nib.Nifti1Image(ramp((16, 12, 5)), sagittal_affine((0.8, 0.8, 4.4))))
    nib.save(turned, tmp_path / "scan.nii")
    assert header_of(tmp_path / "scan.nii").grid.plane is Plane.SAGITTAL


def test_the_second_version_and_the_other_byte_order_are_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti2Image(ramp((16, 12, 5)), axial_affine()), tmp_path / "two.nii")
    assert header_of(tmp_path / "two.nii").grid.shape == (16, 12, 5)
    swapped = nib.Nifti1Header(raw_header()[:348]).as_byteswapped(">").binaryblock
    assert header_of(write(tmp_path / "big.nii", swapped + bytes(4))).grid.shape == (16, 12, 5)


def test_a_file_without_the_ending_is_known_by_its_bytes(tmp_path: Path) -> None:
    assert header_of(write(tmp_path / "scan", raw_header())).grid.shape == (16, 12, 5)


def test_a_file_that_does_not_say_how_it_lies_has_no_plane(tmp_path: Path) -> None:
    path = write(tmp_path / "scan.nii", raw_header(sform_code=0, qform_code=0))
    assert header_of(path).grid.plane is None


@pytest.mark.parametrize("value", [np.nan, np.inf, 0])
def test_an_affine_that_is_none_gives_no_plane(tmp_path: Path, value: float) -> None:
    nothing = [value] * 4
    path = write(tmp_path / "scan.nii", raw_header(srow_x=nothing, srow_y=nothing, srow_z=nothing))
    assert header_of(path).grid.plane is None


@pytest.mark.parametrize(
    "fields",
    [
        {"dim": [3, 0, 12, 5, 1, 1, 1, 1]},
        {"dim": [3, -16, 12, 5, 1, 1, 1, 1]},
        {"dim": [0, 16, 12, 5, 1, 1, 1, 1]},
        {"dim": [9, 16, 12, 5, 1, 1, 1, 1]},
        {"pixdim": [1, np.nan, 1, 1, 0, 0, 0, 0]},
        {"pixdim": [1, 0, 1, 1, 0, 0, 0, 0]},
        {"pixdim": [1, 1e9, 1, 1, 0, 0, 0, 0]},
        {"pixdim": [0.3, 1, 1, 1, 0, 0, 0, 0], "qform_code": 1, "sform_code": 0},
        {"datatype": 128},
        {"datatype": 32},
    ],
)
def test_a_header_whose_numbers_cannot_be_is_refused(tmp_path: Path, fields: dict[str, object]) -> None:
    assert reason_of(write(tmp_path / "scan.nii", raw_header(**fields))) is Reason.UNREADABLE


@pytest.mark.parametrize("keep", [0, 1, 3, 20, 343, 347])
def test_a_file_cut_in_its_header_is_refused(tmp_path: Path, keep: int) -> None:
    assert reason_of(write(tmp_path / "scan.nii", raw_header()[:keep])) in (Reason.UNREADABLE, Reason.EMPTY)
    assert reason_of(write(tmp_path / "scan.nii.gz", gzip.compress(raw_header())[: keep // 8])) in (
        Reason.UNREADABLE,
        Reason.EMPTY,
    )


def test_half_of_an_image_in_two_files_says_what_to_do(tmp_path: Path) -> None:
    found = look(write(tmp_path / "scan.hdr", raw_header(magic=b"ni1")))
    assert isinstance(found, LeftOut)
    assert found.reason is Reason.UNSUPPORTED
    assert "Export it as one file" in found.sentence


def test_a_compressed_bomb_costs_no_more_than_its_header(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "scan.nii.gz", "wb") as stream:
        stream.write(raw_header())
        for _ in range(64):
            stream.write(bytes(1024 * 1024))
    header_of(tmp_path / "scan.nii.gz")
    tracemalloc.start()
    header_of(tmp_path / "scan.nii.gz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


def test_a_compressed_file_whose_name_field_never_ends_does_not_hang(tmp_path: Path) -> None:
    endless = b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 1_000_000
    assert reason_of(write(tmp_path / "scan.nii.gz", endless)) is Reason.UNREADABLE


def test_a_compressed_file_of_garbage_is_refused(tmp_path: Path) -> None:
    assert reason_of(write(tmp_path / "scan.nii.gz", b"\x1f\x8b" + b"\xff" * 50)) is Reason.UNREADABLE


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_files_of_one_name_and_shape_are_told_apart_by_any_voxel(tmp_path: Path, ending: str) -> None:
    prints = set()
    for number in range(8):
        voxels = ramp((64, 64, 40))
        voxels[8 * number, 30, 5 * number] += 1
        prints.add(header_of(nifti_file(tmp_path / str(number) / f"flair{ending}", voxels=voxels)).fingerprint)
    assert len(prints) == 8


def test_the_same_bytes_have_the_same_print_on_the_disk_and_in_a_zip(tmp_path: Path) -> None:
    path = nifti_file(tmp_path / "in" / "flair.nii.gz", voxels=ramp((64, 64, 40)))
    packed = zip_of(tmp_path / "in", tmp_path / "all.zip")
    assert header_of(path).fingerprint == header_of(Source(packed, "flair.nii.gz")).fingerprint


SIDECAR = {
    "Modality": "MR",
    "MagneticFieldStrength": 1.5,
    "Manufacturer": "Siemens",
    "ManufacturersModelName": "Avanto",
    "BodyPartExamined": "BRAIN",
    "SeriesDescription": "t2_tirm_tra_dark-fluid",
    "ProtocolName": "flair tra",
    "ScanningSequence": "SE_IR",
    "SequenceName": "_tir2d1_16",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
    "SeriesNumber": 4,
    "EchoTime": 0.105,
    "RepetitionTime": 9,
    "InversionTime": 2.5,
    "FlipAngle": 150,
    "PatientID": "X1",
    "PatientSex": "F",
    "PatientBirthDate": "1980-03-10",
    "AcquisitionDateTime": "2025-03-10T10:15:00.123",
    "StudyDescription": "brain",
}


def test_a_sidecar_gives_the_facts_that_tags_would(tmp_path: Path) -> None:
    header = header_of(nifti_file(tmp_path / "scan.nii.gz", sidecar=dict(SIDECAR)))
    assert header.sidecar is not None
    series, patient = header.sidecar.series, header.sidecar.patient
    assert (series.echo_time_ms, series.repetition_time_ms, series.inversion_time_ms) == (105.0, 9000.0, 2500.0)
    assert series.sequence == ("SE", "IR", "_TIR2D1_16")
    assert (series.number, series.body_part, series.field_strength_t) == (4, "BRAIN", 1.5)
    assert (patient.patient_id, patient.sex, patient.age_years) == ("X1", "F", pytest.approx(45, abs=0.01))
    assert header.sidecar.study.when is not None
    assert header.note == ""


def test_times_that_stand_in_milliseconds_against_the_rule_are_believed(tmp_path: Path) -> None:
    wrong = {"EchoTime": 105, "RepetitionTime": 9000, "InversionTime": 2500}
    header = header_of(nifti_file(tmp_path / "scan.nii.gz", sidecar=wrong))
    assert header.sidecar is not None
    series = header.sidecar.series
    assert (series.echo_time_ms, series.repetition_time_ms, series.inversion_time_ms) == (105.0, 9000.0, 2500.0)


@pytest.mark.parametrize(
    "values",
    [
        {"EchoTime": "soon", "SeriesNumber": "four", "ImageType": 7, "PatientSex": ["F"], "PatientAge": -3},
        {"EchoTime": None, "SeriesDescription": {"a": 1}, "ImageType": [[1], None], "PatientBirthDate": "1980"},
        {"EchoTime": [0.1, 0.2], "RepetitionTime": 1e999, "AcquisitionDateTime": "now", "PatientAge": 500},
        {"EchoTime": True, "InversionTime": float("nan")},
    ],
)
def test_values_of_the_wrong_type_in_a_sidecar_do_no_harm(tmp_path: Path, values: dict[str, object]) -> None:
    header = header_of(nifti_file(tmp_path / "scan.nii.gz", sidecar=values))
    assert header.sidecar is not None
    assert header.sidecar.patient.age_years is None


@pytest.mark.parametrize("data", [b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000, b""])
def test_a_sidecar_that_is_broken_is_noted_and_the_scan_is_read(tmp_path: Path, data: bytes) -> None:
    path = nifti_file(tmp_path / "scan.nii.gz")
    (tmp_path / "scan.json").write_bytes(data)
    header = header_of(path)
    assert header.sidecar is None
    assert ("scan.json could not be understood" in header.note) == bool(data)


def test_a_sidecar_in_a_zip_is_found_beside_its_file(tmp_path: Path) -> None:
    nifti_file(tmp_path / "in" / "sub" / "scan.nii.gz", sidecar=dict(SIDECAR))
    packed = zip_of(tmp_path / "in", tmp_path / "all.zip", compression=zipfile.ZIP_STORED)
    assert header_of(Source(packed, "sub/scan.nii.gz")).sidecar_source == Source(packed, "sub/scan.json")


def test_a_sidecar_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    path = nifti_file(tmp_path / "in" / "scan.nii.gz")
    (tmp_path / "outside.json").write_text(json.dumps(SIDECAR))
    (tmp_path / "in" / "scan.json").symlink_to(tmp_path / "outside.json")
    assert header_of(path).sidecar is None


def test_a_json_file_waits_for_its_scan(tmp_path: Path) -> None:
    assert isinstance(look(write(tmp_path / "scan.json", b"{}")), LooseJson)


def test_a_sidecar_larger_than_any_header_is_noted(tmp_path: Path) -> None:
    path = nifti_file(tmp_path / "scan.nii.gz", sidecar={"EchoTime": 0.1, "Pad": "x" * 60_000})
    found = look(path, replace(LIMITS, max_header_bytes=40_000))
    assert isinstance(found, NiftiHeader)
    assert found.note


def test_a_true_header_of_zeros_is_not_taken_for_a_scan(tmp_path: Path) -> None:
    assert reason_of(write(tmp_path / "scan.nii", struct.pack("<i", 348) + bytes(400))) is Reason.UNREADABLE
