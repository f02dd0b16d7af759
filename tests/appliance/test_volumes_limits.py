"""A file that claims too much, or that expands for ever, is refused before it costs memory or time."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pydicom
import pytest
from builders import change_tags, flair_series, series, truncate
from pydicom.encaps import encapsulate, generate_frames
from reading import read, read_nifti

from appliance.contracts import Reason
from appliance.errors import OverLimit, Refused
from appliance.sample.scan_spec import Layout, Storage, Syntax
from appliance.settings import Limits, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
MEBI = 1 << 20
ITEM = struct.pack("<HHL", 0xFFFE, 0xE000, 0)
PIXELS = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, 0xFFFFFFFF)


def limited(**limits: int) -> Settings:
    return Settings(limits=replace(Limits(), **limits))


def enhanced(folder: Path, syntax: Syntax = Syntax.EXPLICIT) -> Path:
    (path,) = flair_series(folder, layout=Layout.ENHANCED, syntax=syntax, storage=Storage())
    return path


def claiming(path: Path, **tags: object) -> Path:
    return change_tags(path, **tags)


def huge_side(folder: Path) -> Path:
    return claiming(enhanced(folder), Rows=60000, Columns=60000)


def million_frames(folder: Path) -> Path:
    return claiming(enhanced(folder), NumberOfFrames=1_000_000)


def huge_volume(folder: Path) -> Path:
    """3.4 GB, though each side is allowed; the groups for so many frames are there."""
    path = enhanced(folder)
    image = pydicom.dcmread(path)
    first = image.PerFrameFunctionalGroupsSequence[0]
    image.PerFrameFunctionalGroupsSequence = [moved(first, 6.0 * k) for k in range(100)]
    image.NumberOfFrames, image.Rows, image.Columns = 100, 4096, 4096
    image.save_as(path)
    return path


def moved(group: pydicom.Dataset, height: float) -> pydicom.Dataset:
    image = pydicom.Dataset.from_json(group.to_json())
    image.PlanePositionSequence[0].ImagePositionPatient = [0.0, 0.0, height]
    return image


def deflated_for_ever(folder: Path) -> Path:
    """The header is followed by a private element of half a gigabyte of zeros."""
    path = enhanced(folder, Syntax.DEFLATED)
    data = path.read_bytes()
    start = 132 + 12 + struct.unpack_from("<L", data, 140)[0]
    plain = zlib.decompress(data[start:], -15)
    at = plain.index(struct.pack("<HH", 0x5200, 0x9229))
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    bomb = packer.compress(plain[:at] + struct.pack("<HH2sHL", 0x5199, 0x1010, b"OB", 0, 512 * MEBI))
    bomb += b"".join(packer.compress(bytes(MEBI)) for _ in range(512))
    path.write_bytes(data[:start] + bomb + packer.compress(plain[at:]) + packer.flush())
    return path


def deflated_pixels_for_ever(folder: Path) -> Path:
    path = enhanced(folder, Syntax.DEFLATED)
    data = path.read_bytes()
    start = 132 + 12 + struct.unpack_from("<L", data, 140)[0]
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    plain = zlib.decompress(data[start:], -15)
    bomb = packer.compress(plain) + b"".join(packer.compress(bytes(MEBI)) for _ in range(512)) + packer.flush()
    path.write_bytes(data[:start] + bomb)
    return path


def header_of_items(folder: Path) -> Path:
    """Two million empty items: 16 MB that would take gigabytes and minutes."""
    return with_groups(folder, 0xFFFFFFFF, struct.pack("<HHL", 0xFFFE, 0xE0DD, 0))


def header_of_items_with_a_length(folder: Path) -> Path:
    return with_groups(folder, None, b"")


def with_groups(folder: Path, length: int | None, end: bytes, items: bytes = ITEM * (2 * MEBI - 4096)) -> Path:
    path = enhanced(folder)
    data = path.read_bytes()
    at = data.index(struct.pack("<HH2s", 0x5200, 0x9230, b"SQ"))
    head = struct.pack("<HH2sHL", 0x5200, 0x9230, b"SQ", 0, len(items) if length is None else length)
    path.write_bytes(data[:at] + head + items + end + PIXELS)
    return path


def header_of_elements(folder: Path) -> Path:
    """One item with two million elements of no length."""
    return with_groups(folder, 0xFFFFFFFF, b"", items=item_of(struct.pack("<HH2sH", 0x0029, 0x1010, b"LO", 0)))


def item_of(element: bytes) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + element * (2 * MEBI - 4096)


def header_without_end(folder: Path) -> Path:
    """One element of the header is said to be 4 GB long, in a file of 20 MB."""
    path = enhanced(folder)
    data = path.read_bytes()
    at = data.index(struct.pack("<HH2s", 0x5200, 0x9229, b"SQ"))
    path.write_bytes(data[:at] + struct.pack("<HH2sHL", 0x5200, 0x9229, b"SQ", 0, 0xFFFFFFF0) + bytes(20 * MEBI))
    return path


def fragment_of_four_gigabytes(folder: Path) -> Path:
    return replaced_pixels(folder, Syntax.JPEG_LS, lambda _: encapsulate_one(0xFFFFFFF0, b"\xff\xd8\xff\xf7"))


def encapsulate_one(length: int, content: bytes) -> bytes:
    return struct.pack("<HHL HHL", 0xFFFE, 0xE000, 0, 0xFFFE, 0xE000, length) + content


def run_length_bomb(folder: Path) -> Path:
    """Each pair of bytes becomes 128."""
    runs = b"\x81\x00" * (MEBI // 4)
    stream = struct.pack("<16L", 2, 64, 64 + len(runs), *[0] * 13) + runs + runs
    return replaced_pixels(folder, Syntax.RLE, lambda _: encapsulate([stream]))


def jpeg_2000_that_claims_more(folder: Path) -> Path:
    return replaced_pixels(folder, Syntax.JPEG_2000_LOSSLESS, lambda stream: stream_with(stream, 8, 60000, 60000))


def jpeg_2000_of_a_million_tiles(folder: Path) -> Path:
    return replaced_pixels(folder, Syntax.JPEG_2000_LOSSLESS, lambda stream: stream_with(stream, 24, 1, 1))


def stream_with(stream: bytes, at: int, *numbers: int) -> bytes:
    packed = struct.pack(f">{len(numbers)}L", *numbers)
    return encapsulate([stream[:at] + packed + stream[at + len(packed) :]])


def jpeg_that_claims_more(folder: Path) -> Path:
    return replaced_pixels(folder, Syntax.JPEG_LOSSLESS, lambda stream: jpeg_sized(stream, 60000, 60000))


def jpeg_ls_that_claims_more(folder: Path) -> Path:
    return replaced_pixels(folder, Syntax.JPEG_LS, lambda stream: jpeg_sized(stream, 60000, 60000))


def jpeg_sized(stream: bytes, rows: int, columns: int) -> bytes:
    at = max(stream.find(b"\xff\xc3"), stream.find(b"\xff\xf7")) + 5
    return encapsulate([stream[:at] + struct.pack(">HH", rows, columns) + stream[at + 4 :]])


def replaced_pixels(folder: Path, syntax: Syntax, change: Callable[[bytes], bytes]) -> Path:
    """One slice, not a volume; but what is wrong with its pixels is met first in a multi-frame file."""
    (path,) = series(
        folder, voxels=np.arange(64 * 64 * 3).reshape(64, 64, 3) % 4000, layout=Layout.ENHANCED, syntax=syntax
    )
    image = pydicom.dcmread(path)
    stream = next(generate_frames(image.PixelData, number_of_frames=3))
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(PIXELS[:4] + b"OB") + 12] + change(stream))
    return path


def nifti(folder: Path, name: str, **fields: object) -> Path:
    folder.mkdir(parents=True)
    header = nib.Nifti1Header()
    header.set_data_shape((16, 12, 5))
    header.set_data_dtype(np.int16)
    header["vox_offset"] = 352
    header.set_sform(np.eye(4), 1)
    header["magic"] = b"n+1"
    for key, value in fields.items():
        header[key] = value
    data = header.binaryblock + bytes(4) + bytes(16 * 12 * 5 * 2)
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def nifti_too_large(folder: Path) -> Path:
    return nifti(folder, "large.nii", dim=[3, 4000, 4000, 500, 1, 1, 1, 1])


def nifti_gzip_for_ever(folder: Path) -> Path:
    """A sound volume, and then half a gigabyte of zeros."""
    path = nifti(folder, "forever.nii.gz")
    plain = gzip.decompress(path.read_bytes())
    with gzip.open(path, "wb", 1) as stream:
        stream.write(plain)
        for _ in range(512):
            stream.write(bytes(MEBI))
    return path


def nifti_that_begins_far_away(folder: Path) -> Path:
    return nifti(folder, "far.nii", vox_offset=3e9)


BOMBS = {
    huge_side: Reason.TOO_LARGE,
    million_frames: Reason.TOO_LARGE,
    huge_volume: Reason.TOO_LARGE,
    deflated_for_ever: Reason.UNREADABLE,
    deflated_pixels_for_ever: "read",
    header_of_items_with_a_length: Reason.TOO_LARGE,
    header_without_end: Reason.TOO_LARGE,
    fragment_of_four_gigabytes: Reason.UNREADABLE,
    run_length_bomb: Reason.UNREADABLE,
    jpeg_2000_that_claims_more: Reason.UNREADABLE,
    jpeg_2000_of_a_million_tiles: Reason.UNREADABLE,
    jpeg_that_claims_more: Reason.UNREADABLE,
    jpeg_ls_that_claims_more: Reason.UNREADABLE,
    nifti_too_large: Reason.TOO_LARGE,
    nifti_gzip_for_ever: "read",
    nifti_that_begins_far_away: Reason.TOO_LARGE,
}


COSTLY = {header_of_items: Reason.TOO_LARGE, header_of_elements: Reason.TOO_LARGE}
"""These take seconds until their limit is met."""


@pytest.mark.parametrize(
    ("bombs", "most_seconds"),
    [(BOMBS, 5), pytest.param(COSTLY, 30, marks=pytest.mark.slow)],
    ids=["cheap to refuse", "costly to refuse"],
)
def test_no_bomb_takes_more_memory_than_the_header_it_hides_in(
    bombs: dict[Callable[[Path], Path], str], most_seconds: float, tmp_path: Path
) -> None:
    paths = {bomb(tmp_path / bomb.__name__): verdict for bomb, verdict in bombs.items()}
    done = subprocess.run(
        [sys.executable, str(HERE / "measured_reading.py"), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={"PYTHONPATH": f"{HERE}:{HERE.parent}:{HERE.parent.parent}"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    costs = [json.loads(line) for line in done.stdout.splitlines()]
    assert [cost["verdict"] for cost in costs] == [str(verdict) for verdict in paths.values()], done.stdout
    assert max(cost["mib"] for cost in costs) < 250, done.stdout
    assert max(cost["s"] for cost in costs) < most_seconds, done.stdout


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (limited(max_rows_or_columns=15), "12 × 16 pixels"),
        (limited(max_slices=4), "slices"),
        (limited(max_volume_bytes=16 * 12 * 5 * 2 - 1), "unpacked"),
    ],
)
@pytest.mark.parametrize("layout", Layout)
def test_each_limit_of_the_settings_holds(settings: Settings, names: str, layout: Layout, tmp_path: Path) -> None:
    paths = flair_series(tmp_path, layout=layout, storage=Storage())
    assert len(read(paths)) == 1
    with pytest.raises(OverLimit, match=names) as caught:
        read(paths, settings)
    assert caught.value.advice


def test_a_limit_is_met_before_the_pixels_are_looked_at(tmp_path: Path) -> None:
    """The file is cut short as well, which would be found only later."""
    path = truncate(enhanced(tmp_path), keep=0.9)
    with pytest.raises(OverLimit):
        read([path], limited(max_volume_bytes=1000))


def test_scaled_pictures_are_counted_as_the_floating_point_that_they_become(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, storage=Storage(slope=0.5))
    assert len(read(paths, limited(max_volume_bytes=16 * 12 * 5 * 4))) == 1
    with pytest.raises(OverLimit):
        read(paths, limited(max_volume_bytes=16 * 12 * 5 * 4 - 1))


@pytest.mark.parametrize(
    "settings", [limited(max_rows_or_columns=15), limited(max_slices=4), limited(max_volume_bytes=1919)]
)
def test_each_limit_holds_for_nifti(settings: Settings, tmp_path: Path) -> None:
    path = nifti(tmp_path / "n", "small.nii.gz")
    assert len(read_nifti(path)) == 1
    with pytest.raises(OverLimit):
        read_nifti(path, settings)


def test_a_file_larger_than_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = enhanced(tmp_path)
    with pytest.raises(Refused) as caught:
        read([path], limited(max_file_bytes=path.stat().st_size - 1))
    assert caught.value.reason is Reason.TOO_LARGE
