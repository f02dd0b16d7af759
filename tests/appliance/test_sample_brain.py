"""A phantom is worth its truth: what was planted must be there, where and as large as it is told."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from appliance.sample.artefacts import Artefact, cropped, lost_slices, spoil, wrong_timing
from appliance.sample.brain_scan import (
    BrainScan,
    Position,
    draw_head,
    draw_imaging,
    expose_brain,
    fine_grid,
    scan_brain,
    thick_grid,
)
from appliance.sample.follow_up import follow_up
from appliance.sample.head import Head, make_head
from appliance.sample.head_traits import head_traits
from appliance.sample.lesions import LesionWish, Region
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol
from appliance.sample.scanner import Grid, Imaging
from appliance.sample.tissues import Tissue, brightness

SEED = 5
QUIET = Imaging(noise=0.0, fat_shift_px=0.0, slice_drift=0.0, phase_resolution=1.0)
PLANTED = (
    LesionWish(Region.PERIVENTRICULAR, 1.2),
    LesionWish(Region.PERIVENTRICULAR, 0.3),
    LesionWish(Region.PARAVENTRICULAR, 0.8),
    LesionWish(Region.PARAVENTRICULAR, 0.2),
    LesionWish(Region.JUXTACORTICAL, 0.6),
    LesionWish(Region.JUXTACORTICAL, 0.15),
)


@pytest.fixture(scope="module")
def head() -> Head:
    return make_head(head_traits(SEED, age_years=40.0), PLANTED)


@pytest.fixture(scope="module")
def scan(head: Head) -> BrainScan:
    return scan_brain(head, thick_grid(SEED, side=128), seed=SEED)


@pytest.fixture(scope="module")
def fine(head: Head) -> BrainScan:
    return scan_brain(head, fine_grid(SEED, spacing_mm=2.0), seed=SEED, imaging=QUIET)


def around(head: Head, centre: tuple[float, float, float], *, pitch: float = 0.7, side: int = 44) -> Position:
    """Lay a fine grid around a place of a head that lies straight in the scanner."""
    affine = np.diag([pitch, pitch, pitch, 1.0])
    affine[:3, 3] = np.array(centre) - pitch * (side - 1) / 2
    return Position(Grid((side, side, side), affine, pitch, depths=1), np.eye(4))


@pytest.mark.parametrize("index", range(len(PLANTED)))
def test_a_lesion_has_another_volume_or_place_than_told(head: Head, index: int) -> None:
    lesion = head.lesions[index]
    position = around(head, head.to_scanner(lesion.centre))
    alone = Head(**{name: getattr(head, name) for name in head.__slots__} | {"lesions": (lesion,)})
    scan = scan_brain(alone, position, seed=SEED, imaging=QUIET)
    ml = scan.lesion.sum() * 0.7**3 / 1000
    assert ml == pytest.approx(lesion.ml, rel=0.2)
    middle = (np.argwhere(scan.lesion).mean(axis=0) - 21.5) * 0.7
    assert np.linalg.norm(middle) < 1.0 * (lesion.ml * 1000) ** (1 / 3)


@pytest.mark.parametrize("index", range(len(PLANTED)))
def test_a_lesion_lies_in_another_region_than_told(head: Head, index: int) -> None:
    lesion = head.lesions[index]
    position = around(head, head.to_scanner(lesion.centre))
    scan = scan_brain(head, position, seed=SEED, imaging=QUIET)
    found, _ = ndimage.label(scan.lesion)
    own = found == found[22, 22, 22] if found[22, 22, 22] else scan.lesion > 0
    gap = ndimage.distance_transform_edt(scan.ventricle == 0, sampling=0.7)[own].min() if scan.ventricle.any() else 30.0
    touches = gap <= 1.5
    assert touches == (lesion.region is Region.PERIVENTRICULAR)


def test_the_told_centres_miss_the_lesions_on_the_scan(scan: BrainScan) -> None:
    for truth in scan.lesions:
        i, j, k = np.rint(np.linalg.solve(scan.affine, [*truth.centre_mm, 1.0])[:3]).astype(int)
        assert scan.lesion[i - 1 : i + 2, j - 1 : j + 2, k - 1 : k + 2].any()


def test_the_parts_of_the_brain_have_impossible_sizes(fine: BrainScan) -> None:
    ml = 2.0**3 / 1000
    assert 1200 < fine.brain.sum() * ml < 1900
    assert 8 < fine.ventricle.sum() * ml < 90
    assert fine.lesion.sum() * ml == pytest.approx(sum(wish.ml for wish in PLANTED), rel=0.15)
    assert not np.any(fine.ventricle & ~fine.brain & 1)
    assert not np.any(fine.lesion & fine.ventricle)


def test_fluid_is_bright_or_lesions_are_not(scan: BrainScan) -> None:
    inner = ndimage.binary_erosion(scan.brain, np.ones((5, 5, 1)))
    white = np.median(scan.voxels[inner])
    fluid = ndimage.binary_erosion(scan.ventricle, np.ones((3, 3, 1)))
    assert np.median(scan.voxels[fluid]) < 0.4 * white
    assert np.median(scan.voxels[scan.lesion > 0]) > 1.2 * white
    outside = scan.voxels[:6, :6]
    assert outside.mean() < 0.1 * white


def test_the_same_seed_makes_another_scan(head: Head, scan: BrainScan) -> None:
    again = scan_brain(make_head(head_traits(SEED, age_years=40.0), PLANTED), thick_grid(SEED, side=128), seed=SEED)
    assert np.array_equal(again.voxels, scan.voxels)
    assert np.array_equal(again.lesion, scan.lesion)
    assert again.lesions == scan.lesions


def test_lying_otherwise_changes_the_patient(head: Head, scan: BrainScan) -> None:
    other = scan_brain(head, thick_grid(SEED + 1, side=128), seed=SEED)
    for name in ("brain", "ventricle"):
        sums = [getattr(one, name).sum() * abs(np.linalg.det(one.affine[:3, :3])) for one in (scan, other)]
        assert sums[0] == pytest.approx(sums[1], rel=0.12)
    assert not np.allclose(scan.lesions[0].centre_mm, other.lesions[0].centre_mm, atol=1.0)


def test_two_hundred_people_are_one_person() -> None:
    people = [head_traits(seed) for seed in range(200)]
    assert len({person.size for person in people}) == 200
    old = [person.ventricles for person in people if person.age_years > 55]
    young = [person.ventricles for person in people if person.age_years < 35]
    assert np.mean(old) > np.mean(young) + 0.1


def test_a_head_without_lesions_shows_some() -> None:
    scan = scan_brain(draw_head(9, lesions=0, total_ml=0.0), thick_grid(9, slices=6, side=64), seed=9)
    assert scan.lesions == ()
    assert not scan.lesion.any()


def test_drawn_lesions_do_not_add_up() -> None:
    head = draw_head(3, lesions=20, total_ml=8.0)
    assert len(head.lesions) == 20
    assert sum(lesion.ml for lesion in head.lesions) == pytest.approx(8.0, rel=0.15)
    assert {lesion.region for lesion in head.lesions} == set(Region)


def test_a_follow_up_changes_what_it_says_is_stable(head: Head) -> None:
    later = follow_up(head, SEED, new=2, enlarged=2, resolved=1)
    assert sorted(later.changes) == ["enlarged", "enlarged", "new", "new", "stable", "stable", "stable"]
    before = {lesion.centre: lesion for lesion in head.lesions}
    gone = {lesion.centre for lesion in later.resolved}
    for lesion, change in zip(later.head.lesions, later.changes, strict=True):
        assert lesion.centre not in gone
        old = before.get(lesion.centre)
        assert (old is None) == (change == "new")
        if old is not None:
            assert lesion.ml == pytest.approx(old.ml * (2.5 if change == "enlarged" else 1.0))
            assert (lesion.level > old.level) == (change == "enlarged")


def test_new_lesions_lie_upon_old_ones(head: Head) -> None:
    later = follow_up(head, SEED, new=3, enlarged=0, resolved=0)
    fresh = [lesion for lesion, change in zip(later.head.lesions, later.changes, strict=True) if change == "new"]
    for lesion in fresh:
        gaps = [np.linalg.norm(np.subtract(lesion.centre, old.centre)) - old.level for old in head.lesions]
        assert min(gaps) > lesion.level


def test_a_ct_shows_fluid_brighter_than_brain_or_no_bone() -> None:
    made = expose_brain(draw_head(9, lesions=0, total_ml=0.0), thick_grid(9, slices=8, side=96), seed=9)
    assert np.percentile(made.voxels, 99.5) > 600
    assert made.voxels.min() < -900
    inner = ndimage.binary_erosion(made.brain, np.ones((5, 5, 1)))
    assert 15 < np.median(made.voxels[inner]) < 45


def test_some_scanner_makes_fluid_bright() -> None:
    for seed in range(40):
        timing, imaging = draw_imaging(seed)
        white, fluid = brightness(Tissue.WHITE, timing), brightness(Tissue.FLUID, timing)
        assert fluid < 0.35 * white
        assert 0.0 < imaging.noise < 0.1


def test_nothing_at_strength_zero_changes_something(scan: BrainScan) -> None:
    for artefact in Artefact:
        assert spoil(scan.voxels, artefact, 0.0) is scan.voxels
    assert lost_slices(20, 0.0) == ()
    voxels, affine = cropped(scan.voxels, scan.affine, 0.0)
    assert voxels.shape == scan.voxels.shape
    assert np.array_equal(affine, scan.affine)


@pytest.mark.parametrize("artefact", Artefact)
def test_a_stronger_artefact_spoils_less(scan: BrainScan, artefact: Artefact) -> None:
    clean = scan.voxels[:, :, 8:12]
    harm = [float(np.abs(spoil(clean, artefact, strength, seed=1) - clean).mean()) for strength in (0.1, 0.3, 0.6, 1.0)]
    assert harm == sorted(harm)
    assert harm[-1] > 4 * harm[0] > 0


def test_ghosts_stay_inside_the_head(scan: BrainScan) -> None:
    clean = scan.voxels[:, :, 8:12]
    rim = [spoil(clean, Artefact.GHOSTING, strength)[:10].mean() for strength in (0.0, 0.5, 1.0)]
    assert rim[0] < rim[1] < rim[2]


def test_cropping_moves_what_is_left(scan: BrainScan) -> None:
    voxels, affine = cropped(scan.voxels, scan.affine, 0.7)
    assert voxels.size < 0.6 * scan.voxels.size
    front, ends = scan.voxels.shape[1] - voxels.shape[1], (scan.voxels.shape[2] - voxels.shape[2]) // 2
    assert np.array_equal(voxels[3, 4, 2], scan.voxels[3, 4 + front, 2 + ends])
    assert np.allclose(affine @ [3, 4, 2, 1], scan.affine @ [3, 4 + front, 2 + ends, 1])


def test_the_outermost_slices_are_the_lost_ones() -> None:
    for strength in (0.1, 0.5, 1.0):
        lost = lost_slices(20, strength, seed=2)
        assert 0 not in lost
        assert 19 not in lost
    assert len(lost_slices(20, 0.1)) < len(lost_slices(20, 0.5)) < len(lost_slices(20, 1.0))


def test_a_wrong_contrast_keeps_fluid_dark() -> None:
    flair = FACTS[Protocol.BRAIN_FLAIR].timing
    fluids = [brightness(Tissue.FLUID, wrong_timing(flair, strength)) for strength in (0.0, 0.3, 0.6, 1.0)]
    assert fluids == sorted(fluids)
    assert fluids[-1] > 10 * fluids[0]
    plain = FACTS[Protocol.BRAIN_T2].timing
    assert wrong_timing(plain, 0.5) is plain


def test_a_restless_patient_leaves_no_trace(head: Head) -> None:
    position = thick_grid(SEED, slices=4, side=96)
    still, moved = (
        scan_brain(head, position, seed=1, imaging=Imaging(motion_px=pixels)).voxels for pixels in (0.0, 3.0)
    )
    assert np.abs(moved - still).mean() > 0.15 * still.mean()
