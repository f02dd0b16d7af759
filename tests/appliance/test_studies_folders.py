"""Whatever a clinic hands over is looked through: a disc, a zip, one file, cut files, nothing, too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from builders import (
    brain_series,
    change_tags,
    dicomdir,
    flair_series,
    lumbar_sagittal,
    nifti_file,
    ramp,
    truncate,
    zip_of,
)
from scanning import scan

from appliance.contracts import Certainty, Reason
from appliance.sample.scan_spec import Layout as FileLayout
from appliance.settings import Limits, Settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SURE, ASK, TOLD = Certainty.SURE, Certainty.ASK, Certainty.TOLD
NO_UIDS = ("StudyInstanceUID", "SeriesInstanceUID")


def test_a_disc_with_its_list_is_read_by_its_files(tmp_path: Path) -> None:
    dicomdir(tmp_path / "disc", flair_series(tmp_path / "files"))
    found = scan(tmp_path / "disc")
    assert len(found.only_series.sources) == 5
    assert found.reasons == [Reason.DICOMDIR]


def test_a_zip_from_a_burner_is_read_as_it_lies(tmp_path: Path) -> None:
    flair_series(tmp_path / "in" / "Pat1" / "Series 1")
    packed = zip_of(tmp_path / "in", tmp_path / "disc.zip")
    (tmp_path / "empty").mkdir()
    only = scan(packed).only_series
    assert len(only.sources) == 5
    assert all(source.path == packed and source.member.startswith("Pat1/Series 1/") for source in only.sources)


def test_a_single_file_is_a_study_too(tmp_path: Path) -> None:
    (path, *_) = flair_series(tmp_path, layout=FileLayout.ENHANCED)
    only = scan(path).only_series
    assert (only.slices, len(only.sources)) == (5, 1)


def test_a_truncated_file_keeps_its_place_and_one_cut_in_its_header_is_said(tmp_path: Path) -> None:
    paths = flair_series(tmp_path, voxels=ramp((64, 64, 5)))
    truncate(paths[1], keep=0.9)
    truncate(paths[3], keep=0.02)
    found = scan(tmp_path)
    assert len(found.only_series.sources) == 4
    assert found.only_left_out.reason is Reason.UNREADABLE
    assert paths[3].name in found.only_left_out.sentence


def test_a_header_that_ends_before_its_image_is_named_as_cut_short(tmp_path: Path) -> None:
    path = flair_series(tmp_path)[0]
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x20\x00\x0d\x00UI")])
    left_out = scan(path).only_left_out
    assert left_out.reason is Reason.UNREADABLE
    assert "cut short" in left_out.sentence


def test_a_folder_is_left_as_it_was(tmp_path: Path) -> None:
    flair_series(tmp_path / "a")
    nifti_file(tmp_path / "x.nii.gz", sidecar={"EchoTime": 0.1})
    zip_of(tmp_path / "a", tmp_path / "a.zip")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")}
    scan(tmp_path)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")} == before


def test_progress_ends_with_every_file_counted(tmp_path: Path) -> None:
    flair_series(tmp_path, slices=7)
    (tmp_path / "note.txt").write_text("x")
    last = scan(tmp_path).progress[-1]
    assert last.files == 8
    assert last.bytes_read > 0


def test_progress_is_told_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.studies.find.PROGRESS_EVERY_S", 0.0)
    flair_series(tmp_path, slices=4)
    assert [seen.files for seen in scan(tmp_path).progress] == [1, 2, 3, 4, 4]


def test_an_empty_folder_gives_nothing_and_says_so(tmp_path: Path) -> None:
    found = scan(tmp_path)
    assert (found.studies, found.left_out, found.progress[-1].files) == ([], [], 0)


def test_a_limit_on_files_ends_the_scan_with_what_was_found(tmp_path: Path) -> None:
    flair_series(tmp_path, slices=6)
    found = scan(tmp_path, settings=replace(Settings(), limits=Limits(max_files=4)))
    assert len(found.only_series.sources) == 4
    assert found.reasons == [Reason.TOO_LARGE]


def test_images_without_a_place_or_a_size_are_counted_and_asked(tmp_path: Path) -> None:
    flair_series(tmp_path, slices=6, without=("ImagePositionPatient", "PixelSpacing"))
    only = scan(tmp_path).only_series
    assert (only.slices, only.spacing_mm) == (6, None)
    assert only.recognition.certainty is ASK


def test_frames_of_a_classic_image_that_have_no_places_are_counted(tmp_path: Path) -> None:
    path = flair_series(tmp_path, voxels=ramp((16, 12, 1)))[0]
    change_tags(path, NumberOfFrames=12, PixelData=np.zeros((12, 12, 16), np.uint16).tobytes())
    assert scan(tmp_path).only_series.slices == 12


def test_series_without_a_number_come_last_and_are_called_by_a_file(tmp_path: Path) -> None:
    flair_series(tmp_path / "a", without=("SeriesNumber",), number=3)
    lumbar_sagittal(tmp_path / "b")
    brain_series(tmp_path / "c", without=("SeriesNumber", "SeriesDescription", "ProtocolName"))
    found = scan(tmp_path)
    assert [s.facts.number for s in found.series] == [6, None]
    assert "Series" not in found.only_left_out.sentence.split(" is not read")[0]
