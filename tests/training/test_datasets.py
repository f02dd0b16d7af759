"""Data sets whose files are missing, mixed up, or laid out as their publishers do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from brains import save, write_patient

from appliance.errors import BadGeometry, Misuse, NothingToRead, Unreadable
from training.datasets.case import load, read_itk_affine
from training.datasets.collections import find_all, find_cases
from training.datasets.local import find_ljubljana, find_plain, with_population
from training.quality_control import contact_sheet, outliers, statistics

if TYPE_CHECKING:
    from pathlib import Path

GRID = np.diag([1.0, 1.0, 3.0, 1.0])


def scan_of(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(1, 100, (8, 9, 4)).astype(np.float32)


def mask_of(*values: int) -> np.ndarray:
    made = np.zeros((8, 9, 4), dtype=np.uint8)
    for place, value in enumerate(values):
        made[place + 1, 2:5, 1:3] = value
    return made


def test_a_mask_on_another_grid_is_refused_by_name(tmp_path: Path) -> None:
    home = write_patient(tmp_path / "sub-1", 0)
    save(np.zeros((48, 56, 9), np.uint8), GRID, home / "lesion.nii.gz")
    with pytest.raises(BadGeometry, match=r"lesion\.nii\.gz"):
        load(find_plain(tmp_path, "made")[0])


def test_a_mask_of_the_same_size_elsewhere_is_refused(tmp_path: Path) -> None:
    home = write_patient(tmp_path / "sub-1", 0)
    moved = np.diag([4.0, 4.0, 7.0, 1.0])
    moved[0, 3] = 40.0
    save(np.zeros((48, 56, 10), np.uint8), moved, home / "lesion.nii.gz")
    with pytest.raises(BadGeometry):
        load(find_plain(tmp_path, "made")[0])


def test_nan_in_a_scan_is_refused(tmp_path: Path) -> None:
    broken = scan_of()
    broken[2, 2, 2] = np.nan
    save(broken, GRID, tmp_path / "sub-1" / "flair.nii.gz")
    with pytest.raises(Unreadable, match="NaN"):
        load(find_plain(tmp_path, "made")[0])


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub-1").mkdir()
    (tmp_path / "sub-1" / "flair.nii.gz").write_bytes(b"no image")
    with pytest.raises(Unreadable, match=r"flair\.nii\.gz"):
        load(find_plain(tmp_path, "made")[0])


def test_four_axes_are_refused(tmp_path: Path) -> None:
    save(np.zeros((3, 4, 5, 2), np.float32), GRID, tmp_path / "sub-1" / "flair.nii.gz")
    with pytest.raises(BadGeometry, match="4 axes"):
        load(find_plain(tmp_path, "made")[0])


def test_what_is_not_labelled_is_none_and_not_empty(tmp_path: Path) -> None:
    write_patient(tmp_path / "sub-1", 0, ventricles=False)
    scan = load(find_plain(tmp_path, "made")[0])
    assert scan.ventricle is None
    assert scan.brain is None
    assert scan.lesion is not None
    assert scan.lesion.any()


def test_the_slice_with_filled_ventricles_is_left_out(tmp_path: Path) -> None:
    write_patient(tmp_path / "P39_T1", 0)
    case = find_plain(tmp_path, "mslesseg")[0]
    assert case.patient == "P39"
    assert case.untrusted_slices == (101,)
    kept = load(replace(case, untrusted_slices=(3,))).trusted
    assert np.flatnonzero(~kept).tolist() == [3]


def test_a_brain_mask_is_carried_along_its_transform(tmp_path: Path) -> None:
    home = tmp_path / "patient01"
    save(scan_of(), GRID, home / "study1_flair.nii.gz")
    common = np.zeros((8, 9, 4), dtype=np.uint8)
    common[3, 4, 2] = 1
    save(common, GRID, home / "brain_common.nii.gz")
    # A point of the common space lies 1 mm further right (LPS −x) and 3 mm lower in the study's space.
    (home / "study1_to_common.txt").write_text(
        "#Insight Transform File V1.0\nTransform: Affine\n"
        "Parameters: 1 0 0 0 1 0 0 0 1 -1 0 -3\nFixedParameters: 5 6 7\n",
        encoding="ascii",
    )
    scan = load(find_ljubljana(tmp_path, "ljubljana")[0])
    assert np.argwhere(scan.brain).tolist() == [[4, 4, 1]]


def test_a_file_that_is_no_transform_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("Parameters: 1 2\n", encoding="ascii")
    with pytest.raises(Unreadable, match=r"t\.txt"):
        read_itk_affine(tmp_path / "t.txt")


def test_age_and_sex_come_from_the_population_table(tmp_path: Path) -> None:
    write_patient(tmp_path / "sub-7", 0)
    write_patient(tmp_path / "sub-8", 1)
    (tmp_path / "table.csv").write_text("PatientID,PatientAge,PatientSex\n7,44.0,1\n", encoding="utf-8")
    known, unknown = with_population(find_plain(tmp_path, "made"), tmp_path / "table.csv")
    assert (known.age_years, known.sex) == (44.0, "1")
    assert (unknown.age_years, unknown.sex) == (None, None)


def test_the_published_mslesseg_layout_is_read(tmp_path: Path) -> None:
    for place in ("train/P1/T1/P1_T1", "train/P1/T2/P1_T2", "test/P54/P54"):
        save(scan_of(), GRID, tmp_path / f"{place}_FLAIR.nii.gz")
        save(mask_of(1), GRID, tmp_path / f"{place}_MASK.nii.gz")
        save(scan_of(), GRID, tmp_path / f"{place}_T1.nii.gz")
    cases = find_cases(tmp_path, "published-mslesseg", "mslesseg")
    assert [(case.patient, case.name) for case in cases] == [("P54", "P54"), ("P1", "P1_T1"), ("P1", "P1_T2")]
    assert load(cases[0]).lesion.sum() == 6


def test_the_published_msseg2016_layout_is_read(tmp_path: Path) -> None:
    home = tmp_path / "Training" / "Center_01" / "Patient_02"
    save(scan_of(), GRID, home / "Preprocessed_Data" / "FLAIR_preprocessed.nii.gz")
    save(scan_of(), GRID, home / "Raw_Data" / "FLAIR.nii.gz")
    save(mask_of(1), GRID, home / "Masks" / "Consensus.nii.gz")
    save(mask_of(1, 1), GRID, home / "Masks" / "Brain_Mask.nii.gz")
    (case,) = find_cases(tmp_path, "published-msseg2016")
    scan = load(case)
    assert case.patient == "Center_01_Patient_02"
    assert (scan.lesion.sum(), scan.brain.sum()) == (6, 12)


def test_the_published_wmh2017_layout_is_read_and_other_pathology_is_no_lesion(tmp_path: Path) -> None:
    for site, subject, kind in (("Utrecht", "0", "pre"), ("Amsterdam/GE3T", "100", "orig")):
        save(scan_of(), GRID, tmp_path / "public" / site / subject / kind / "FLAIR.nii.gz")
        save(mask_of(1, 2), GRID, tmp_path / "public" / site / subject / "wmh.nii.gz")
    save(scan_of(), GRID, tmp_path / "public" / "Utrecht" / "0" / "orig" / "FLAIR.nii.gz")
    cases = find_cases(tmp_path, "published-wmh2017")
    assert len({case.patient for case in cases}) == len(cases) == 2
    assert [load(case).lesion.sum() for case in cases] == [6, 6]
    assert [case.flair.parent.name for case in cases] == ["orig", "pre"]


def test_the_published_ms3seg_layout_gives_two_masks_out_of_one(tmp_path: Path) -> None:
    home = tmp_path / "patient_001"
    save(scan_of(), GRID, home / "001_FLAIR_preprocessed.nii.gz")
    save(mask_of(1, 2, 3, 3), GRID, home / "001_mask.nii.gz")
    (case,) = find_cases(tmp_path, "published-ms3seg")
    scan = load(case)
    assert (scan.ventricle.sum(), scan.lesion.sum()) == (6, 12)


def test_a_folder_without_scans_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead):
        find_cases(tmp_path, "plain")
    with pytest.raises(NothingToRead):
        find_cases(tmp_path / "missing", "plain")
    with pytest.raises(NothingToRead):
        find_all(tmp_path)
    with pytest.raises(Misuse, match="plain"):
        find_cases(tmp_path, "bids")


def test_a_scan_that_stands_out_is_named(tmp_path: Path) -> None:
    for number in range(5):
        write_patient(tmp_path / f"sub-{number}", number)
    home = write_patient(tmp_path / "sub-9", 9, spacing=(4.0, 4.0, 7.0))
    save(scan_of() * 500, GRID, home / "flair.nii.gz")
    for mask in ("lesion", "ventricle"):
        (home / f"{mask}.nii.gz").unlink()
    rows = [statistics(case) for case in find_plain(tmp_path, "made")]
    assert {one.case for one in outliers(rows) if one.figure == "median"} == {"made/sub-9"}
    assert rows[0].lesion_ml > 0
    assert rows[-1].lesion_ml is None


def test_the_contact_sheet_is_drawn(tmp_path: Path) -> None:
    write_patient(tmp_path / "sub-1", 0)
    contact_sheet(find_plain(tmp_path, "made"), tmp_path / "runs" / "sheet.png")
    assert (tmp_path / "runs" / "sheet.png").stat().st_size > 2000


def test_the_real_sets_are_all_found_and_sound(shared_data: Path) -> None:
    found = find_all(shared_data / "brain")
    assert {name: len(cases) for name, cases in found.items()} == {
        "tabriz": 10, "tabriz_unlabelled": 5, "mslesseg": 3, "ljubljana_longitudinal": 7, "glioma_tcga": 3,
    }  # fmt: skip
    assert found["tabriz"][0].age_years == 44.0
    brain = load(next(case for case in found["ljubljana_longitudinal"] if case.name == "patient01_study1")).brain
    assert 0.05 < brain.mean() < 0.3
