"""The brain that is kept for a later study must be the one of the plain definition, wherever it lies in the scan."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from appliance.contracts import Geometry
from appliance.measure.grid import bounding_box, grown
from appliance.results.follow_up import RIM_MM, TYPICAL, follow_up_file

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (20, 24, 9)
SPACING = (1.5, 1.2, 4.0)


def a_reading(first: tuple[int, int, int], last: tuple[int, int, int]) -> SimpleNamespace:
    brain = np.zeros(SHAPE, dtype=bool)
    brain[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))] = True
    voxels = np.random.default_rng(1).uniform(50, 150, SHAPE).astype(np.float32)
    geometry = Geometry(np.diag([*SPACING, 1.0]), SHAPE)
    return SimpleNamespace(
        volume=SimpleNamespace(voxels=voxels, geometry=geometry), brain=brain, ventricle=np.zeros_like(brain)
    )


@pytest.mark.parametrize(
    ("first", "last"), [((8, 9, 3), (11, 14, 5)), ((0, 0, 0), (3, 5, 1)), ((17, 20, 7), (19, 23, 8))]
)
def test_the_rim_is_that_of_the_whole_scan_though_only_a_box_is_looked_at(
    first: tuple[int, int, int], last: tuple[int, int, int], tmp_path: Path
) -> None:
    reading = a_reading(first, last)
    plain = reading.brain
    for axis, mm in enumerate(SPACING):
        for _ in range(int(RIM_MM / mm)):
            plain = grown(plain, (axis,))
    (tmp_path / "kept.nii.gz").write_bytes(follow_up_file(reading))
    image = nib.load(tmp_path / "kept.nii.gz")
    box = bounding_box(plain)
    np.testing.assert_array_equal(np.asarray(image.dataobj) > 0, plain[box])
    np.testing.assert_allclose(image.affine[:3, 3], [span.start * mm for span, mm in zip(box, SPACING, strict=True)])
    scaled = reading.volume.voxels * np.float32(TYPICAL / np.median(reading.volume.voxels[reading.brain]))
    expected = np.where(plain, np.clip(np.rint(scaled), 1, 255), 0)[box]
    np.testing.assert_allclose(np.asarray(image.dataobj), expected, atol=1)
