"""What is no whole grey picture in its place is refused by name, in words, and never filled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from builders import (
    change_tags,
    drop_slice,
    flair_series,
    series,
    truncate,
)
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate, generate_frames
from reading import refusal

from appliance.contracts import Reason, Source
from appliance.errors import BadGeometry, Unreadable
from appliance.sample.scan_spec import Layout, SliceOrder, Storage, Syntax

if TYPE_CHECKING:
    from pathlib import Path

LOSSLESS = [syntax for syntax in Syntax if syntax is not Syntax.JPEG_BASELINE]
PLAIN = Storage()


@pytest.mark.parametrize(("order", "images"), [(SliceOrder.ASCENDING, (3, 5)), (SliceOrder.DESCENDING, (4, 6))])
def test_a_lost_slice_is_named_with_its_neighbours(order: SliceOrder, images: tuple[int, int], tmp_path: Path) -> None:
    paths = drop_slice(flair_series(tmp_path, slices=8, order=order), 3)
    error = refusal(paths, BadGeometry)
    assert error.reason is Reason.MISSING_SLICES
    assert f"Series 4 “sample”: the gap between image {images[0]} (" in error.what
    assert f"and image {images[1]} (" in error.what
    assert "is 12.0 mm where the other slices are 6.0 mm apart: 1 slice missing." in error.what


@pytest.mark.parametrize("syntax", Syntax)
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.95])
def test_a_file_that_is_cut_short_is_named_and_never_filled_up(
    syntax: Syntax, layout: Layout, keep: float, tmp_path: Path
) -> None:
    storage = Storage(bits_stored=8, bits_allocated=8) if syntax is Syntax.JPEG_BASELINE else PLAIN
    noise = np.random.default_rng(4).integers(0, 255, (64, 64, 3))
    paths = series(tmp_path, voxels=noise, syntax=syntax, layout=layout, storage=storage, private_tags=False)
    truncate(paths[-1], keep=keep)
    error = refusal(paths)
    assert error.source == Source(paths[-1])
    assert paths[-1].name in error.what


def test_an_empty_file_or_none_at_all_is_named(tmp_path: Path) -> None:
    paths = flair_series(tmp_path)
    paths[1].write_bytes(b"")
    assert refusal(paths).source == Source(paths[1])
    paths[1].unlink()
    assert refusal(paths).source == Source(paths[1])


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"BitsStored": 17}, "16 bits"),
        ({"Rows": None}, "how large"),
    ],
)
def test_what_is_no_grey_picture_is_refused_in_words(tags: dict[str, object], words: str, tmp_path: Path) -> None:
    paths = flair_series(tmp_path, syntax=Syntax.EXPLICIT)
    change_tags(paths[3], **tags)
    error = refusal(paths, Unreadable)
    assert words in error.what
    assert error.source == Source(paths[3])


def test_values_that_only_a_table_explains_are_refused(tmp_path: Path) -> None:
    paths = flair_series(tmp_path)
    change_tags(paths[3], ModalityLUTSequence=[pydicom.Dataset()])
    assert refusal(paths, Unreadable).reason is Reason.UNSUPPORTED


def test_a_map_of_floating_point_numbers_is_refused(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, syntax=Syntax.EXPLICIT)
    image = pydicom.dcmread(paths[0])
    del image.PixelData
    image.FloatPixelData = np.zeros(16 * 12, np.float32).tobytes()
    image.save_as(paths[0])
    assert refusal(paths, Unreadable).reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.1", "1.2.840.113619.5.2"]
)
def test_a_compression_that_is_not_read_is_named(uid: str, tmp_path: Path) -> None:
    paths = flair_series(tmp_path, syntax=Syntax.JPEG_LOSSLESS)
    restated = DataElement(0x00020010, "UI", pydicom.uid.UID(uid))
    for path in paths:
        image = pydicom.dcmread(path)
        image.file_meta[0x00020010] = restated
        with path.open("wb") as file:
            file.write(bytes(128) + b"DICM")
            pydicom.filewriter.write_file_meta_info(file, image.file_meta, enforce_standard=False)
            pydicom.filewriter.write_dataset(pydicom.filebase.DicomFileLike(file), image)
    error = refusal(paths, Unreadable)
    assert error.reason is Reason.UNSUPPORTED
    assert error.source == Source(paths[0])


def test_a_multi_frame_image_with_fewer_pictures_than_it_says_is_cut_short(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, layout=Layout.ENHANCED, syntax=Syntax.JPEG_LS, storage=PLAIN)
    image = pydicom.dcmread(path)
    pictures = list(generate_frames(image.PixelData, number_of_frames=5))
    image.PixelData = encapsulate(pictures[:4])
    image.save_as(path)
    assert "cut short" in refusal([path], Unreadable).what


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"ImagePositionPatient": None}, "where in the patient"),
        ({"ImageOrientationPatient": None}, "where in the patient"),
        ({"PixelSpacing": None}, "where in the patient"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "impossible"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 0, 0]}, "impossible"),
        ({"PixelSpacing": [0, 0]}, "0 × 0 mm"),
        ({"PixelSpacing": [900, 900]}, "900 × 900 mm"),
    ],
)
def test_a_slice_without_a_place_is_refused_by_name(tags: dict[str, object], words: str, tmp_path: Path) -> None:
    paths = flair_series(tmp_path)
    change_tags(paths[2], **tags)
    error = refusal(paths, BadGeometry)
    assert error.reason is Reason.NO_GEOMETRY
    assert words in error.what
    assert error.source == Source(paths[2])
