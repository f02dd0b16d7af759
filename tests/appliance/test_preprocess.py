"""What a network is shown, and where its answer lands."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from appliance.contracts import Geometry
from appliance.errors import BadGeometry, Unreadable
from appliance.preprocess import (
    Axial,
    BrainInput,
    LesionInput,
    Turn,
    background,
    brain_from,
    canonical,
    into_matrix,
    normalise,
    prepare_brain,
    prepare_head,
    reduce_noise,
    to_stack,
    turned,
    uncanonical,
    with_neighbours,
)

STRAIGHT = Turn((0, 1, 2), (False, False, False))
HEAD_MM = (150.0, 190.0, 140.0)
"""Right-left, front-back, feet-head."""


def ellipsoid(shape: tuple[int, ...], spacing: tuple[float, ...], size_mm: tuple[float, ...]) -> np.ndarray:
    axes = [(np.arange(n) - (n - 1) / 2) * mm / (size / 2) for n, mm, size in zip(shape, spacing, size_mm, strict=True)]
    return sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")) <= 1.0


def head(
    shape: tuple[int, int, int] = (128, 128, 20), spacing: tuple[float, float, float] = (1.8, 1.8, 7.0)
) -> tuple[np.ndarray, Geometry]:
    """A bright scalp around a dark skull around a brain, in RAS+ order."""
    rng = np.random.default_rng(0)
    brain = ellipsoid(shape, spacing, HEAD_MM)
    skull = ellipsoid(shape, spacing, tuple(mm + 16 for mm in HEAD_MM))
    scalp = ellipsoid(shape, spacing, tuple(mm + 30 for mm in HEAD_MM))
    values = 900.0 * scalp - 850.0 * skull + 350.0 * brain + rng.normal(0, 8, shape) * scalp
    return values, Geometry(np.diag([*spacing, 1.0]), shape)


def axial_brain(
    shape: tuple[int, int, int] = (20, 120, 110), spacing: tuple[float, float, float] = (7.0, 1.8, 1.8)
) -> tuple[Axial, np.ndarray]:
    brain = ellipsoid(shape, spacing, HEAD_MM[::-1])
    voxels = (brain * np.random.default_rng(1).normal(100, 10, shape)).astype(np.float32)
    return Axial(voxels, spacing, STRAIGHT), brain


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_every_orientation_becomes_the_same_stack_and_goes_back(order: tuple[int, ...], signs: tuple[int, ...]) -> None:
    upright = np.zeros((5, 6, 7), dtype=np.float32)
    upright[4, 1, 2] = 1.0
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    wanted = canonical(upright, Geometry(affine, upright.shape))
    flips = tuple(slice(None, None, sign) for sign in signs)
    stored = np.transpose(upright[flips], order)
    linear = (affine[:3, :3] * signs)[:, order]
    turned_affine = np.eye(4)
    turned_affine[:3, :3] = linear

    found = canonical(stored, Geometry(turned_affine, stored.shape))

    np.testing.assert_array_equal(found.voxels, wanted.voxels)
    assert found.spacing_mm == (3.0, 2.0, 1.0)
    np.testing.assert_array_equal(uncanonical(found.voxels, found.turn), stored)
    again = np.zeros_like(found.voxels, shape=np.shape(stored))
    turned(again, found.turn)[:] = found.voxels
    np.testing.assert_array_equal(again, stored)


def test_the_stack_runs_from_feet_to_head_front_to_back_and_right_to_left() -> None:
    voxels = np.zeros((4, 5, 6), dtype=np.float32)
    voxels[3, 4, 0] = 1.0  # rightmost, frontmost, lowest in RAS+
    found = canonical(voxels, Geometry(np.eye(4), voxels.shape))
    assert tuple(int(place[0]) for place in np.nonzero(found.voxels)) == (0, 0, 0)


def test_an_oblique_scan_keeps_its_slices() -> None:
    angle = np.deg2rad(20)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine[:3, 2] *= 5.0
    voxels = np.random.default_rng(0).normal(size=(8, 9, 4)).astype(np.float32)
    found = canonical(voxels, Geometry(affine, voxels.shape))
    assert found.voxels.shape == (4, 9, 8)
    np.testing.assert_allclose(found.spacing_mm, (5.0, 1.0, 1.0))


def test_voxels_that_do_not_fit_their_geometry_are_refused() -> None:
    with pytest.raises(BadGeometry):
        canonical(np.zeros((3, 3, 3)), Geometry(np.eye(4), (3, 3, 4)))


def test_nan_is_refused() -> None:
    voxels = np.zeros((3, 3, 3))
    voxels[1, 1, 1] = np.nan
    with pytest.raises(Unreadable):
        canonical(voxels, Geometry(np.eye(4), voxels.shape))


def test_noise_reduction_does_not_mix_thick_slices() -> None:
    voxels = np.zeros((3, 32, 32), dtype=np.float32)
    voxels[1] = 100.0
    calm = reduce_noise(Axial(voxels, (7.0, 0.9, 0.9), STRAIGHT), 0.4)
    np.testing.assert_allclose(calm, voxels, atol=1e-3)


def test_noise_reduction_calms_thin_slices() -> None:
    noise = np.random.default_rng(0).normal(size=(32, 32, 32)).astype(np.float32)
    calm = reduce_noise(Axial(noise, (1.0, 1.0, 1.0), STRAIGHT), 0.6)
    assert calm.std() < 0.6 * noise.std()


def test_brightness_of_the_scanner_does_not_reach_the_network() -> None:
    axial, brain = axial_brain()
    once = normalise(axial.voxels, brain, LesionInput())
    again = normalise(axial.voxels * 37.5, brain, LesionInput())
    np.testing.assert_allclose(once[brain], again[brain], atol=1e-5)


def test_a_scanner_that_scales_each_slice_by_itself_looks_like_one_that_does_not() -> None:
    axial, brain = axial_brain()
    gains = np.linspace(0.8, 1.3, len(brain), dtype=np.float32)[:, None, None]
    even = normalise(axial.voxels, brain, LesionInput())
    uneven = normalise(axial.voxels * gains, brain, LesionInput())
    middle = slice(5, 15)
    np.testing.assert_allclose(uneven[middle][brain[middle]], even[middle][brain[middle]], atol=0.02)


def test_typical_brain_stands_at_the_same_value() -> None:
    axial, brain = axial_brain()
    spec = LesionInput()
    found = normalise(axial.voxels, brain, spec)
    assert np.median(found[brain]) == pytest.approx(-spec.low / (spec.high - spec.low), abs=0.01)
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_an_empty_brain_is_refused_in_words() -> None:
    axial, brain = axial_brain()
    with pytest.raises(Unreadable, match="No brain"):
        prepare_brain(axial, np.zeros_like(brain), LesionInput())


def test_the_network_sees_nothing_outside_the_brain() -> None:
    axial, brain = axial_brain()
    axial.voxels[~brain] = 5000.0
    prepared = prepare_brain(axial, brain, LesionInput(margin_mm=0.0, noise_sigma_mm=0.01))
    inside = into_matrix(brain.astype(np.float32), prepared.placement)
    assert prepared.slices[inside == 0].max() == 0.0


def test_the_fixed_matrix_is_filled_around_a_brain_off_centre() -> None:
    axial, brain = axial_brain()
    moved = np.roll(brain, 12, axis=2)
    prepared = prepare_brain(Axial(np.roll(axial.voxels, 12, axis=2), axial.spacing_mm, STRAIGHT),
                             moved, LesionInput())  # fmt: skip
    seen = np.flatnonzero((prepared.slices > 0).any(axis=(0, 1)))
    assert prepared.slices.shape == (20, 224, 192)
    assert abs((seen[0] + seen[-1]) / 2 - 95.5) <= 2


@pytest.mark.parametrize("spacing", [(7.0, 0.8984, 0.8984), (1.0, 1.0, 1.0), (4.0, 0.57, 0.57), (3.0, 1.4, 1.1)])
def test_an_answer_returns_to_where_it_came_from(spacing: tuple[float, float, float]) -> None:
    shape = tuple(int(size / mm) + 20 for size, mm in zip((60.0, 190.0, 150.0), spacing, strict=True))
    brain = ellipsoid(shape, spacing, (55.0, 185.0, 145.0))
    axial = Axial(brain.astype(np.float32) * 100, spacing, STRAIGHT)
    prepared = prepare_brain(axial, brain, LesionInput())
    lesion = ellipsoid(shape, spacing, (30.0, 24.0, 18.0))

    back = to_stack(into_matrix(lesion.astype(np.float32), prepared.placement), prepared.placement)

    found = back > 0.5
    assert 2 * (found & lesion).sum() / (found.sum() + lesion.sum()) > 0.95


def test_what_lies_outside_the_matrix_is_answered_with_nothing() -> None:
    axial, brain = axial_brain()
    spec = LesionInput(rows=64, columns=48)
    prepared = prepare_brain(axial, brain, spec)
    back = to_stack(np.ones_like(prepared.slices), prepared.placement)
    assert back.shape == axial.voxels.shape
    assert back[:, 0].max() == 0.0
    assert back[10, 60, 55] == pytest.approx(1.0)


def test_only_slices_with_brain_are_asked_about() -> None:
    axial, brain = axial_brain(shape=(30, 120, 110))
    prepared = prepare_brain(axial, brain, LesionInput())
    assert prepared.brain_slices == tuple(np.flatnonzero(brain.any(axis=(1, 2))))
    assert len(prepared.brain_slices) < 30


@pytest.mark.parametrize(("slice_mm", "step"), [(1.0, 6), (3.0, 2), (4.0, 2), (5.5, 1), (8.1, 1)])
def test_neighbours_lie_about_as_far_away_in_thin_and_thick_stacks(slice_mm: float, step: int) -> None:
    axial, brain = axial_brain(spacing=(slice_mm, 1.8, 1.8))
    assert prepare_brain(axial, brain, LesionInput()).step == step


def test_the_outermost_slice_is_its_own_neighbour() -> None:
    slices = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), dtype=np.float32)
    found = with_neighbours(slices, [0, 2, 3], 1)[:, :, 0, 0]
    np.testing.assert_array_equal(found, [[0, 0, 1], [1, 2, 3], [2, 3, 3]])


def test_a_batch_holds_the_slice_between_its_neighbours() -> None:
    axial, brain = axial_brain()
    prepared = prepare_brain(axial, brain, LesionInput())
    np.testing.assert_array_equal(prepared.batch([7])[0], prepared.slices[6:9])


def test_the_brain_of_a_whole_head_is_what_the_network_says() -> None:
    voxels, geometry = head()
    axial = canonical(voxels, geometry)
    spec = BrainInput()
    shown = prepare_head(axial, spec)
    truth = canonical(ellipsoid(geometry.shape, geometry.spacing_mm, HEAD_MM).astype(np.float32), geometry).voxels > 0
    answer = into_matrix(truth.astype(np.float32), shown.placement)
    answer[0, 8:14, 8:14] = 1.0  # a stray patch that is no brain

    found = brain_from(axial, answer, shown, spec)

    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.97
    assert not found[0, :16, :16].any()


def test_a_skull_that_was_removed_before_is_recognised() -> None:
    axial, brain = axial_brain()
    shown = prepare_head(axial, BrainInput())
    timid = into_matrix(
        ellipsoid(brain.shape, axial.spacing_mm, (132.0, 182.0, 142.0)).astype(np.float32), shown.placement
    )
    found = brain_from(axial, timid, shown, BrainInput())
    np.testing.assert_array_equal(found, brain)


def test_holes_in_the_brain_are_filled() -> None:
    axial, brain = axial_brain()
    shown = prepare_head(axial, BrainInput())
    answer = into_matrix(brain.astype(np.float32), shown.placement)
    answer[:, 62:68, 62:68] = 0.0
    wide = Axial(axial.voxels + 1.0, axial.spacing_mm, axial.turn)
    assert brain_from(wide, answer, shown, BrainInput())[10, 58:62, 53:57].all()


def test_a_slice_without_signal_does_not_stop_the_head() -> None:
    voxels, geometry = head()
    voxels[:, :, 0] = 0.0
    voxels[:, :, 1] = -3.0
    shown = prepare_head(canonical(voxels, geometry), BrainInput())
    assert np.isfinite(shown.slices).all()
    assert shown.slices[0].max() == 0.0


def test_tissue_of_any_scanner_stands_at_the_same_brightness() -> None:
    voxels, geometry = head()
    dark = prepare_head(canonical(voxels, geometry), BrainInput()).slices
    bright = prepare_head(canonical(voxels * 20, geometry), BrainInput()).slices
    np.testing.assert_allclose(dark, bright, atol=1e-4)


def test_background_is_the_commonest_value_at_the_edges() -> None:
    axial, _ = axial_brain()
    axial.voxels[axial.voxels == 0] = -54.0
    axial.voxels[0, 0, :5] = 3.0
    assert background(axial) == -54.0
