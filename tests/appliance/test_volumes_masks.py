"""Masks go back onto the scan's own grid, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from builders import axial_affine, flair_series, oblique, ramp, sagittal_affine
from reading import read_nifti, read_one

from appliance.contracts import Geometry
from appliance.errors import OutputFailed
from appliance.volumes import write_mask

if TYPE_CHECKING:
    from pathlib import Path

MASK = ramp() % 3 == 0


def leaning() -> np.ndarray:
    affine = axial_affine()
    affine[1, 2] = 1.5
    return affine


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
@pytest.mark.parametrize("affine", [axial_affine(), oblique(axial_affine()), sagittal_affine()])
def test_a_mask_comes_back_on_the_grid_it_was_made_on(name: str, affine: np.ndarray, tmp_path: Path) -> None:
    write_mask(tmp_path / name, MASK, Geometry(affine, MASK.shape))
    image = nib.load(tmp_path / name)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), MASK)
    assert image.get_data_dtype() == np.uint8
    for found, code in (image.header.get_sform(coded=True), image.header.get_qform(coded=True)):
        np.testing.assert_allclose(found, affine, atol=1e-5)
        assert code == 1
    assert image.header.get_xyzt_units()[0] == "mm"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_leaning_grid_is_written_with_no_qform_that_would_straighten_it(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.nii.gz", MASK, Geometry(leaning(), MASK.shape))
    image = nib.load(tmp_path / "mask.nii.gz")
    np.testing.assert_allclose(image.affine, leaning(), atol=1e-5)
    assert image.header.get_qform(coded=True) == (None, 0)


def test_a_mask_of_a_dicom_series_overlays_the_same_series_converted_by_dcm2niix(tmp_path: Path) -> None:
    paths = flair_series(tmp_path / "scan", affine=oblique(axial_affine()))
    volume = read_one(paths)
    write_mask(tmp_path / "mask.nii", volume.voxels > 300, volume.geometry)
    command = [sys.executable, "-m", "dcm2niix", "-b", "n", "-f", "scan", "-o", str(tmp_path), str(tmp_path / "scan")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    scan, mask = (nib.as_closest_canonical(nib.load(tmp_path / f"{name}.nii")) for name in ("scan", "mask"))
    np.testing.assert_allclose(mask.affine, scan.affine, atol=1e-3)
    np.testing.assert_array_equal(np.asanyarray(mask.dataobj), np.asanyarray(scan.dataobj) > 300)


@pytest.mark.parametrize("most", [256, 301])
def test_labels_are_kept_and_read_back(most: int, tmp_path: Path) -> None:
    labels = ramp() % most
    write_mask(tmp_path / "labels.nii.gz", labels, Geometry(axial_affine(), labels.shape))
    (volume,) = read_nifti(tmp_path / "labels.nii.gz")
    np.testing.assert_array_equal(volume.voxels, labels)
    assert volume.warnings == ()


def test_the_same_mask_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.nii.gz", "two.nii.gz"):
        write_mask(tmp_path / name, MASK, Geometry(axial_affine(), MASK.shape))
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "two.nii.gz").read_bytes()


@pytest.mark.parametrize("mask", [MASK[:-1], ramp() * 1000, ramp() - 50])
def test_what_is_no_mask_of_this_grid_is_a_mistake_of_ours(mask: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"grid|labels"):
        write_mask(tmp_path / "mask.nii", mask, Geometry(axial_affine(), MASK.shape))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_mask_and_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mask.nii.gz"
    path.write_bytes(b"the old one")

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFailed, match=r"mask\.nii\.gz could not be written \(No space left on device\)"):
        write_mask(path, MASK, Geometry(axial_affine(), MASK.shape))
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed):
        write_mask(tmp_path / "nowhere" / "mask.nii", MASK, Geometry(axial_affine(), MASK.shape))


def test_a_mask_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "mask.nii"
    write_mask(path, ~MASK, Geometry(axial_affine(), MASK.shape))
    shutil.copy(path, tmp_path / "before.nii")
    write_mask(path, MASK, Geometry(axial_affine(), MASK.shape))
    np.testing.assert_array_equal(read_nifti(path)[0].voxels, MASK)
