"""What is written as DICOM must be what was given: voxels, places, names, in every dress."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from builders import (
    axial_affine,
    change_tags,
    ct_series,
    dicomdir,
    drop_slice,
    flair_series,
    localizer,
    lumbar_sagittal,
    oblique,
    pdf_report,
    ramp,
    sagittal_affine,
    screen_shot,
    truncate,
    zip_of,
)

from appliance.sample.dicom_writer import write_series
from appliance.sample.scan_spec import (
    GB18030,
    JAPANESE,
    LATIN_1,
    UTF8,
    FileNames,
    Layout,
    PatientSpec,
    Protocol,
    SeriesSpec,
    SliceOrder,
    Storage,
    StudySpec,
    Syntax,
    Timing,
    Vendor,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

LOSSY = {Syntax.JPEG_BASELINE, Syntax.JPEG_2000}
STORAGES = [Storage(), Storage(bits_stored=16, signed=True), Storage(bits_stored=8, bits_allocated=8, slope=20.0)]


def affine_of(images: list[Dataset]) -> NDArray[np.float64]:
    """Read the grid from the images' own tags, in the words of the standard (PS3.3 C.7.6.2.1.1)."""
    first, last = images[0], images[-1]
    across, down = (np.array(first.ImageOrientationPatient[n : n + 3], dtype=float) for n in (0, 3))
    start, end = (np.array(image.ImagePositionPatient, dtype=float) for image in (first, last))
    affine = np.eye(4)
    affine[:3, 0] = across * float(first.PixelSpacing[1])
    affine[:3, 1] = down * float(first.PixelSpacing[0])
    affine[:3, 2] = (end - start) / (len(images) - 1)
    affine[:3, 3] = start
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def stack_of(paths: list[Path]) -> NDArray[np.integer]:
    arrays = [pydicom.dcmread(path).pixel_array for path in paths]
    return np.concatenate([array if array.ndim == 3 else array[None] for array in arrays]).transpose(2, 1, 0)


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


@pytest.mark.parametrize("vendor", Vendor)
@pytest.mark.parametrize(
    "affine",
    [oblique(axial_affine((0.7, 0.9, 6.0))), sagittal_affine((0.8, 0.6, 4.4))],
    ids=["oblique axial", "sagittal"],
)
def test_voxels_or_places_change_on_the_way_to_the_disk(tmp_path: Path, vendor: Vendor, affine: NDArray) -> None:
    spec = SeriesSpec(vendor=vendor, storage=Storage(bits_stored=16), order=SliceOrder.SHUFFLED)
    paths = write_series(tmp_path, ramp(), affine, spec=spec)
    assert np.array_equal(stack_of(paths), ramp())
    assert np.allclose(affine_of([pydicom.dcmread(path) for path in paths]), affine, atol=1e-6)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("storage", STORAGES, ids=["12 bit", "signed 16 bit", "8 bit"])
@pytest.mark.parametrize("syntax", sorted(set(Syntax) - LOSSY))
def test_a_lossless_syntax_loses(tmp_path: Path, syntax: Syntax, storage: Storage, layout: Layout) -> None:
    voxels = ramp((24, 20, 4)) - (500 if storage.signed else 0)
    paths = flair_series(tmp_path, voxels=voxels, syntax=syntax, storage=storage, layout=layout)
    assert pydicom.dcmread(paths[0]).file_meta.TransferSyntaxUID == str(syntax)
    assert np.array_equal(stack_of(paths), np.rint(voxels / storage.slope))


def test_a_lossy_syntax_turns_the_picture_into_another(tmp_path: Path) -> None:
    smooth = np.broadcast_to(np.linspace(20, 230, 32)[:, None, None], (32, 24, 2))
    storage = Storage(bits_stored=8, bits_allocated=8)
    paths = flair_series(tmp_path, voxels=smooth, syntax=Syntax.JPEG_BASELINE, storage=storage)
    assert np.abs(stack_of(paths) - smooth).max() < 6


def test_pixels_that_do_not_fit_a_syntax_are_written_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JPEG_BASELINE"):
        flair_series(tmp_path, syntax=Syntax.JPEG_BASELINE, storage=Storage(bits_stored=16))


def test_values_beyond_the_bits_wrap_around(tmp_path: Path) -> None:
    voxels = np.array([-5.0, 5000.0]).reshape(2, 1, 1).repeat(2, axis=1).repeat(3, axis=2)
    assert set(stack_of(flair_series(tmp_path, voxels=voxels, vendor=Vendor.TOSHIBA)).ravel()) == {-5, 5000}
    assert set(stack_of(flair_series(tmp_path / "12", voxels=voxels)).ravel()) == {0, 4095}


def test_an_inverted_picture_is_not_the_complement(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, storage=Storage(monochrome1=True))
    assert pydicom.dcmread(paths[0]).PhotometricInterpretation == "MONOCHROME1"
    assert np.array_equal(4095 - stack_of(paths), ramp())


@pytest.mark.parametrize("layout", Layout)
def test_the_same_series_is_written_in_other_bytes(tmp_path: Path, layout: Layout) -> None:
    for folder in ("a", "b"):
        flair_series(tmp_path / folder, layout=layout, vendor=Vendor.PHILIPS, syntax=Syntax.DEFLATED)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_two_visits_share_an_identifier(tmp_path: Path) -> None:
    specs = [SeriesSpec(), SeriesSpec(study=StudySpec(seed="another")), SeriesSpec(number=5)]
    images = [
        pydicom.dcmread(path)
        for n, spec in enumerate(specs)
        for path in write_series(tmp_path / str(n), ramp(), axial_affine(), spec=spec)
    ]
    assert len({image.SOPInstanceUID for image in images}) == len(images)
    assert len({image.SeriesInstanceUID for image in images}) == 3
    assert len({image.StudyInstanceUID for image in images}) == 2


def test_a_second_echo_overwrites_the_first(tmp_path: Path) -> None:
    first = flair_series(tmp_path, part="echo 1")
    second = flair_series(tmp_path, part="echo 2", first_instance=6, timing=Timing(200.0, 9000.0, 2500.0))
    images = [pydicom.dcmread(path) for path in first + second]
    assert len({image.SOPInstanceUID for image in images}) == 10
    assert len({image.SeriesInstanceUID for image in images}) == 1
    assert {float(image.EchoTime) for image in images} == {105.0, 200.0}


@pytest.mark.parametrize("order", SliceOrder)
def test_the_order_of_names_is_the_order_of_slices_unless_told_otherwise(tmp_path: Path, order: SliceOrder) -> None:
    paths = flair_series(tmp_path, slices=8, order=order)
    assert np.array_equal(stack_of(paths), ramp((16, 12, 8)))
    assert sorted(pydicom.dcmread(path).InstanceNumber for path in paths) == list(range(1, 9))
    assert (paths == sorted(paths)) is (order is SliceOrder.ASCENDING)


@pytest.mark.parametrize("habit", FileNames)
def test_two_series_in_one_folder_overwrite_each_other(tmp_path: Path, habit: FileNames) -> None:
    flair_series(tmp_path, file_names=habit)
    lumbar_sagittal(tmp_path, file_names=habit)
    assert len(list(tmp_path.iterdir())) == 10


@pytest.mark.parametrize(
    ("name", "charset"),
    [
        ("نمونه^سارا", UTF8),
        ("नमूना^रवि", UTF8),
        ("样本^明", GB18030),
        ("Mihon^Taro=見本^太郎", JAPANESE),
        ("Jörg", LATIN_1),
    ],
)
def test_a_name_comes_back_in_another_script(tmp_path: Path, name: str, charset: str | tuple[str, ...]) -> None:
    path = flair_series(tmp_path, patient=PatientSpec(name=name, charset=charset))[0]
    assert str(pydicom.dcmread(path).PatientName) == name


def test_a_broken_character_set_is_repaired_by_the_writer(tmp_path: Path) -> None:
    patient = PatientSpec(name="نمونه", charset=LATIN_1, name_codec="cp1256")
    data = flair_series(tmp_path, patient=patient)[0].read_bytes()
    assert "نمونه".encode("cp1256") in data


def test_the_anonymiser_leaves_words_but_takes_the_geometry(tmp_path: Path) -> None:
    image = pydicom.dcmread(flair_series(tmp_path, vendor=Vendor.ANONYMISED)[0])
    for keyword in ("Manufacturer", "SeriesDescription", "ScanningSequence", "BodyPartExamined", "PatientBirthDate"):
        assert keyword not in image
    assert image.ImagePositionPatient
    assert image.EchoTime == 105


def test_private_tags_stay_when_not_wanted(tmp_path: Path) -> None:
    with_them, without = (
        pydicom.dcmread(flair_series(tmp_path / str(wanted), private_tags=wanted)[0]) for wanted in (True, False)
    )
    assert any(element.tag.is_private for element in with_them)
    assert not any(element.tag.is_private for element in without)


def test_tags_that_are_asked_for_do_not_win(tmp_path: Path) -> None:
    tags = (("SeriesDescription", "wrong on purpose"), ("ImageType", ("DERIVED", "SECONDARY")))
    paths = flair_series(tmp_path, tags=tags, without=("EchoTime",), description="usual")
    image = pydicom.dcmread(paths[0])
    assert image.SeriesDescription == "wrong on purpose"
    assert list(image.ImageType) == ["DERIVED", "SECONDARY"]
    assert "EchoTime" not in image


def test_missing_times_are_written_as_zero(tmp_path: Path) -> None:
    image = pydicom.dcmread(flair_series(tmp_path, timing=Timing(None, None))[0])
    assert "EchoTime" not in image
    assert "RepetitionTime" not in image
    assert "InversionTime" not in image


@pytest.mark.parametrize("protocol", Protocol)
@pytest.mark.parametrize("layout", Layout)
def test_a_protocol_has_no_words_with_some_vendor(tmp_path: Path, protocol: Protocol, layout: Layout) -> None:
    for vendor in (Vendor.SIEMENS, Vendor.PHILIPS, Vendor.GE, Vendor.TOSHIBA):
        spec = SeriesSpec(protocol, vendor, layout=layout)
        image = pydicom.dcmread(write_series(tmp_path / vendor, ramp(), axial_affine(), spec=spec)[0])
        assert image.SeriesDescription


def test_a_ct_is_not_in_hounsfield_units(tmp_path: Path) -> None:
    voxels = np.linspace(-1000, 2000, 16 * 12 * 5).reshape(16, 12, 5)
    images = [pydicom.dcmread(path) for path in ct_series(tmp_path, voxels=voxels)]
    read = np.stack([image.pixel_array * image.RescaleSlope + image.RescaleIntercept for image in images])
    assert np.abs(read.transpose(2, 1, 0) - voxels).max() <= 0.5
    assert images[0].Modality == "CT"


def test_a_slice_has_no_thickness_or_the_wrong_one(tmp_path: Path) -> None:
    thin = pydicom.dcmread(flair_series(tmp_path, slice_thickness_mm=2.0)[0])
    usual = pydicom.dcmread(localizer(tmp_path / "l")[0])
    assert float(thin.SliceThickness) == 2.0
    assert float(usual.SliceThickness) == 18.0


def test_a_disc_has_no_list_of_contents(tmp_path: Path) -> None:
    spec = SeriesSpec(number=90)
    files = [*flair_series(tmp_path / "a"), screen_shot(tmp_path / "s"), pdf_report(tmp_path / "p")]
    listing = pydicom.dcmread(dicomdir(tmp_path / "cd", files))
    kinds = [record.DirectoryRecordType for record in listing.DirectoryRecordSequence]
    assert kinds.count("IMAGE") == 6
    assert kinds.count("ENCAP DOC") == 1
    assert replace(spec, number=91) != spec


def test_broken_copies_are_whole(tmp_path: Path) -> None:
    paths = flair_series(tmp_path / "a")
    size = paths[0].stat().st_size
    assert truncate(paths[0], keep=0.5).stat().st_size == size // 2
    assert len(drop_slice(paths, 2)) == len(list((tmp_path / "a").iterdir())) == 4
    assert change_tags(paths[1], EchoTime=None, RepetitionTime=1.0)
    assert "EchoTime" not in pydicom.dcmread(paths[1])
    assert zip_of(tmp_path / "a", tmp_path / "a.zip").stat().st_size > 0
