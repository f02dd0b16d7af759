"""An outline that is found quickly must be the very one that its plain definition gives, voxel for voxel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from appliance.measure.outline import grown_by_mm, largest_part, without_holes, worn_by_px

SPACINGS = (0.25, 0.4, 0.45, 0.57, 2 / 3, 0.8984, 0.9, 1.0, 2.0)
"""At some of them several steps are exactly as long as the margin, but for the last digit."""


def blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 14, 3))
    return ndimage.gaussian_filter(rng.random(shape), rng.uniform(0.01, 1.2)) > rng.uniform(0.3, 0.7)


def plainly_solid(mask: np.ndarray) -> np.ndarray:
    labels, count = ndimage.label(mask)
    if count > 1:
        mask = labels == np.bincount(labels.ravel(), mask.ravel()).argmax()
    filled = []
    for section in mask:
        empty, _ = ndimage.label(np.pad(~section, 1, constant_values=True))
        filled.append((empty != empty[0, 0])[1:-1, 1:-1])
    return np.stack(filled)


@pytest.mark.parametrize("seed", range(60))
def test_the_largest_part_without_holes_is_what_its_definition_says(seed: int) -> None:
    mask = blobs(seed)
    before = mask.copy()
    np.testing.assert_array_equal(without_holes(largest_part(mask)), plainly_solid(mask))
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("seed", range(60))
def test_a_mask_grows_to_where_the_distance_says(seed: int) -> None:
    mask, rng = blobs(seed), np.random.default_rng(seed)
    spacing, margin = tuple(map(float, rng.choice(SPACINGS, 2))), float(rng.choice([0.9, 1.0, 1.8, 2.0, 2.5]))
    plain = [
        ndimage.distance_transform_edt(~section, sampling=spacing) <= margin if section.any() else section
        for section in mask
    ]
    np.testing.assert_array_equal(grown_by_mm(mask, (spacing[0], spacing[1]), margin), np.stack(plain))


@pytest.mark.parametrize("seed", range(30))
def test_a_rim_is_worn_away_as_erosion_does(seed: int) -> None:
    mask = blobs(seed)
    cross = ndimage.generate_binary_structure(2, 1)[None]
    np.testing.assert_array_equal(worn_by_px(mask, 2), ndimage.binary_erosion(mask, cross, iterations=2))


def test_of_two_parts_that_are_alike_the_first_is_kept() -> None:
    mask = np.zeros((3, 5, 5), dtype=bool)
    mask[1, 1, 1:3] = mask[1, 3, 1:3] = True
    assert np.argwhere(largest_part(mask)).tolist() == [[1, 1, 1], [1, 1, 2]]


def test_a_margin_widens_within_the_slice_only() -> None:
    mask = np.zeros((3, 21, 21), dtype=bool)
    mask[1, 10, 10] = True
    wide = grown_by_mm(mask, (1.0, 1.0), 2.0)
    assert wide[1].sum() == 13
    assert not wide[[0, 2]].any()


def test_no_margin_and_an_empty_mask_are_left_as_they_are() -> None:
    mask = np.zeros((2, 4, 4), dtype=bool)
    assert not grown_by_mm(mask, (1.0, 1.0), 2.0).any()
    assert not largest_part(mask).any()
    assert not without_holes(mask).any()
    mask[1, 2, 2] = True
    np.testing.assert_array_equal(grown_by_mm(mask, (1.0, 1.0), 0.0), mask)
