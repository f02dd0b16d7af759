"""NIfTI files → volumes: what a header promises and what it leaves open."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from builders import axial_affine, oblique, ramp, zip_of
from hypothesis import given
from hypothesis import strategies as st
from nibabel.affines import voxel_sizes
from reading import read_nifti

from appliance.contracts import Reason, Source
from appliance.errors import BadGeometry, Refused, Unreadable
from appliance.volumes.nifti_place import TWO_PLACES, UNKNOWN_SIDES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def saved(
    path: Path, voxels: NDArray | None = None, affine: NDArray | None = None, *, kind: type = nib.Nifti1Image
) -> Path:
    image = kind(ramp() if voxels is None else voxels, axial_affine() if affine is None else affine)
    image.set_sform(image.affine, 1)
    image.set_qform(image.affine, 1)
    nib.save(image, path)
    return path


def with_header(path: Path, **fields: object) -> Path:
    """Write a file with some fields of its header changed, sound or not."""
    saved(path)
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    header = nib.Nifti1Header(data[:348], check=False)
    for name, value in fields.items():
        header[name] = value
    data = header.binaryblock + data[348:]
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def refusal(path: Path, kind: type[Refused] = Refused) -> Refused:
    with pytest.raises(kind) as caught:
        read_nifti(path)
    assert path.name in caught.value.what
    assert caught.value.advice
    assert caught.value.source == Source(path)
    return caught.value


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_a_file_gives_its_voxels_where_it_says_they_lie(name: str, kind: type, tmp_path: Path) -> None:
    affine = oblique(axial_affine())
    (volume,) = read_nifti(saved(tmp_path / name, affine=affine, kind=kind))
    np.testing.assert_array_equal(volume.voxels, ramp())
    assert volume.voxels.dtype == np.int16
    np.testing.assert_allclose(volume.geometry.affine, affine, atol=1e-5)
    assert (volume.part, volume.warnings) == ("", ())
    assert [origin.source for origin in volume.origins] == [Source(tmp_path / name)]


def test_a_file_whose_name_hides_that_it_is_packed_is_read(tmp_path: Path) -> None:
    packed = saved(tmp_path / "scan.nii.gz").rename(tmp_path / "scan.nii")
    np.testing.assert_array_equal(read_nifti(packed)[0].voxels, ramp())


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_file_inside_a_zip_is_read_in_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    saved(tmp_path / "in" / name)
    (volume,) = read_nifti(zip_of(tmp_path / "in", tmp_path / "all.zip"), member=name)
    np.testing.assert_array_equal(volume.voxels, ramp())


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint32, np.int64, ">i2"])
def test_integers_are_kept(dtype: object, tmp_path: Path) -> None:
    voxels = (ramp() % 100).astype(dtype)
    image = nib.Nifti1Image(voxels, axial_affine(), dtype=voxels.dtype)
    nib.save(image, tmp_path / "scan.nii")
    (volume,) = read_nifti(tmp_path / "scan.nii")
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.voxels.dtype == voxels.dtype.newbyteorder("=")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_point_becomes_single_precision(dtype: type, tmp_path: Path) -> None:
    voxels = ramp().astype(dtype) / 7
    (volume,) = read_nifti(saved(tmp_path / "scan.nii.gz", voxels))
    assert volume.voxels.dtype == np.float32
    np.testing.assert_allclose(volume.voxels, voxels, rtol=1e-6)


def test_a_file_of_the_other_byte_order_is_read(tmp_path: Path) -> None:
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    image = nib.Nifti1Image(ramp(), axial_affine(), header)
    image.to_filename(tmp_path / "scan.nii")
    assert (tmp_path / "scan.nii").read_bytes()[:4] == struct.pack(">i", 348)
    np.testing.assert_array_equal(read_nifti(tmp_path / "scan.nii")[0].voxels, ramp())


def test_a_scale_is_applied_and_a_scale_of_zero_or_nan_means_none(tmp_path: Path) -> None:
    (scaled,) = read_nifti(with_header(tmp_path / "scaled.nii", scl_slope=0.5, scl_inter=-3))
    np.testing.assert_allclose(scaled.voxels, ramp() * 0.5 - 3)
    assert scaled.voxels.dtype == np.float32
    for slope in (0.0, float("nan")):
        (plain,) = read_nifti(with_header(tmp_path / "plain.nii", scl_slope=slope, scl_inter=5))
        np.testing.assert_array_equal(plain.voxels, ramp())


def test_voxels_that_are_no_number_are_set_to_zero_and_counted(tmp_path: Path) -> None:
    voxels = ramp().astype(np.float64)
    voxels[0, 0, 0], voxels[1, 2, 3], voxels[4, 4, 4], voxels[5, 5, 1] = np.nan, np.inf, -np.inf, 1e300
    (volume,) = read_nifti(saved(tmp_path / "scan.nii", voxels))
    assert np.isfinite(volume.voxels).all()
    assert volume.voxels[0, 0, 0] == volume.voxels[1, 2, 3] == volume.voxels[5, 5, 1] == 0
    assert np.count_nonzero(volume.voxels != voxels) == 4
    assert volume.warnings == ("4 voxels held no number; they were set to zero.",)


def test_a_picture_without_any_number_is_refused(tmp_path: Path) -> None:
    assert "no numbers" in refusal(saved(tmp_path / "scan.nii", np.full((8, 8, 4), np.nan))).what


def test_each_time_point_is_a_volume(tmp_path: Path) -> None:
    voxels = np.stack([ramp(), ramp(low=500), ramp(low=900)], axis=-1)
    volumes = read_nifti(saved(tmp_path / "scan.nii.gz", voxels))
    assert [volume.part for volume in volumes] == ["time point 1", "time point 2", "time point 3"]
    for time, volume in enumerate(volumes):
        np.testing.assert_array_equal(volume.voxels, voxels[..., time])


def test_axes_of_length_one_are_no_axes(tmp_path: Path) -> None:
    (volume,) = read_nifti(saved(tmp_path / "scan.nii", ramp()[..., None, None]))
    assert volume.voxels.shape == (16, 12, 5)
    assert volume.part == ""


@given(
    permutation=st.permutations(range(3)),
    signs=st.tuples(*[st.sampled_from((-1, 1))] * 3),
    shear=st.sampled_from((0.0, 0.3)),
)
def test_left_handed_and_leaning_grids_are_kept_as_they_are(
    permutation: list[int], signs: tuple[int, ...], shear: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, permutation] * signs * (0.9, 0.8, 5.0)
    affine[:3, 3] = (-7, 8, 9)
    affine[:3, 2] += shear * affine[:3, 0]
    path = tmp_path_factory.mktemp("n") / "scan.nii"
    image = nib.Nifti1Image(ramp(), affine)
    image.set_sform(affine, 1)
    nib.save(image, path)
    (volume,) = read_nifti(path)
    np.testing.assert_allclose(volume.geometry.affine, affine, atol=1e-5)
    assert [("leans" in warning) for warning in volume.warnings if warning != TWO_PLACES] == ([True] if shear else [])


def test_without_any_place_the_picture_is_read_but_its_sides_are_not_trusted(tmp_path: Path) -> None:
    (volume,) = read_nifti(with_header(tmp_path / "scan.nii.gz", sform_code=0, qform_code=0))
    assert volume.warnings == (UNKNOWN_SIDES,)
    np.testing.assert_allclose(volume.geometry.spacing_mm, voxel_sizes(axial_affine()), rtol=1e-6)


def test_a_qform_counts_where_the_sform_is_missing_or_broken(tmp_path: Path) -> None:
    for fields in ({"sform_code": 0}, {"srow_x": [0, 0, 0, 0]}, {"srow_y": [np.nan] * 4}):
        (volume,) = read_nifti(with_header(tmp_path / "scan.nii", **fields))
        np.testing.assert_allclose(volume.geometry.affine, axial_affine(), atol=1e-5)
        assert volume.warnings == ()


def test_a_qform_that_cannot_be_is_no_reason_to_refuse_a_sound_sform(tmp_path: Path) -> None:
    (volume,) = read_nifti(with_header(tmp_path / "scan.nii", quatern_b=3.0, quatern_c=3.0, quatern_d=3.0))
    np.testing.assert_allclose(volume.geometry.affine, axial_affine(), atol=1e-5)


def test_two_places_for_one_picture_are_said(tmp_path: Path) -> None:
    (volume,) = read_nifti(with_header(tmp_path / "scan.nii", qoffset_z=40.0))
    assert volume.warnings == (TWO_PLACES,)
    np.testing.assert_allclose(volume.geometry.affine, axial_affine(), atol=1e-5)


@pytest.mark.parametrize(("unit", "factor"), [(0, 1.0), (1, 1000.0), (2, 1.0), (3, 0.001), (7, 1.0)])
def test_distances_are_brought_to_millimetres(unit: int, factor: float, tmp_path: Path) -> None:
    image = nib.Nifti1Image(ramp(), np.diag([1 / factor, 1 / factor, 1 / factor, 1]) @ axial_affine())
    image.header["xyzt_units"] = unit
    image.set_sform(image.affine, 1)
    nib.save(image, tmp_path / "scan.nii")
    (volume,) = read_nifti(tmp_path / "scan.nii")
    np.testing.assert_allclose(volume.geometry.spacing_mm, voxel_sizes(axial_affine()), rtol=1e-5)
    assert any("converted" in warning for warning in volume.warnings) is (factor != 1.0)


@pytest.mark.parametrize(
    "fields",
    [
        {"sform_code": 0, "qform_code": 0, "pixdim": [1, 0, 0.9, 6, 0, 0, 0, 0]},
        {"sform_code": 0, "qform_code": 0, "pixdim": [1, np.nan, 0.9, 6, 0, 0, 0, 0]},
        {"srow_x": [5000, 0, 0, 0]},
    ],
)
def test_voxels_of_an_impossible_size_are_refused(fields: dict[str, object], tmp_path: Path) -> None:
    assert refusal(with_header(tmp_path / "scan.nii", **fields), BadGeometry).reason is Reason.NO_GEOMETRY


@pytest.mark.parametrize("shape", [(16, 12), (16, 12, 1), (16, 12, 2), (1, 12, 16)])
def test_one_slice_or_two_are_no_volume(shape: tuple[int, ...], tmp_path: Path) -> None:
    assert refusal(saved(tmp_path / "scan.nii", np.ones(shape, np.int16))).reason is Reason.TOO_FEW_SLICES


@pytest.mark.parametrize(
    ("voxels", "words"),
    [
        (np.zeros((8, 8, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")]), "colours or complex"),
        (np.zeros((8, 8, 4), np.complex64), "colours or complex"),
        (np.zeros((8, 8, 4, 1, 3), np.int16), "more than four axes"),
    ],
)
def test_what_is_no_picture_of_grey_values_is_refused_in_words(voxels: NDArray, words: str, tmp_path: Path) -> None:
    error = refusal(saved(tmp_path / "scan.nii", voxels), Unreadable)
    assert error.reason is Reason.UNSUPPORTED
    assert words in error.what


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"magic": b"ni1"}, Reason.UNSUPPORTED),
        ({"magic": b""}, Reason.UNREADABLE),
        ({"sizeof_hdr": 17}, Reason.UNREADABLE),
        ({"datatype": 77}, Reason.UNREADABLE),
        ({"datatype": 0}, Reason.UNSUPPORTED),
        ({"dim": [3, -4, 12, 5, 1, 1, 1, 1]}, Reason.UNREADABLE),
        ({"dim": [3, 0, 12, 5, 1, 1, 1, 1]}, Reason.UNREADABLE),
        ({"vox_offset": -4}, Reason.UNREADABLE),
        ({"vox_offset": np.nan}, Reason.UNREADABLE),
        ({"scl_slope": 1, "scl_inter": np.nan}, Reason.UNREADABLE),
    ],
)
def test_a_header_that_cannot_be_is_refused(fields: dict[str, object], reason: Reason, tmp_path: Path) -> None:
    assert refusal(with_header(tmp_path / "scan.nii", **fields)).reason is reason


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.15, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_refused_by_name(name: str, keep: float, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = saved(tmp_path / name, rng.integers(0, 4000, (16, 12, 5), dtype=np.int16))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert refusal(path).reason is (Reason.UNREADABLE if keep else Reason.EMPTY)


def test_a_packed_file_whose_checksum_is_wrong_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "scan.nii.gz")
    data = bytearray(path.read_bytes())
    data[-6] ^= 0xFF
    path.write_bytes(data)
    assert "damaged" in refusal(path).what


def test_an_extension_between_header_and_voxels_is_stepped_over(tmp_path: Path) -> None:
    image = nib.Nifti1Image(ramp(), axial_affine())
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"made by a converter" * 40))
    nib.save(image, tmp_path / "scan.nii.gz")
    np.testing.assert_array_equal(read_nifti(tmp_path / "scan.nii.gz")[0].voxels, ramp())
