"""DICOM series → volumes: every way to store a picture gives the same voxels at the same place."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from builders import (
    axial_affine,
    change_tags,
    flair_series,
    oblique,
    ramp,
    sagittal_affine,
    series,
    zip_of,
)
from pydicom.encaps import encapsulate_extended, generate_frames
from reading import STUDY, as_series, read, read_one, refusal

from appliance.contracts import Kind, Source, Weighting
from appliance.errors import Unreadable
from appliance.sample.scan_spec import Layout, SliceOrder, Storage, Syntax, Timing, Vendor
from appliance.settings import Settings
from appliance.volumes import read_volumes

if TYPE_CHECKING:
    from pathlib import Path

LOSSLESS = [syntax for syntax in Syntax if syntax is not Syntax.JPEG_BASELINE]
PLAIN = Storage()


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_every_lossless_syntax_gives_the_stored_voxels(syntax: Syntax, layout: Layout, tmp_path: Path) -> None:
    affine = oblique(axial_affine())
    paths = flair_series(tmp_path, syntax=syntax, layout=layout, affine=affine, storage=PLAIN)
    volume = read_one(paths)
    np.testing.assert_array_equal(volume.voxels, ramp((16, 12, 5)))
    assert volume.voxels.dtype == np.uint16
    np.testing.assert_allclose(volume.geometry.affine, affine, atol=1e-9)
    assert volume.warnings == ()


@pytest.mark.parametrize("layout", Layout)
def test_lossy_jpeg_of_eight_bits_is_read(layout: Layout, tmp_path: Path) -> None:
    smooth = np.broadcast_to(np.arange(40, 200, 10)[:, None, None], (16, 12, 5)).astype(np.int16)
    eight_bits = Storage(bits_stored=8, bits_allocated=8)
    paths = flair_series(tmp_path, voxels=smooth, syntax=Syntax.JPEG_BASELINE, layout=layout, storage=eight_bits)
    volume = read_one(paths)
    assert volume.voxels.dtype == np.uint8
    assert np.abs(volume.voxels.astype(int) - smooth).max() <= 3


@pytest.mark.parametrize(
    ("storage", "low", "dtype"),
    [
        (Storage(bits_stored=16), 60000, np.uint16),
        (Storage(bits_stored=16, signed=True), -500, np.int16),
        (Storage(bits_stored=12, signed=True), -500, np.int16),
        (Storage(bits_stored=10), 20, np.uint16),
        (Storage(bits_stored=8, bits_allocated=8), 2, np.uint8),
        (Storage(bits_stored=8, bits_allocated=8, signed=True), -100, np.int8),
    ],
)
@pytest.mark.parametrize("syntax", [Syntax.IMPLICIT, Syntax.BIG_ENDIAN, Syntax.RLE, Syntax.JPEG_LOSSLESS_SV1])
def test_every_width_and_sign_of_pixels_is_kept(
    storage: Storage, low: int, dtype: type, syntax: Syntax, tmp_path: Path
) -> None:
    voxels = low + np.arange(6 * 4 * 3).reshape(6, 4, 3) % 150
    volume = read_one(series(tmp_path, voxels=voxels, storage=storage, syntax=syntax))
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.voxels.dtype == dtype


def test_bits_above_those_stored_are_not_part_of_the_value(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, syntax=Syntax.EXPLICIT, storage=PLAIN)
    for path in paths:
        image = pydicom.dcmread(path)
        overlaid = np.frombuffer(image.PixelData, "<u2") | 0x8000
        image.PixelData = overlaid.tobytes()
        image.save_as(path)
    np.testing.assert_array_equal(read_one(paths).voxels, ramp((16, 12, 5)))


@pytest.mark.parametrize("layout", Layout)
def test_a_scale_in_the_header_is_applied_in_floating_point(layout: Layout, tmp_path: Path) -> None:
    storage = Storage(slope=0.25, intercept=-40.0)
    voxels = -40.0 + 0.25 * ramp((16, 12, 5))
    volume = read_one(flair_series(tmp_path, voxels=voxels, storage=storage, layout=layout))
    assert volume.voxels.dtype == np.float32
    np.testing.assert_allclose(volume.voxels, voxels, rtol=1e-6)


def test_each_slice_has_its_own_scale(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, storage=PLAIN)
    for k, path in enumerate(paths):
        change_tags(path, RescaleSlope=float(k + 1), RescaleIntercept=0.0)
    volume = read_one(paths)
    np.testing.assert_allclose(volume.voxels, ramp((16, 12, 5)) * np.arange(1.0, 6.0))


@pytest.mark.parametrize("value", [0.0, 1e60])
def test_a_scale_that_cannot_be_is_refused(value: float, tmp_path: Path) -> None:
    paths = flair_series(tmp_path)
    change_tags(paths[2], RescaleSlope=value, RescaleIntercept=0.0)
    assert paths[2].name in refusal(paths, Unreadable).what


def test_black_and_white_exchanged_are_turned_back_and_it_is_said(tmp_path: Path) -> None:
    volume = read_one(flair_series(tmp_path, storage=Storage(monochrome1=True)))
    np.testing.assert_array_equal(volume.voxels, ramp((16, 12, 5)))
    assert "black and white" in volume.warnings[0]


@pytest.mark.parametrize("syntax", [Syntax.IMPLICIT, Syntax.EXPLICIT, Syntax.BIG_ENDIAN])
def test_filling_values_become_background_and_are_counted(syntax: Syntax, tmp_path: Path) -> None:
    voxels = ramp((16, 12, 5)).astype(np.int32)
    voxels[:3] = -2000
    paths = flair_series(tmp_path, voxels=voxels, syntax=syntax, storage=Storage(bits_stored=16, signed=True))
    for path in paths:
        set_padding(path, -2000)
    volume = read_one(paths)
    assert (volume.voxels[:3] == voxels[3:].min()).all()
    np.testing.assert_array_equal(volume.voxels[3:], voxels[3:])
    assert volume.warnings == ("180 voxels outside the image held a filling value; they were made background.",)


def test_a_range_of_filling_values_is_replaced_whole(tmp_path: Path) -> None:
    voxels = ramp((16, 12, 5), low=300)
    voxels[:2] = 100
    voxels[2] = 107
    paths = flair_series(tmp_path, voxels=voxels, storage=PLAIN)
    for path in paths:
        set_padding(path, 100, 110)
    assert (read_one(paths).voxels[:3] == voxels[3:].min()).all()


def test_filling_values_that_are_background_already_are_not_worth_a_word(tmp_path: Path) -> None:
    voxels = ramp((16, 12, 5))
    voxels[:3] = 0
    paths = flair_series(tmp_path, voxels=voxels, storage=PLAIN)
    for path in paths:
        set_padding(path, 10)
    volume = read_one(paths)
    np.testing.assert_array_equal(volume.voxels, voxels)
    assert volume.warnings == ()


def test_a_picture_of_nothing_but_filling_is_not_made_up(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, voxels=np.full((16, 12, 5), 7), storage=PLAIN)
    for path in paths:
        set_padding(path, 7)
    assert (read_one(paths).voxels == 0).all()


def set_padding(path: Path, *values: int) -> None:
    image = pydicom.dcmread(path)
    for tag, value in zip((0x00280120, 0x00280121), values, strict=False):
        image.add_new(tag, "SS" if value < 0 else "US", value)
    image.save_as(path)


@pytest.mark.parametrize("order", SliceOrder)
@pytest.mark.parametrize("layout", Layout)
def test_slices_in_any_order_are_put_in_order(order: SliceOrder, layout: Layout, tmp_path: Path) -> None:
    volume = read_one(flair_series(tmp_path, slices=7, order=order, layout=layout))
    np.testing.assert_allclose(volume.voxels, ramp((16, 12, 7)), atol=1e-3)


@pytest.mark.parametrize("vendor", Vendor)
def test_every_vendors_habits_are_read(vendor: Vendor, tmp_path: Path) -> None:
    volume = read_one(flair_series(tmp_path, vendor=vendor))
    assert np.abs(volume.voxels - ramp((16, 12, 5)).astype(float)).max() <= 1
    np.testing.assert_allclose(volume.geometry.affine, axial_affine(), atol=1e-9)


def test_a_sagittal_stack_lies_where_it_was(tmp_path: Path) -> None:
    affine = oblique(sagittal_affine(centre=(30, 90, 110)), degrees=7)
    voxels = ramp((12, 16, 5))
    volume = read_one(series(tmp_path, voxels=voxels, affine=affine, storage=PLAIN))
    # the slices are counted along the normal, which here runs against the writer's order
    flipped = affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 4], [0, 0, 0, 1]])
    np.testing.assert_allclose(volume.geometry.affine, flipped, atol=1e-9)
    np.testing.assert_array_equal(volume.voxels, voxels[:, :, ::-1])


def test_a_leaning_stack_is_read_with_its_true_places(tmp_path: Path) -> None:
    affine = axial_affine()
    affine[1, 2] = 1.5
    volume = read_one(series(tmp_path, affine=affine))
    np.testing.assert_allclose(volume.geometry.affine, affine, atol=1e-9)
    assert "leans by 14.0°" in volume.warnings[0]


def test_each_slice_knows_the_image_that_it_came_from(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, order=SliceOrder.SHUFFLED)
    volume = read_one(sorted(paths))
    assert [origin.source for origin in volume.origins] == [Source(path) for path in paths]
    uids = [pydicom.dcmread(path).SOPInstanceUID for path in paths]
    assert [origin.sop_instance_uid for origin in volume.origins] == uids
    assert {origin.frame for origin in volume.origins} == {None}
    assert volume.geometry.frame_of_reference_uid == pydicom.dcmread(paths[0]).FrameOfReferenceUID


def test_each_slice_of_a_multi_frame_image_knows_its_frame(tmp_path: Path) -> None:
    volume = read_one(flair_series(tmp_path, layout=Layout.ENHANCED, order=SliceOrder.DESCENDING))
    assert [origin.frame for origin in volume.origins] == [5, 4, 3, 2, 1]


def test_what_is_known_of_patient_and_series_is_passed_on(tmp_path: Path) -> None:
    wanted = as_series(flair_series(tmp_path), kind=Kind.BRAIN_FLAIR)
    wanted = replace(wanted, recognition=replace(wanted.recognition, weighting=Weighting.FLAIR))
    (volume,) = read_volumes(STUDY, wanted, Settings())
    assert (volume.patient, volume.study, volume.series) == (STUDY.patient, STUDY.facts, wanted.facts)
    assert (volume.kind, volume.weighting) == (Kind.BRAIN_FLAIR, Weighting.FLAIR)


def test_slices_that_name_different_frames_of_reference_are_read_with_a_warning(tmp_path: Path) -> None:
    paths = flair_series(tmp_path)
    change_tags(paths[1], FrameOfReferenceUID="1.2.3.4")
    volume = read_one(paths)
    assert volume.geometry.frame_of_reference_uid is None
    assert "frame of reference" in volume.warnings[0]


@pytest.mark.parametrize("syntax", [Syntax.EXPLICIT, Syntax.DEFLATED, Syntax.JPEG_2000_LOSSLESS])
@pytest.mark.parametrize("layout", Layout)
def test_a_series_inside_a_zip_is_read_in_place(syntax: Syntax, layout: Layout, tmp_path: Path) -> None:
    paths = flair_series(tmp_path / "cd", syntax=syntax, layout=layout, storage=PLAIN)
    packed = zip_of(tmp_path / "cd", tmp_path / "cd.zip")
    shutil.rmtree(tmp_path / "cd")
    wanted = as_series([packed])
    wanted = replace(wanted, sources=tuple(Source(packed, path.name) for path in paths))
    (volume,) = read_volumes(STUDY, wanted, Settings())
    np.testing.assert_array_equal(volume.voxels, ramp((16, 12, 5)))
    assert list(tmp_path.iterdir()) == [packed]


def test_two_echoes_in_one_series_are_two_volumes(tmp_path: Path) -> None:
    first = flair_series(tmp_path, timing=Timing(echo_ms=12.0, repetition_ms=3000.0), storage=PLAIN)
    second = flair_series(
        tmp_path,
        voxels=ramp((16, 12, 5), low=2000),
        timing=Timing(echo_ms=101.0, repetition_ms=3000.0),
        storage=PLAIN,
        part="second echo",
        first_instance=6,
    )
    one, two = read([*second, *first])
    assert (one.part, two.part) == ("echo 1", "echo 2")
    np.testing.assert_array_equal(one.voxels, ramp((16, 12, 5)))
    np.testing.assert_array_equal(two.voxels, ramp((16, 12, 5), low=2000))
    assert one.geometry.matches(two.geometry)


def test_time_points_in_one_multi_frame_image_are_told_apart(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, slices=6, layout=Layout.ENHANCED, storage=PLAIN)
    image = pydicom.dcmread(path)
    groups = image.PerFrameFunctionalGroupsSequence
    for index, group in enumerate(groups):
        place = groups[index // 2 * 2].PlanePositionSequence[0].ImagePositionPatient
        group.PlanePositionSequence[0].ImagePositionPatient = list(place)
        group.FrameContentSequence[0].TemporalPositionIndex = index % 2 + 1
    image.save_as(path)
    one, two = read([path])
    assert (one.part, two.part) == ("time point 1", "time point 2")
    np.testing.assert_array_equal(one.voxels, ramp((16, 12, 6))[:, :, ::2])
    np.testing.assert_array_equal(two.voxels, ramp((16, 12, 6))[:, :, 1::2])


def test_the_frames_of_an_image_that_lists_their_offsets_are_found(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, layout=Layout.ENHANCED, syntax=Syntax.JPEG_LS, storage=PLAIN)
    image = pydicom.dcmread(path)
    pictures = list(generate_frames(image.PixelData, number_of_frames=5))
    image.PixelData, image.ExtendedOffsetTable, image.ExtendedOffsetTableLengths = encapsulate_extended(pictures)
    image.save_as(path)
    np.testing.assert_array_equal(read_one([path]).voxels, ramp((16, 12, 5)))


def test_directions_of_diffusion_in_one_multi_frame_image_are_told_apart(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, slices=6, layout=Layout.ENHANCED, storage=PLAIN)
    image = pydicom.dcmread(path)
    for index, group in enumerate(image.PerFrameFunctionalGroupsSequence):
        group.PlanePositionSequence[0].ImagePositionPatient = [0.0, 0.0, 5.0 * (index % 3)]
        gradient = pydicom.Dataset()
        gradient.DiffusionGradientOrientation = [1.0, 0.0, 0.0] if index < 3 else [0.0, 1.0, 0.0]
        diffusion = pydicom.Dataset()
        diffusion.DiffusionGradientDirectionSequence = [gradient]
        group.MRDiffusionSequence = [diffusion]
    image.save_as(path)
    assert [volume.part for volume in read([path])] == ["direction 1", "direction 2"]


def test_a_file_without_the_dicom_preamble_is_read(tmp_path: Path) -> None:
    for number, syntax in enumerate((Syntax.IMPLICIT, Syntax.EXPLICIT, Syntax.BIG_ENDIAN)):
        paths = flair_series(tmp_path / str(number), syntax=syntax, storage=PLAIN)
        for path in paths:
            image = pydicom.dcmread(path)
            start = path.read_bytes().index(image.file_meta.ImplementationVersionName.encode())
            length = len(image.file_meta.ImplementationVersionName)
            path.write_bytes(path.read_bytes()[start + length + length % 2 :])
        np.testing.assert_array_equal(read_one(paths).voxels, ramp((16, 12, 5)), err_msg=syntax.name)
