"""The widths that a narrow canal is told to have must be those that can be measured in its picture."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol
from appliance.sample.spine import Spine, make_spine
from appliance.sample.spine_scan import (
    CANAL,
    DISC,
    VERTEBRA,
    SpineScan,
    axial_grid,
    localizer_grid,
    sagittal_grid,
    scan_spine,
    spine_truth,
)
from appliance.sample.spine_traits import GRADED, LEVELS, narrowed, spine_traits

NARROW = "L4/L5"


@pytest.fixture(scope="module")
def spine() -> Spine:
    return make_spine(narrowed(spine_traits(4, age_years=60.0), NARROW, sac_depth=7.0))


@pytest.fixture(scope="module")
def sagittal(spine: Spine) -> SpineScan:
    return scan_spine(spine, sagittal_grid(slices=3, side=288, gap_mm=3.0), seed=4, protocol=Protocol.SPINE_T2_SAGITTAL)


def measured_depth(scan: SpineScan, spine: Spine, name: str) -> float:
    """Walk back along the disc's plane in the middle slice and count the sac."""
    centre, down = spine.frame.disc_plane(name)
    back = np.array([0.0, -down[2], down[1]])
    back = back if back[1] < 0 else -back
    steps = np.arange(0.0, 60.0, 0.1)
    points = centre[:, None] + back[:, None] * steps
    index = np.linalg.solve(scan.affine, np.vstack([points, np.ones_like(steps)]))[:3]
    i, j, _ = np.rint(index).astype(int)
    return float((scan.labels[i, j, 1] == CANAL).sum() * 0.1)


@pytest.mark.parametrize("name", ["L2/L3", "L3/L4", "L4/L5", "L5/S1"])
def test_the_sac_is_deeper_or_flatter_than_told(spine: Spine, sagittal: SpineScan, name: str) -> None:
    truth = {level.name: level for level in sagittal.levels}[name]
    assert measured_depth(sagittal, spine, name) == pytest.approx(truth.sac_depth_mm, abs=1.3)
    assert truth.narrowed == (name == NARROW)


@pytest.mark.parametrize("name", ["L3/L4", "L4/L5", "L5/S1"])
def test_the_sac_is_larger_or_smaller_than_told(spine: Spine, name: str) -> None:
    scan = scan_spine(spine, axial_grid(spine, name, slices=3, side=256), seed=4, protocol=Protocol.SPINE_T2_AXIAL)
    assert [level.name for level in scan.levels] == [name]
    pixel = (220.0 / 256) ** 2
    area = float((scan.labels[:, :, 1] == CANAL).sum() * pixel)
    assert area == pytest.approx(scan.levels[0].sac_area_mm2, rel=0.15, abs=8.0)


def test_the_middle_axial_slice_misses_its_disc(spine: Spine) -> None:
    scan = scan_spine(spine, axial_grid(spine, "L3/L4", slices=3, side=96), seed=4, protocol=Protocol.SPINE_T1_AXIAL)
    discs = [(scan.labels[:, :, k] == DISC).sum() for k in range(3)]
    assert np.argmax(discs) == 1
    assert discs[1] * (220.0 / 96) ** 2 > 900


def test_a_sagittal_scan_lacks_a_structure(sagittal: SpineScan) -> None:
    middle = sagittal.labels[:, :, 1]
    for label, least_mm2 in ((VERTEBRA, 4000), (DISC, 1200), (CANAL, 2000)):
        assert (middle == label).sum() * (285.0 / 288) ** 2 > least_mm2
    assert [level.name for level in sagittal.levels] == list(GRADED)


def test_fluid_is_dark_on_t2_or_bright_on_t1(spine: Spine) -> None:
    grid = sagittal_grid(slices=1, side=128)
    t2, t1 = (
        scan_spine(spine, grid, seed=4, protocol=protocol)
        for protocol in (Protocol.SPINE_T2_SAGITTAL, Protocol.SPINE_T1_SAGITTAL)
    )
    sac, bone = t2.labels == CANAL, t2.labels == VERTEBRA
    assert np.median(t2.voxels[sac]) > 1.5 * np.median(t2.voxels[bone])
    assert np.median(t1.voxels[sac]) < np.median(t1.voxels[bone])


def test_narrowing_widens_the_sac_or_touches_other_levels() -> None:
    usual = spine_traits(7)
    tight = narrowed(usual, NARROW, sac_depth=6.0)
    for name in LEVELS:
        if name != NARROW:
            assert tight.level(name) == usual.level(name)
    before, after = usual.level(NARROW), tight.level(NARROW)
    assert after.sac_depth == 6.0
    assert after.narrowed
    assert after.sac_width < before.sac_width
    assert after.bulge > before.bulge
    assert after.ligament > before.ligament


def test_areas_do_not_follow_depth() -> None:
    areas = []
    for depth in (15.0, 12.0, 9.0, 6.0):
        spine = make_spine(narrowed(spine_traits(7), NARROW, sac_depth=depth))
        areas.append({level.name: level.sac_area_mm2 for level in spine_truth(spine)}[NARROW])
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > 150
    assert areas[-1] < 70


def test_the_same_seed_makes_another_back(spine: Spine) -> None:
    grid = localizer_grid(side=64)
    again = make_spine(narrowed(spine_traits(4, age_years=60.0), NARROW, sac_depth=7.0))
    first, second = (scan_spine(one, grid, seed=1, protocol=Protocol.LOCALIZER) for one in (spine, again))
    assert np.array_equal(first.voxels, second.voxels)
    assert FACTS[Protocol.LOCALIZER].timing.flip_deg == 40.0
