"""RSNA 2024's layout is read, trained on and measured by one call, with its missing grades."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from spines import table

from appliance.errors import Unreadable
from appliance.sample.dicom_writer import write_series
from appliance.sample.scan_spec import FileNames, Protocol, SeriesSpec
from training.datasets.rsna2024 import CONDITIONS, LEVELS, read_image, read_rsna
from training.spine.checkpoints import load_network
from training.spine.dicom_png import export_folder
from training.spine.train_rsna import RsnaPlan, collect
from training.spine.train_rsna import run as run_rsna

if TYPE_CHECKING:
    from pathlib import Path


def spine_series(folder: Path, protocol: Protocol, slices: int = 3) -> list[Path]:
    voxels = np.random.default_rng(0).integers(0, 900, (96, 96, slices)).astype(np.float32)
    affine = np.diag([0.7, 0.7, 4.0, 1.0])
    return write_series(folder, voxels, affine, spec=SeriesSpec(protocol=protocol, file_names=FileNames.DCM))


def make_rsna(folder: Path, studies: int = 4) -> Path:
    """RSNA 2024's layout: axial T2 and sagittal T2 for every study, coordinates for two levels."""
    described, coordinates, grades = [], [], []
    for study in range(100, 100 + studies):
        for series, protocol, words in (
            (1, Protocol.SPINE_T2_AXIAL, "Axial T2"),
            (2, Protocol.SPINE_T2_SAGITTAL, "Sagittal T2/STIR"),
        ):
            place = folder / "train_images" / str(study) / str(series)
            for number, path in enumerate(spine_series(place, protocol), start=1):
                path.rename(place / f"{number}.dcm")
            described.append((study, series, words))
        for level, number in (("L4/L5", 1), ("L5/S1", 2)):
            coordinates.append((study, 1, number, "Left Subarticular Stenosis", level, 40.0, 50.0))
            coordinates.append((study, 1, number, "Right Subarticular Stenosis", level, 56.0, 50.0))
            coordinates.append((study, 2, number, "Spinal Canal Stenosis", level, 48.0, 30.0))
        severe = "Severe" if study % 2 else "Normal/Mild"
        grades.append((study, *(severe if k % 5 == 3 else "" if k % 5 == 0 else "Moderate" for k in range(25))))
    columns = [f"{c}_{level.lower().replace('/', '_')}" for c in CONDITIONS for level in LEVELS]
    table(folder / "train.csv", ("study_id", *columns), grades)
    table(folder / "train_series_descriptions.csv", ("study_id", "series_id", "series_description"), described)
    where = ("study_id", "series_id", "instance_number", "condition", "level", "x", "y")
    table(folder / "train_label_coordinates.csv", where, coordinates)
    return folder


def test_the_rsna_layout_is_read_with_its_missing_grades(tmp_path: Path) -> None:
    levels = read_rsna(make_rsna(tmp_path, studies=2))
    assert len(levels) == 2 * 5
    lowest = next(level for level in levels if (level.study, level.level) == (101, "L4/L5"))
    assert lowest.grades[0] == 2
    assert next(level for level in levels if level.level == "L1/L2").grades == (None,) * 5
    assert [place.series for place in lowest.places] == ["Axial T2", "Axial T2", "Sagittal T2/STIR"]
    pixels, spacing = read_image(lowest.places[0].path)
    assert pixels.shape == (96, 96)
    assert spacing == pytest.approx((0.7, 0.7))


def test_the_rsna_set_is_trained_and_measured_by_one_call_and_a_broken_image_costs_only_itself(tmp_path: Path) -> None:
    data = make_rsna(tmp_path / "set")
    broken = data / "train_images" / "100" / "1" / "1.dcm"
    broken.write_bytes(b"not an image")
    plan = RsnaPlan(epochs=1, batch=4, folds=2)
    losses = run_rsna(data, tmp_path / "work", tmp_path / "results", plan)
    assert set(losses) == {"canal", "foramen", "subarticular", "any_severe_canal", "score"}
    record = json.loads((tmp_path / "results" / "run.json").read_text())
    assert len(record["metrics"]["left_out"]) == 1
    assert record["metrics"]["weighted_log_loss"]["score"] == pytest.approx(losses["score"])
    assert load_network(tmp_path / "work" / "grader.safetensors")[0] == "grader"


def test_a_level_seen_from_one_side_only_is_its_own_second_view(tmp_path: Path) -> None:
    data = make_rsna(tmp_path, studies=1)
    (data / "train_images" / "100" / "1" / "1.dcm").unlink()
    views, left_out = collect(read_rsna(data))
    assert [view.axial is None for view in views] == [True, False]
    assert len(left_out) == 1


@pytest.mark.parametrize(("old", "new"), [("Severe", "Dreadful"), ("Spinal Canal", "Spinal Tap")])
def test_rsna_words_that_nobody_knows_are_refused(tmp_path: Path, old: str, new: str) -> None:
    data = make_rsna(tmp_path, studies=2)
    for name in ("train.csv", "train_label_coordinates.csv"):
        (data / name).write_text((data / name).read_text().replace(old, new))
    with pytest.raises(Unreadable, match=new):
        read_rsna(data)


def test_dicom_becomes_png_and_what_does_not_is_listed(tmp_path: Path) -> None:
    paths = spine_series(tmp_path / "in" / "series", Protocol.SPINE_T2_AXIAL, slices=2)
    (tmp_path / "in" / "broken.dcm").write_bytes(paths[0].read_bytes()[:900])
    (tmp_path / "in" / "letter.txt").write_text("Dear doctor")
    done = list(export_folder(tmp_path / "in", tmp_path / "out"))
    assert sorted(item.source.name for item in done if item.why_not) == ["broken.dcm", "letter.txt"]
    pictures = [path for item in done for path in item.pictures]
    assert sorted(pictures) == sorted((tmp_path / "out").rglob("*.*"))
    assert {path.parent.name for path in pictures} == {"series"}
    with Image.open(pictures[0]) as picture:
        assert (picture.mode, picture.size, np.asarray(picture).max()) == ("L", (96, 96), 255)
