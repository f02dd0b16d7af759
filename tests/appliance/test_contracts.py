"""The shared types keep what they promise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from appliance.contracts import Geometry, Reason, Source


def geometry(*, shift_mm: float = 0.0, shape: tuple[int, int, int] = (10, 20, 30)) -> Geometry:
    affine = np.diag([-0.9, 0.8, 6.0, 1.0])
    affine[0, 3] = shift_mm
    return Geometry(affine, shape)


def test_spacing_and_volume_come_from_the_affine_whatever_its_handedness() -> None:
    assert geometry().spacing_mm == pytest.approx((0.9, 0.8, 6.0))
    assert geometry().voxel_ml == pytest.approx(0.9 * 0.8 * 6.0 / 1000)


def test_a_sheared_grid_has_the_volume_of_its_parallelepiped() -> None:
    affine = np.eye(4)
    affine[0, 2] = 5.0
    assert Geometry(affine, (2, 2, 2)).voxel_ml == pytest.approx(0.001)


def test_grids_that_differ_in_place_or_size_do_not_match() -> None:
    assert geometry().matches(geometry(shift_mm=0.0005))
    assert not geometry().matches(geometry(shift_mm=0.5))
    assert not geometry().matches(geometry(shape=(10, 20, 31)))


def test_a_drift_that_only_shows_at_the_far_corner_is_seen() -> None:
    drifting = geometry().affine.copy()
    drifting[2, 2] += 0.0001
    assert not geometry().matches(Geometry(drifting, (10, 20, 30)))


def test_what_was_never_meant_to_be_read_is_no_fault() -> None:
    assert not Reason.LOCALIZER.is_fault
    assert Reason.MISSING_SLICES.is_fault
    assert Reason.UNREADABLE.is_fault


@pytest.mark.parametrize(
    ("source", "text", "name"),
    [
        (Source(Path("cd/IM0001")), str(Path("cd/IM0001")), "IM0001"),
        (Source(Path("cd.zip"), "a/b.dcm"), "cd.zip::a/b.dcm", "b.dcm"),
        (Source(Path("cd.zip"), "a\\b.dcm"), "cd.zip::a\\b.dcm", "b.dcm"),
    ],
)
def test_a_file_in_a_zip_is_named_by_both(source: Source, text: str, name: str) -> None:
    assert (str(source), source.name) == (text, name)


def test_contracts_cannot_be_changed_after_the_fact() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Source(Path("a")).member = "b"  # type: ignore[misc]
