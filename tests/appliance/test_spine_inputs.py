"""What a spine network sees must be the same in training and in the clinic, whatever the slice's size."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.measure_spine import DISC, Disc
from appliance.spine_inputs import (
    CROP,
    DISC_FACTS,
    PATCH,
    SAGITTAL,
    SpineCropInput,
    at_spacing,
    averaged,
    axial_crop,
    disc_facts,
    disc_inputs,
    disc_patches,
    from_locator,
    locator_input,
    sagittal_input,
    sagittal_labels_back,
    standardised,
    to_locator,
    window,
)

RANDOM = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return (RANDOM.random(shape) * 200).astype(np.float32)


@pytest.mark.parametrize("level", [0, 255])
def test_an_image_of_one_grey_value_gives_zeros_and_no_warning(level: int) -> None:
    flat = np.full((60, 70), level, dtype=np.uint8)
    assert not standardised(flat).any()
    assert not disc_patches(flat.astype(np.float32), Disc(1, (30, 30), (0, 1), 20, 4, 80)).any()


def test_brightness_of_the_scanner_does_not_matter() -> None:
    image = noise(50, 50)
    assert np.allclose(standardised(image), standardised(image * 7), atol=1e-4)


@pytest.mark.parametrize("shape", [(240, 240), (320, 320), (251, 180), (90, 400)])
def test_a_place_in_the_locators_input_is_found_again_in_the_slice(shape: tuple[int, int]) -> None:
    row, column = shape[0] // 2 + 10, shape[1] // 2 - 12
    rows, columns = np.indices(shape)
    image = (1000 - np.hypot(rows - row, columns - column)).astype(np.float32)
    brightest = locator_input(image)
    seen = tuple(float(place) for place in np.argwhere(brightest == brightest.max()).mean(axis=0))
    found = from_locator((seen[0], seen[1]), shape)
    assert np.hypot(found[0] - row, found[1] - column) <= 3
    assert to_locator(found, shape) == pytest.approx(seen)


def test_coarse_pixels_are_resampled_and_right_ones_are_left_alone() -> None:
    image = noise(100, 80)
    assert at_spacing(image, (1.375, 0.6875), 0.6875).shape == (200, 80)
    assert np.array_equal(at_spacing(image, (0.6875, 0.6880), 0.6875), image)


def test_a_window_over_the_edge_is_filled_with_the_edge() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    cut = window(image, (0, 0), (4, 4))
    assert cut.shape == (4, 4)
    assert cut[0, 0] == image[0, 0]
    assert cut[-1, -1] == image[1, 1]


def test_the_crop_has_its_size_even_at_the_corner() -> None:
    assert axial_crop(noise(60, 60), (2.0, 58.0)).shape == (CROP.rows, CROP.columns)
    assert axial_crop(noise(60, 60), (30.0, 30.0), SpineCropInput(rows=16, columns=8), margin=3).shape == (22, 14)


@pytest.mark.parametrize("shape", [(384, 307), (237, 480), (512, 512), (50, 30)])
def test_labels_come_back_on_the_slices_own_grid(shape: tuple[int, int]) -> None:
    prepared = sagittal_input(noise(*shape))
    assert all(side % SAGITTAL.multiple == 0 for side in prepared.shape)
    scale = SAGITTAL.longest_side / max(shape)
    rows, columns = np.indices(prepared.shape)
    labels = ((rows > 0.25 * shape[0] * scale) & (columns > 0.5 * shape[1] * scale)).astype(np.uint8)
    back = sagittal_labels_back(labels, shape)
    assert back.shape == shape
    wanted = np.zeros(shape, dtype=np.uint8)
    wanted[shape[0] // 4 + 1 :, shape[1] // 2 :] = 1
    assert (back != wanted).mean() < 0.05


def test_a_tilted_disc_lies_level_in_its_patch() -> None:
    rows, columns = np.indices((120, 120))
    slope = np.deg2rad(35)
    along = (columns - 60) * np.cos(slope) - (rows - 60) * np.sin(slope)
    across = (columns - 60) * np.sin(slope) + (rows - 60) * np.cos(slope)
    image = ((np.abs(across) < 3) & (np.abs(along) < 16)).astype(np.float32)
    disc = Disc(1, (60, 60), (-float(np.sin(slope)), float(np.cos(slope))), 32, 6, 190)
    bright = disc_patches(image, disc)[1] > 0.5
    assert np.ptp(np.flatnonzero(bright.any(axis=1))) < 10
    assert np.ptp(np.flatnonzero(bright.any(axis=0))) > 24


def test_a_disc_that_runs_the_other_way_is_not_upside_down() -> None:
    image = np.tile(np.arange(100, dtype=np.float32)[:, None], (1, 100))
    for backward in ((0.0, 1.0), (0.0, -1.0)):
        patch = disc_patches(image, Disc(1, (50, 50), backward, 20, 4, 80))[1]
        assert patch[0].mean() < patch[-1].mean()


def test_the_facts_of_a_disc_survive_missing_tissue() -> None:
    labels = np.zeros((60, 60), dtype=np.uint8)
    labels[28:32, 20:40] = DISC
    (facts,) = disc_facts(noise(60, 60), labels, [Disc(3, (30, 30), (0, 1), 20, 4, 80)], {3: None})
    assert facts.shape == (DISC_FACTS,)
    assert np.isfinite(facts).all()
    assert facts[2] == 1.0
    assert facts[3] == facts[4] == 0.5


def test_a_disc_half_as_high_as_its_neighbours_is_told_from_one_in_a_small_patient() -> None:
    labels = np.zeros((90, 60), dtype=np.uint8)
    narrow = [Disc(n, (90 - 20 * n, 30), (0, 1), 20, height, 80) for n, height in ((1, 4.0), (2, 2.0), (3, 4.0))]
    small = [Disc(n, (90 - 20 * n, 30), (0, 1), 10, 2.0, 20) for n in (1, 2, 3)]
    told, even = (disc_facts(noise(90, 60), labels, discs, {})[:, 6:9] for discs in (narrow, small))
    assert told[1].tolist() == [-0.5, -0.5, -0.5]
    assert told[0].tolist() == [0.0, 1.0, 0.0]
    assert not even.any()


def test_no_disc_has_no_facts() -> None:
    assert disc_facts(noise(20, 20), np.zeros((20, 20), dtype=np.uint8), [], {}).shape == (0, DISC_FACTS)


def test_facts_become_planes_beside_the_patch() -> None:
    patches = np.ones((3, PATCH.side, PATCH.side), dtype=np.float32)
    stacked = disc_inputs(patches, np.array([0.5, 2.0], dtype=np.float32))
    assert stacked.shape == (3, 3, PATCH.side, PATCH.side)
    assert set(np.unique(stacked[:, 1])) == {0.5}


def test_the_three_squares_of_a_disc_differ_in_width_and_their_answers_count_alike() -> None:
    image = np.zeros((100, 100), dtype=np.float32)
    image[40:60, 40:60] = 1
    narrow, usual, wide = ((patch > 0).sum() for patch in disc_patches(image, Disc(1, (49.5, 49.5), (0, 1), 30, 4, 80)))
    assert narrow > usual > wide
    answers = np.array([[0.0], [0.3], [0.6], [1.0], [1.0], [1.0]], dtype=np.float32)
    assert averaged(answers, 2).ravel().tolist() == pytest.approx([0.3, 1.0])
