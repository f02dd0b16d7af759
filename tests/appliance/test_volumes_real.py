"""Real FLAIR, written as DICOM and read back: the same voxels at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from builders import flair_series
from reading import assert_same_grid_and_values, read_nifti, read_one
from standing_places import REAL_SCANS

from appliance.sample.scan_spec import Layout, SliceOrder, Storage, Syntax

if TYPE_CHECKING:
    from pathlib import Path

BRAIN = REAL_SCANS / "brain"
EVERY = sorted(path.relative_to(BRAIN).as_posix() for path in BRAIN.rglob("*flair*.nii.gz"))
TWO_AND_A_THIN_ONE = [
    "mslesseg/P14_T1/flair.nii.gz",
    "tabriz/sub-101228/flair.nii.gz",
    "tabriz/sub-102313/flair.nii.gz",
]
SYNTAXES = [Syntax.EXPLICIT, Syntax.JPEG_LOSSLESS_SV1, Syntax.JPEG_LS, Syntax.JPEG_2000_LOSSLESS]
SIXTEEN_BITS = Storage(bits_stored=16, signed=True)


def there_and_back(scan: Path, folder: Path, **spec: object) -> None:
    image = nib.load(scan)
    voxels = np.asanyarray(image.dataobj)
    paths = flair_series(folder, voxels=voxels, affine=image.affine, storage=SIXTEEN_BITS, **spec)
    volume = read_one(sorted(paths))
    assert volume.voxels.dtype.kind == "i"
    assert_same_grid_and_values(volume, voxels, image.affine)
    (direct,) = read_nifti(scan)
    assert_same_grid_and_values(direct, voxels, image.affine)


@pytest.mark.parametrize("scan", TWO_AND_A_THIN_ONE)
def test_a_real_scan_survives_as_dicom(scan: str, shared_data: Path, tmp_path: Path) -> None:
    layout = Layout.ENHANCED if scan.startswith("mslesseg") else Layout.CLASSIC
    there_and_back(shared_data / "brain" / scan, tmp_path, layout=layout, order=SliceOrder.INTERLEAVED)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_real_scan_survives_every_way_to_pack_it(syntax: Syntax, shared_data: Path, tmp_path: Path) -> None:
    scan = shared_data / "brain" / TWO_AND_A_THIN_ONE[1]
    there_and_back(scan, tmp_path, layout=Layout.ENHANCED, syntax=syntax)


def test_the_slow_tier_reads_every_real_scan(shared_data: Path) -> None:
    assert len(EVERY) >= 28
    assert set(TWO_AND_A_THIN_ONE) <= set(EVERY)
    assert sum(scan.startswith("tabriz/") for scan in EVERY) == 10


@pytest.mark.slow
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("scan", EVERY)
def test_every_real_scan_survives_as_dicom(scan: str, layout: Layout, shared_data: Path, tmp_path: Path) -> None:
    syntax = SYNTAXES[EVERY.index(scan) % len(SYNTAXES)]
    there_and_back(shared_data / "brain" / scan, tmp_path, layout=layout, syntax=syntax, order=SliceOrder.SHUFFLED)
