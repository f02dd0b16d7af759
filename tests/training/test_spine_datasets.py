"""A set that is not as it should be is refused with a sentence, and a bad picture costs only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from spines import axial_picture, make_axial, make_masks, make_mid, save, table

from appliance.errors import NothingToRead, Unreadable
from training.datasets.spider import read_gradings, read_masked, read_mid
from training.datasets.sudirman import GRADES, note_groups, pair_weightings, read_axial

if TYPE_CHECKING:
    from pathlib import Path


def test_an_axial_folder_is_read_with_both_codings(tmp_path: Path) -> None:
    data = read_axial(make_axial(tmp_path))
    pressed = next(item for item in data.slices if item.patient == 2 and item.level == "L4/L5")
    assert (GRADES[pressed.student], GRADES[pressed.worded[0]]) == ("Serious", "Serious")
    assert len(data.slices) == 18


def test_a_broken_picture_is_left_out_and_named(tmp_path: Path) -> None:
    folder = make_axial(tmp_path)
    (folder / "images" / "T1_0003_D4.png").write_bytes(b"\x89PNG not really")
    data = read_axial(folder)
    assert len(data.slices) == 17
    assert "T1_0003_D4.png" in data.left_out[0]


def test_a_grade_that_nobody_knows_is_left_out_and_named(tmp_path: Path) -> None:
    folder = make_axial(tmp_path, patients=1)
    text = (folder / "index.csv").read_text().replace("No", "Terrible", 1)
    (folder / "index.csv").write_text(text)
    assert "Terrible" in read_axial(folder).left_out[0]


def test_without_notes_the_students_coding_stands_alone(tmp_path: Path) -> None:
    folder = make_axial(tmp_path, patients=2)
    (folder / "notes.csv").unlink()
    data = read_axial(folder)
    assert {item.worded for item in data.slices} == {(None,) * 5}


def test_no_readable_picture_at_all_is_an_error(tmp_path: Path) -> None:
    folder = make_axial(tmp_path, patients=1)
    for picture in (folder / "images").iterdir():
        picture.write_bytes(b"")
    with pytest.raises(NothingToRead):
        read_axial(folder)


def test_patients_with_the_same_words_share_a_group() -> None:
    notes = {1: "No evidence.\nNone", 2: "no evidence none", 3: "Bulge", 4: ""}
    groups = note_groups(notes, (1, 2, 3, 4, 5))
    assert groups[1] == groups[2]
    assert len({groups[k] for k in (1, 3, 4, 5)}) == 4


def test_the_same_place_in_another_weighting_is_found() -> None:
    random = np.random.default_rng(4)
    t1 = axial_picture(random, pressed=False)
    other = np.roll(axial_picture(random, pressed=True), 25, axis=1)
    name, correlation = pair_weightings(t1, {"same": 255 - t1 // 2, "other": other})
    assert name == "same"
    assert correlation > 0.5


def test_a_mask_of_another_size_is_refused_by_name(tmp_path: Path) -> None:
    folder = make_masks(tmp_path, patients=1)
    save(folder / "masks" / "1_slice2.png", np.zeros((10, 10), dtype=np.uint8))
    with pytest.raises(Unreadable, match=r"1_slice2\.png"):
        read_masked(folder)


def test_a_picture_in_place_of_a_mask_is_refused(tmp_path: Path) -> None:
    folder = make_masks(tmp_path, patients=1)
    save(folder / "masks" / "1_slice1.png", np.full((160, 128), 200, dtype=np.uint8))
    with pytest.raises(Unreadable, match="classes end at 3"):
        read_masked(folder)


def test_gradings_are_kept_by_disc_and_pfirrmann_starts_at_nought(tmp_path: Path) -> None:
    slices = read_mid(make_mid(tmp_path, patients=2))
    assert sorted(slices[0].grades) == [1, 2, 3, 4]
    assert slices[0].grades[1][0] == (1 + 1) % 5


def test_a_grading_without_a_disc_is_left_out(tmp_path: Path) -> None:
    path = make_mid(tmp_path, patients=1) / "gradings.csv"
    text = path.read_text().replace("1,4,", "1,0,")
    path.write_text(text)
    assert sorted(read_gradings(path)[1]) == [1, 2, 3]


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    table(tmp_path / "index.csv", ("file", "patient"), [("a.png", 1)])
    with pytest.raises(Unreadable, match="level"):
        read_axial(tmp_path)


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    table(tmp_path / "index.csv", ("file", "patient"), [])
    with pytest.raises(NothingToRead):
        read_masked(tmp_path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"index\.csv"):
        read_masked(tmp_path)
