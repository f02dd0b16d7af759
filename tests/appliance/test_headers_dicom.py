"""DICOM files of every make and breakage: the header is read, or refused, within bounded bytes."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from builders import dicomdir, flair_series, pdf_report, ramp, zip_of
from dicom_bytes import (
    BIG,
    DEFLATED,
    ENHANCED,
    EXPLICIT,
    IMPLICIT,
    UNDEFINED,
    element,
    file_of,
    head,
    image,
    item,
    meta,
    sequence,
    tag,
)

from appliance.archives import Archives
from appliance.contracts import LeftOut, Reason, Source
from appliance.headers.beginning import Beginning
from appliance.headers.image import DicomHeader
from appliance.headers.read import read_header
from appliance.sample.scan_spec import Layout, Syntax
from appliance.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.headers.read import Header

LIMITS = Limits()


def look(path: Path, limits: Limits = LIMITS) -> Header | LeftOut:
    with Archives(limits) as archives:
        return read_header(Source(path), limits, archives).found


def look_at(folder: Path, data: bytes, name: str = "scan", limits: Limits = LIMITS) -> Header | LeftOut:
    path = folder / name
    path.write_bytes(data)
    return look(path, limits)


def header_of(folder: Path, data: bytes, limits: Limits = LIMITS) -> DicomHeader:
    found = look_at(folder, data, limits=limits)
    assert isinstance(found, DicomHeader), found
    return found


def reason_of(folder: Path, data: bytes, limits: Limits = LIMITS) -> Reason:
    found = look_at(folder, data, limits=limits)
    assert isinstance(found, LeftOut), found
    assert found.sentence
    return found.reason


@pytest.mark.parametrize("syntax", [s for s in Syntax if s is not Syntax.JPEG_BASELINE])
@pytest.mark.parametrize("layout", Layout)
def test_the_same_facts_come_out_of_every_transfer_syntax(tmp_path: Path, syntax: Syntax, layout: Layout) -> None:
    (path, *_) = flair_series(tmp_path, syntax=syntax, layout=layout)
    found = look(path)
    assert isinstance(found, DicomHeader)
    assert (found.rows, found.columns, found.tags.text("PatientID")) == (12, 16, "SAMPLE-0001")
    assert found.places[0].row == (1.0, 0.0, 0.0)
    assert found.frames == len(found.places) == (5 if layout is Layout.ENHANCED else 1)
    assert found.pixel_spacing == (16.0, 14.0)


def test_neither_preamble_nor_ending_is_needed(tmp_path: Path) -> None:
    whole = file_of()
    for data in (whole[132:], image(), image(order=">"), image(implicit=True)):
        assert header_of(tmp_path, data).rows == 2


@pytest.mark.parametrize(
    ("stated", "order", "implicit"),
    [
        (IMPLICIT, "<", False),
        (BIG, "<", False),
        ("1.2.3", "<", True),
        ("", "<", True),
        ("1.2.840.10008.1.2.1", ">", False),
    ],
)
def test_a_transfer_syntax_that_lies_is_not_believed(
    tmp_path: Path, stated: str, order: str, *, implicit: bool
) -> None:
    assert header_of(tmp_path, meta(stated) + image(order=order, implicit=implicit)).rows == 2


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\x00",
        b"\x08\x00\x05\x00CS\x00\x00" + b"\x08\x00 and on goes the text",
        b"\x08\x00\x16\x00\x04\x00\x00\x00abcd",
        b"plain text",
        bytes(200),
        b"\x02\x00\x00\x00\xff\xff\xff\xff",
    ],
)
def test_what_only_begins_like_dicom_is_no_scan(tmp_path: Path, data: bytes) -> None:
    assert reason_of(tmp_path, data) is Reason.NOT_AN_IMAGE


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    assert reason_of(tmp_path, b"") is Reason.EMPTY


def test_the_magic_word_alone_is_a_header_cut_short(tmp_path: Path) -> None:
    assert header_of(tmp_path, bytes(128) + b"DICM").cut_short


@pytest.mark.parametrize("keep", range(140, 330, 7))
def test_a_file_cut_anywhere_in_its_header_does_not_raise(tmp_path: Path, keep: int) -> None:
    found = look_at(tmp_path, file_of()[:keep])
    assert isinstance(found, LeftOut) or found.cut_short or found.rows == 2


def test_a_header_larger_than_the_first_read_is_read_on(tmp_path: Path) -> None:
    padded = file_of(("ImageComments", "UT", "x" * 200_000), ("DerivationDescription", "UT", "y" * 200_000))
    assert header_of(tmp_path, padded).rows == 2


def test_a_header_without_end_is_refused_at_the_limit(tmp_path: Path) -> None:
    small = replace(LIMITS, max_header_bytes=100_000)
    assert reason_of(tmp_path, file_of(("DerivationDescription", "UT", "y" * 200_000)), small) is Reason.TOO_LARGE


def test_an_element_that_claims_gigabytes_costs_none(tmp_path: Path) -> None:
    data = meta() + tag("DerivationDescription") + head("UT", 0x7FFFFFFE) + b"short"
    tracemalloc.start()
    found = look_at(tmp_path, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found, (LeftOut, DicomHeader))
    assert peak < 16 * 1024 * 1024


def test_a_deflated_bomb_is_inflated_no_further_than_the_limit(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(tag("DerivationDescription") + head("UT", 0x7FFFFFFE))
    bomb += b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(64)) + packer.flush()
    small = replace(LIMITS, max_header_bytes=1024 * 1024)
    tracemalloc.start()
    look_at(tmp_path, meta(DEFLATED) + bomb, limits=small)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_deflated_file_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = (
        meta(DEFLATED)
        + packer.compress(image(("PixelData", "OW", np.random.default_rng(1).bytes(4000))))
        + packer.flush()
    )
    assert header_of(tmp_path, data[:-3000]).rows == 2


def test_a_deflated_file_of_garbage_is_refused(tmp_path: Path) -> None:
    assert reason_of(tmp_path, meta(DEFLATED) + b"\xff" * 100) is Reason.UNREADABLE


@pytest.mark.parametrize("depth", [3, 100, 5000])
@pytest.mark.parametrize("defined", [True, False])
def test_sequences_inside_sequences_without_end_do_not_exhaust_the_stack(
    tmp_path: Path, depth: int, *, defined: bool
) -> None:
    nested = b""
    for _ in range(depth):
        nested = sequence("ReferencedStudySequence", [item(nested, defined=defined)], defined=defined)
    data = meta() + element("SOPClassUID", "UI", "1.2.840.10008.5.1.4.1.1.4") + nested
    data += element("Rows", "US", struct.pack("<H", 2)) + element("PixelData", "OW", bytes(8))
    found = look_at(tmp_path, data)
    if isinstance(found, LeftOut):
        assert found.reason is Reason.UNREADABLE
    else:
        assert found.rows == 2


def test_functional_groups_nested_without_end_do_not_exhaust_the_stack(tmp_path: Path) -> None:
    nested = b""
    for _ in range(3000):
        nested = sequence("PlanePositionSequence", [item(nested)])
    data = meta(sop_class=ENHANCED) + image(
        ("SOPClassUID", "UI", ENHANCED), ("PerFrameFunctionalGroupsSequence", "SQ", item(nested))
    )
    assert header_of(tmp_path, data).rows == 2


def test_a_sequence_that_never_ends_is_refused_or_cut(tmp_path: Path) -> None:
    data = meta() + tag("ReferencedStudySequence") + head("SQ", UNDEFINED) + item(b"") * 10
    found = look_at(tmp_path, data)
    assert isinstance(found, LeftOut)
    assert found.reason is Reason.UNREADABLE


@pytest.mark.parametrize("syntax", [EXPLICIT, DEFLATED])
def test_a_header_of_countless_empty_items_is_refused_before_they_are_unpacked(tmp_path: Path, syntax: str) -> None:
    body = sequence("ReferencedStudySequence", [item(b"", defined=False)] * 300, defined=False) + image()
    if syntax == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
    assert reason_of(tmp_path, meta(syntax) + body, replace(LIMITS, max_header_items=299)) is Reason.TOO_LARGE
    assert header_of(tmp_path, meta(syntax) + body).rows == 2


def test_a_header_in_countless_pieces_is_not_parsed_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.headers.beginning.MOST_PIECES", 1000)
    scraps = item(element("PatientComments", "LT", "") * 5000)
    whole = image(("SOPClassUID", "UI", ENHANCED), ("PerFrameFunctionalGroupsSequence", "SQ", scraps))
    assert reason_of(tmp_path, meta(sop_class=ENHANCED) + element("PatientComments", "LT", "") * 5000 + whole) is (
        Reason.UNREADABLE
    )


def test_enhanced_frames_bring_their_own_places_and_times(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, layout=Layout.ENHANCED, voxels=ramp((16, 12, 7)))
    found = look(path)
    assert isinstance(found, DicomHeader)
    heights = [place.position[2] for place in found.places if place.position]
    assert heights == [0, 6, 12, 18, 24, 30, 36]
    assert found.tags.number("EffectiveEchoTime") == 105.0


def test_frames_beyond_the_limit_are_not_unpacked(tmp_path: Path) -> None:
    (path,) = flair_series(tmp_path, layout=Layout.ENHANCED, voxels=ramp((16, 12, 7)))
    found = look(path, replace(LIMITS, max_slices=3))
    assert isinstance(found, DicomHeader)
    assert (found.frames, len(found.places)) == (7, 3)


@pytest.mark.parametrize(
    "orientation",
    [
        "1\\0\\0",
        "1\\0\\0\\1\\0\\0",
        "0\\0\\0\\0\\0\\0",
        "nan\\0\\0\\0\\1\\0",
        "9\\0\\0\\0\\9\\0",
        "a\\b\\c\\d\\e\\f",
        "",
    ],
)
def test_an_orientation_that_is_none_is_unknown(tmp_path: Path, orientation: str) -> None:
    place = header_of(tmp_path, file_of(("ImageOrientationPatient", "DS", orientation))).places[0]
    assert place.row is None
    assert place.column is None


@pytest.mark.parametrize("spacing", ["0\\0", "-1\\1", "1", "a\\1", ""])
def test_a_pixel_spacing_that_cannot_be_is_unknown(tmp_path: Path, spacing: str) -> None:
    assert header_of(tmp_path, file_of(("PixelSpacing", "DS", spacing))).pixel_spacing is None


def test_a_position_beyond_the_room_is_unknown(tmp_path: Path) -> None:
    found = header_of(tmp_path, file_of(("ImagePositionPatient", "DS", "1e9\\0\\0")))
    assert found.places[0].position is None


def test_a_negative_or_absurd_number_of_frames_does_no_harm(tmp_path: Path) -> None:
    for frames in ("-5", "0", "abc", ""):
        assert header_of(tmp_path, file_of(("NumberOfFrames", "IS", frames))).frames == 1


def test_a_disc_list_is_named_and_its_missing_files_are_counted(tmp_path: Path) -> None:
    files = flair_series(tmp_path / "scans")
    listing = dicomdir(tmp_path / "disc", files)
    complete = look(listing)
    assert isinstance(complete, LeftOut)
    assert complete.reason is Reason.DICOMDIR
    assert "cannot be found" not in complete.sentence
    copied = [path for path in (tmp_path / "disc").rglob("*") if path.is_file() and path != listing]
    for path in copied[:2]:
        path.unlink()
    incomplete = look(listing)
    assert isinstance(incomplete, LeftOut)
    assert "2 files that cannot be found" in incomplete.sentence


def test_a_disc_list_in_a_zip_knows_the_members_of_the_zip(tmp_path: Path) -> None:
    dicomdir(tmp_path / "disc", flair_series(tmp_path / "scans"))
    path = zip_of(tmp_path / "disc", tmp_path / "disc.zip")
    with Archives(LIMITS) as archives:
        (listing,) = (f for f in archives.members(path) if isinstance(f, Source) and f.name == "DICOMDIR")
        found = read_header(listing, LIMITS, archives).found
    assert isinstance(found, LeftOut)
    assert "cannot be found" not in found.sentence


def test_a_disc_list_that_names_files_outside_the_disc_finds_none(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "disc").mkdir()
    record = item(element("ReferencedFileID", "CS", "..\\secret"))
    data = meta(sop_class="1.2.840.10008.1.3.10") + sequence("DirectoryRecordSequence", [record])
    found = look_at(tmp_path / "disc", data, "DICOMDIR")
    assert isinstance(found, LeftOut)
    assert "1 file that cannot be found" in found.sentence


def test_reading_a_header_touches_neither_pixels_nor_the_file(tmp_path: Path) -> None:
    (path, *_) = flair_series(tmp_path, voxels=ramp((512, 512, 1)))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with Archives(LIMITS) as archives:
        looked = read_header(Source(path), LIMITS, archives)
    assert looked.bytes_read <= 32 * 1024 < path.stat().st_size
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_report_in_dicom_is_a_header_without_an_image(tmp_path: Path) -> None:
    found = look(pdf_report(tmp_path / "report.dcm"))
    assert isinstance(found, DicomHeader)
    assert found.rows == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xd8\xff\xe0", "ordinary picture"),
        (b"\x89PNG\r\n", "ordinary picture"),
        (b"%PDF-1.4", "document"),
        (b"PK\x03\x04....", "give it the ending .zip"),
        (b"\x1f\x8b\x08\x00....", "packed"),
        (b"[autorun]", "neither DICOM nor NIfTI"),
    ],
)
def test_what_else_lies_on_a_disc_is_called_by_its_name(tmp_path: Path, data: bytes, words: str) -> None:
    found = look_at(tmp_path, data)
    assert isinstance(found, LeftOut)
    assert found.reason is Reason.NOT_AN_IMAGE
    assert words in found.sentence


def test_bytes_read_are_counted_only_as_far_as_they_were_read() -> None:
    beginning = Beginning(io.BytesIO(bytes(100)), replace(LIMITS, max_header_bytes=40))
    assert (len(beginning.data), beginning.at_limit, beginning.grow()) == (40, True, False)
