"""The sample clinic must be what it tells of itself, and must never touch what is somebody else's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from appliance.contracts import LeftOut
from appliance.errors import Misuse, OutputFailed
from appliance.sample.clinic import SampleClinic, make_clinic
from appliance.sample.clinic_visits import a_lost_slice, an_old_stick
from appliance.settings import Settings
from appliance.stock import SeriesChecked, StudyChecked, take_stock

if TYPE_CHECKING:
    from pathlib import Path

QUICK = {"visits": (an_old_stick, a_lost_slice), "coarseness": 8}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> SampleClinic:
    return make_clinic(tmp_path_factory.mktemp("a stick") / "clinic", coarseness=4)


def bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def outcome(checked: SeriesChecked) -> tuple[Path, str]:
    """Say which file was read as what, or why it was not."""
    if checked.refused is not None:
        return checked.series.sources[0].path, str(checked.refused.reason)
    return checked.series.sources[0].path, str(checked.series.recognition.kind)


def test_a_reader_finds_other_scans_than_the_clinic_tells_of(clinic: SampleClinic) -> None:
    told = {(clinic.folder / series.path, series.expected) for study in clinic.studies for series in study.series}
    found = set()
    for event in take_stock(clinic.scans, Settings(), told=None, decode=True):
        if isinstance(event, LeftOut):
            found.add((event.source.path, str(event.reason)))
        elif isinstance(event, StudyChecked):
            found |= {outcome(checked) for checked in event.series}
    assert {word for _, word in found} == {word for _, word in told}
    for path, word in told:
        assert any(path in (file, *file.parents) for file, what in found if what == word), (path, word)


def test_masks_do_not_lie_on_their_scans(clinic: SampleClinic) -> None:
    masks = [(clinic.folder / series.path, dict(series.masks)) for study in clinic.studies for series in study.series]
    nifti, told = next((path, shown) for path, shown in masks if path.suffix == ".gz")
    scan, lesions = nib.load(nifti), nib.load(clinic.folder / told["lesions"])
    assert scan.shape == lesions.shape
    assert np.allclose(scan.affine, lesions.affine)
    bright = np.asarray(scan.dataobj)[np.asarray(lesions.dataobj) > 0]
    assert np.median(bright) > 1100
    assert sum(len(shown) for _, shown in masks) == 5 * 3 + 2 + 3


def test_the_two_visits_tell_no_change(clinic: SampleClinic) -> None:
    first, second = (study for study in clinic.studies if study.patient_id == "SAMPLE-01")
    changes = [lesion.change for lesion in second.series[0].lesions]
    assert {lesion.change for lesion in first.series[0].lesions} == {""}
    assert changes.count("new") == 3
    assert changes.count("enlarged") == 3
    assert len(changes) == len(first.series[0].lesions) + 3 - 2


def test_a_second_run_makes_it_again_or_tells_otherwise(clinic: SampleClinic) -> None:
    before = {path: path.stat().st_mtime_ns for path in clinic.folder.rglob("*")}
    again = make_clinic(clinic.folder, coarseness=4)
    assert again.studies == clinic.studies
    assert {path: path.stat().st_mtime_ns for path in clinic.folder.rglob("*")} == before


def test_the_same_seed_writes_other_bytes(tmp_path: Path) -> None:
    one, two = (make_clinic(tmp_path / name, **QUICK) for name in ("one", "two"))
    assert bytes_of(one.folder) == bytes_of(two.folder)
    other = make_clinic(tmp_path / "other", seed=7, visits=(an_old_stick,))
    same_name = "scans/old stick/IM004001"
    assert bytes_of(other.folder)[same_name] != bytes_of(one.folder)[same_name]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_clinic_is_made_of_other_bytes_the_second_time(tmp_path: Path) -> None:
    one, two = (make_clinic(tmp_path / name) for name in ("one", "two"))
    assert bytes_of(one.folder) == bytes_of(two.folder)


def test_somebodys_files_are_overwritten(tmp_path: Path) -> None:
    theirs = tmp_path / "holiday" / "photo.jpg"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    with pytest.raises(Misuse, match="holiday is not empty"):
        make_clinic(theirs.parent)
    assert bytes_of(tmp_path) == {"holiday/photo.jpg": hashlib.sha256(b"theirs").hexdigest()}


def test_a_file_of_that_name_is_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "clinic").write_text("mine")
    with pytest.raises(Misuse):
        make_clinic(tmp_path / "clinic")
    assert (tmp_path / "clinic").read_text() == "mine"


@pytest.mark.parametrize("damage", ["lost file", "other truth", "no truth", "no list"])
def test_a_damaged_clinic_is_taken_for_a_whole_one(tmp_path: Path, damage: str) -> None:
    made = make_clinic(tmp_path / "clinic", visits=(an_old_stick,), coarseness=8)
    truth = made.truth / "truth.json"
    if damage == "lost file":
        (made.scans / "old stick" / "notes.txt").unlink()
    elif damage == "other truth":
        truth.write_text(truth.read_text(encoding="utf-8").replace('"seed": 2025', '"seed": 1'), encoding="utf-8")
    elif damage == "no list":
        truth.write_text("[]", encoding="utf-8")
    else:
        truth.unlink()
    with pytest.raises(Misuse):
        make_clinic(made.folder, visits=(an_old_stick,))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clinic").mkdir()
    made = make_clinic(tmp_path / "clinic", visits=(an_old_stick,), coarseness=8)
    assert made.scans.is_dir()


def test_a_disk_that_cannot_be_written_leaves_a_traceback_or_rubbish(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputFailed, match="could not be written"):
        make_clinic(tmp_path / "file" / "clinic", visits=(an_old_stick,))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_visit_that_fails_leaves_half_a_clinic(tmp_path: Path) -> None:
    def fails(_site: object) -> tuple:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputFailed, match="No space left"):
        make_clinic(tmp_path / "clinic", visits=(an_old_stick, fails), coarseness=8)
    assert list(tmp_path.iterdir()) == []
