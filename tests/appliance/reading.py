"""What the tests of reading share: a series made of files without the folder's recognition, and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

from appliance.contracts import (
    Certainty,
    FileFormat,
    PatientFacts,
    Recognition,
    Series,
    SeriesFacts,
    Source,
    Study,
    StudyFacts,
    Volume,
)
from appliance.errors import OutpostError, Refused
from appliance.settings import Settings
from appliance.volumes import read_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from appliance.contracts import Kind

STUDY = Study("key", PatientFacts(name="Sample^Nobody", age_years=45.0), StudyFacts(accession="A0001"), ())


def as_series(
    paths: Iterable[Path], *, kind: Kind | None = None, file_format: FileFormat = FileFormat.DICOM, member: str = ""
) -> Series:
    """Take files for one series, whatever their headers say they are."""
    return Series(
        sources=tuple(Source(path, member) for path in paths),
        file_format=file_format,
        facts=SeriesFacts(number=4, description="sample"),
        recognition=Recognition(kind, Certainty.TOLD, "the test says so"),
        rows=0,
        columns=0,
        slices=0,
    )


def read(paths: Iterable[Path], settings: Settings | None = None, *, kind: Kind | None = None) -> tuple[Volume, ...]:
    return read_volumes(STUDY, as_series(paths, kind=kind), settings or Settings())


def read_one(paths: Iterable[Path], settings: Settings | None = None, *, kind: Kind | None = None) -> Volume:
    (volume,) = read(paths, settings, kind=kind)
    return volume


def refusal(paths: Iterable[Path], kind: type[OutpostError] = Refused) -> Refused:
    """Return what reading ends with: always a reason, and always what to do."""
    with pytest.raises(kind) as caught:
        read(paths)
    assert isinstance(caught.value, Refused)
    assert caught.value.advice
    return caught.value


def read_nifti(path: Path, settings: Settings | None = None, *, member: str = "") -> tuple[Volume, ...]:
    series = as_series([path], file_format=FileFormat.NIFTI, member=member)
    return read_volumes(STUDY, series, settings or Settings())


def canonical(voxels: NDArray[Any], affine: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Bring a volume to the axes nearest to right, anterior, superior, without resampling."""
    image = nib.as_closest_canonical(nib.Nifti1Image(np.asarray(voxels), affine))
    return np.asanyarray(image.dataobj), image.affine


def assert_same_grid_and_values(
    volume: Volume, voxels: NDArray[Any], affine: NDArray[np.float64], *, tolerance_mm: float = 1e-3
) -> None:
    """Integers must be identical; scaled values may differ by single precision's rounding."""
    ours, our_affine = canonical(volume.voxels, volume.geometry.affine)
    theirs, their_affine = canonical(voxels, affine)
    np.testing.assert_allclose(our_affine, their_affine, rtol=0, atol=tolerance_mm)
    if ours.dtype.kind in "iu" and theirs.dtype.kind in "iu":
        np.testing.assert_array_equal(ours, theirs)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5 * float(np.abs(theirs).max()))
