"""Bytes changed at random: whatever a file has become, it is accounted for, in bounded memory, without an error."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import dicomdir, flair_series, lumbar_sagittal, nifti_file, ramp, screen_shot, zip_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scanning import scan

from appliance.sample.scan_spec import JAPANESE, Layout, PatientSpec, Syntax
from appliance.settings import Limits, Settings

if TYPE_CHECKING:
    from pathlib import Path

HEADER_LIMIT = 256 * 1024
SMALL = replace(Settings(), limits=Limits(max_header_bytes=HEADER_LIMIT))
MOST_MEMORY = 16 * 1024 * 1024
CI_EXAMPLES, SLOW_EXAMPLES = 500, 10_000
SPANS = st.binary(min_size=1, max_size=8) | st.sampled_from(
    [
        b"\xff" * 4,
        b"\0" * 4,
        b"\xff\xff\xff\x7f",
        b"SQ\0\0\xff\xff\xff\xff",
        b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
        b"\\" * 6,
    ]
)
EDITS = st.lists(st.tuples(st.sampled_from(["write", "insert", "delete"]), st.floats(0, 1), SPANS), max_size=6)
CUTS = st.none() | st.floats(0, 1)
NEAR_THE_START = 3.0
"""Places are drawn towards the start, where the header is."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def dicom_files(workshop: Path) -> list[bytes]:
    tiny = ramp((8, 6, 1))
    written = [
        flair_series(workshop / "explicit", voxels=tiny)[0],
        flair_series(workshop / "implicit", voxels=tiny, syntax=Syntax.IMPLICIT)[0],
        flair_series(workshop / "big", voxels=tiny, syntax=Syntax.BIG_ENDIAN)[0],
        flair_series(workshop / "deflated", voxels=tiny, syntax=Syntax.DEFLATED)[0],
        flair_series(workshop / "enhanced", voxels=ramp((8, 6, 4)), layout=Layout.ENHANCED)[0],
        lumbar_sagittal(workshop / "script", voxels=tiny, patient=PatientSpec("Yamada=山田", charset=JAPANESE))[0],
        screen_shot(workshop / "shot.dcm"),
        dicomdir(workshop / "disc", flair_series(workshop / "for the disc", voxels=tiny)),
    ]
    return [path.read_bytes() for path in written]


@pytest.fixture(scope="module")
def nifti_files(workshop: Path) -> list[bytes]:
    written = [nifti_file(workshop / name, voxels=ramp((8, 6, 4))) for name in ("a.nii", "b.nii.gz")]
    return [path.read_bytes() for path in written]


@pytest.fixture(scope="module")
def zips(workshop: Path) -> list[bytes]:
    flair_series(workshop / "packed", voxels=ramp((8, 6, 2)))
    return [zip_of(workshop / "packed", workshop / "packed.zip").read_bytes()]


def changed(data: bytes, edits: list[tuple[str, float, bytes]], cut: float | None) -> bytes:
    """Carry out edits; each place is a share of the file."""
    for what, place, span in edits:
        at = int(place**NEAR_THE_START * len(data))
        kept = at if what == "insert" else at + len(span)
        data = data[:at] + (b"" if what == "delete" else span) + data[kept:]
    return data if cut is None else data[: int(cut**NEAR_THE_START * len(data))]


def check(path: Path, data: bytes, *, files: int | None = 1) -> None:
    path.write_bytes(data)
    tracemalloc.start()
    found = scan(path.parent, settings=SMALL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert files is None or found.files_accounted_for == files
    assert all(left_out.sentence for left_out in found.left_out)
    assert path.read_bytes() == data


def place_for(workshop: Path, name: str) -> Path:
    folder = workshop / f"in {name}"
    folder.mkdir(exist_ok=True)
    return folder / name


def quick(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestChangedBytes:
    """The tier for every commit."""

    @quick(CI_EXAMPLES)
    @given(which=st.integers(0, 7), edits=EDITS, cut=CUTS)
    def test_changed_dicom_is_accounted_for(
        self,
        workshop: Path,
        dicom_files: list[bytes],
        which: int,
        edits: list[tuple[str, float, bytes]],
        cut: float | None,
    ) -> None:
        check(place_for(workshop, "IM0001"), changed(dicom_files[which], edits, cut))

    @quick(CI_EXAMPLES)
    @given(which=st.integers(0, 1), edits=EDITS, cut=CUTS)
    def test_changed_nifti_is_accounted_for(
        self,
        workshop: Path,
        nifti_files: list[bytes],
        which: int,
        edits: list[tuple[str, float, bytes]],
        cut: float | None,
    ) -> None:
        check(
            place_for(workshop, "flair.nii" if which == 0 else "flair.nii.gz"), changed(nifti_files[which], edits, cut)
        )

    @quick(CI_EXAMPLES // 5)
    @given(edits=EDITS, cut=CUTS)
    def test_a_changed_zip_is_walked_or_refused(
        self, workshop: Path, zips: list[bytes], edits: list[tuple[str, float, bytes]], cut: float | None
    ) -> None:
        # a zip's list of members stands at its end
        check(place_for(workshop, "disc.zip"), changed(zips[0][::-1], edits, None)[::-1], files=None)
        check(place_for(workshop, "disc.zip"), changed(zips[0], edits, cut), files=None)

    @quick(CI_EXAMPLES // 5)
    @given(data=st.binary(min_size=1, max_size=400))
    def test_a_changed_sidecar_leaves_its_scan_readable(
        self, workshop: Path, nifti_files: list[bytes], data: bytes
    ) -> None:
        path = place_for(workshop, "flair.nii.gz")
        path.write_bytes(nifti_files[1])
        check(path.with_name("flair.json"), data, files=1)
        path.with_name("flair.json").unlink()


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestManyChangedBytes:
    """The tier for every release: 10,000 of each."""

    @quick(SLOW_EXAMPLES)
    @given(which=st.integers(0, 7), edits=EDITS, cut=CUTS)
    def test_changed_dicom_is_accounted_for(
        self,
        workshop: Path,
        dicom_files: list[bytes],
        which: int,
        edits: list[tuple[str, float, bytes]],
        cut: float | None,
    ) -> None:
        check(place_for(workshop, "IM0001"), changed(dicom_files[which], edits, cut))

    @quick(SLOW_EXAMPLES)
    @given(which=st.integers(0, 1), edits=EDITS, cut=CUTS)
    def test_changed_nifti_is_accounted_for(
        self,
        workshop: Path,
        nifti_files: list[bytes],
        which: int,
        edits: list[tuple[str, float, bytes]],
        cut: float | None,
    ) -> None:
        check(
            place_for(workshop, "flair.nii" if which == 0 else "flair.nii.gz"), changed(nifti_files[which], edits, cut)
        )
