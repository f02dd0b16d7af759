"""Lesions are counted, placed and graded as they were planted, on grids of every shape."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom_brain import brain_and_ventricle, ellipsoid, empty, grid

from appliance.contracts import Geometry
from appliance.measure.components import number_lesions
from appliance.measure.lesions import LesionFindings, measure_lesions
from appliance.measure.regions import Region, reach_mm
from appliance.measure.severity import Severity, severity_of
from appliance.settings import Lesions, settings_from

RULE = Lesions()
GRIDS = {
    "isotropic": grid(),
    "thick slices": grid((0.9, 0.9, 6.0)),
    "sagittal slab": grid((4.0, 0.8, 0.8)),
    "oblique": grid((0.8, 0.8, 3.3), turned_deg=17),
    "leaning": grid((1, 1, 2), sheared=0.05),
}


def measure(geometry: Geometry, *lesions: np.ndarray, rule: Lesions = RULE) -> LesionFindings:
    brain, ventricle = brain_and_ventricle(geometry)
    return measure_lesions(np.logical_or.reduce(lesions), brain, ventricle, geometry, rule)


@pytest.mark.parametrize("geometry", GRIDS.values(), ids=GRIDS)
def test_planted_lesions_are_counted_and_measured_on_every_grid(geometry: Geometry) -> None:
    planted = [((30, 0, 0), 7.0), ((-30, 10, 5), 8.0), ((0, 40, -10), 9.0), ((0, -35, 15), 7.0)]
    findings = measure(geometry, *(ellipsoid(geometry, centre, radius) for centre, radius in planted))
    assert len(findings.lesions) == len(planted)
    truth = sum(4 / 3 * np.pi * radius**3 for _, radius in planted) / 1000
    assert findings.volume_ml == pytest.approx(truth, rel=0.1)
    assert findings.brain_ml == pytest.approx(4 / 3 * np.pi * 60**3 / 1000, rel=0.02)
    assert findings.share_of_brain == pytest.approx(findings.volume_ml / findings.brain_ml)
    assert findings.ventricle_share == pytest.approx(10 * 20 * 10 / 60**3, rel=0.1)
    largest = findings.lesions[0]
    assert np.allclose(largest.place.centre_mm, (0, 40, -10), atol=2)
    assert findings.labels.shape == geometry.shape


@pytest.mark.parametrize(
    ("apart_mm", "count"), [(4, 1), (6, 1), (10, 2), (11, 2)], ids=["deep", "shallow", "necked", "barely touching"]
)
@pytest.mark.parametrize("geometry", [grid(), grid((0.7, 0.7, 3.0))], ids=["isotropic", "thick"])
def test_touching_lesions_are_taken_apart_at_their_neck(geometry: Geometry, apart_mm: float, count: int) -> None:
    pair = [ellipsoid(geometry, (30, offset, 0), 6) for offset in (0, apart_mm)]
    findings = measure(geometry, *pair)
    assert len(findings.lesions) == count
    if count == 2:
        assert findings.lesions[0].volume_ml == pytest.approx(findings.lesions[1].volume_ml, rel=0.15)


def test_a_confluent_chain_is_as_many_lesions_as_were_planted() -> None:
    geometry = grid()
    chain = [ellipsoid(geometry, (30, y, 0), r) for y, r in ((-20, 6), (-9, 6), (0, 4), (9, 6))]
    assert len(measure(geometry, *chain).lesions) == 4


def test_a_long_lesion_without_a_neck_stays_one() -> None:
    geometry = grid()
    assert len(measure(geometry, ellipsoid(geometry, (30, 0, 0), (4, 25, 4))).lesions) == 1


def test_a_thin_shell_around_the_ventricle_stays_one() -> None:
    geometry = grid()
    shell = ellipsoid(geometry, (0, 0, 0), (13, 23, 13)) & ~ellipsoid(geometry, (0, 0, 0), (10, 20, 10))
    findings = measure(geometry, shell)
    assert [lesion.region for lesion in findings.lesions] == [Region.PERIVENTRICULAR]


def test_a_bud_too_small_to_be_a_lesion_stays_with_the_one_it_grows_on() -> None:
    geometry = grid()
    body = ellipsoid(geometry, (30, 0, 0), 6)
    shallow, small = ellipsoid(geometry, (30, 8, 0), 2.4), ellipsoid(geometry, (30, 9, 0), 4)
    assert len(measure(geometry, body, shallow).lesions) == 1
    assert len(measure(geometry, body, small).lesions) == 2
    assert len(measure(geometry, body, small, rule=replace(RULE, min_volume_mm3=400)).lesions) == 1


def test_across_thick_slices_only_what_lies_right_over_it_is_the_same_lesion() -> None:
    geometry = grid((1, 1, 6), size_mm=96)
    over, beside = empty(geometry), empty(geometry)
    over[70:74, 50:54, 8:10] = True
    beside[70:74, 50:54, 8] = beside[74:78, 54:58, 9] = True
    assert number_lesions(over, geometry, RULE).count == 1
    assert number_lesions(beside, geometry, RULE).count == 2
    thin = Geometry(np.diag([1.0, 1.0, 1.0, 1.0]), geometry.shape)
    assert number_lesions(beside, thin, replace(RULE, core_depth_mm=9)).count == 1


def test_a_spot_below_the_least_size_is_said_and_not_counted() -> None:
    geometry = grid()
    spot = empty(geometry)
    spot[110, 80, 80] = spot[110, 81, 80] = True
    findings = measure(geometry, spot, ellipsoid(geometry, (-30, 0, 0), 5))
    assert len(findings.lesions) == 1
    assert findings.too_small_ml == pytest.approx(0.002)
    assert not findings.labels[110, 80, 80]
    assert len(measure(geometry, spot, rule=replace(RULE, min_volume_mm3=1)).lesions) == 1


@pytest.mark.parametrize(
    ("x", "region"),
    [
        (14, Region.PERIVENTRICULAR),
        (15, Region.PERIVENTRICULAR),
        (18, Region.PARAVENTRICULAR),
        (40, Region.PARAVENTRICULAR),
        (51, Region.PARAVENTRICULAR),
        (54, Region.JUXTACORTICAL),
        (56, Region.JUXTACORTICAL),
    ],
)
@pytest.mark.parametrize("geometry", [grid((0.5, 0.5, 2.0), size_mm=130), grid((0.6, 0.6, 5.0), size_mm=125)])
def test_a_lesion_is_placed_by_its_gap_in_millimetres(geometry: Geometry, x: float, region: Region) -> None:
    """The ventricle ends at x = 10, the brain at x = 60; a ball of 3 mm is planted at ``x``."""
    (lesion,) = measure(geometry, ellipsoid(geometry, (x, 0, 0), 3)).lesions
    assert lesion.region is region
    assert lesion.to_ventricle_mm == pytest.approx(min(x - 13, reach_mm(RULE)), abs=0.9)
    assert lesion.to_surface_mm == pytest.approx(min(57 - x, reach_mm(RULE)), abs=0.9)


def test_distances_come_from_the_settings_and_are_repeated_in_the_result() -> None:
    geometry = grid()
    rule = settings_from({"lesions": {"periventricular_mm": 12.5}}).lesions
    findings = measure(geometry, ellipsoid(geometry, (24, 0, 0), 3), rule=rule)
    assert findings.lesions[0].region is Region.PERIVENTRICULAR
    assert "12.5 mm" in findings.rules[0]
    assert [load.count for load in findings.by_region] == [1, 0, 0]


def test_a_hole_in_the_brain_mask_is_no_cortex() -> None:
    geometry = grid()
    brain, ventricle = brain_and_ventricle(geometry)
    brain &= ~ellipsoid(geometry, (32, 12, 0), 4)
    lesion = ellipsoid(geometry, (32, 0, 0), 3)
    (found,) = measure_lesions(lesion, brain & ~lesion, ventricle, geometry, RULE).lesions
    assert found.region is Region.PARAVENTRICULAR


def test_a_lesion_at_the_bottom_of_a_sulcus_is_juxtacortical() -> None:
    geometry = grid()
    brain, ventricle = brain_and_ventricle(geometry)
    lesion = ellipsoid(geometry, (30, 0, 0), 4)
    flair = np.where(brain, 100, 0).astype(np.int16)
    flair[ventricle] = 10
    closed = flair.copy()
    closed[ellipsoid(geometry, (37, 0, 0), 2)] = 10
    flair[ellipsoid(geometry, (50, 0, 0), (14, 2, 8))] = 10

    def region(voxels: np.ndarray | None) -> Region | None:
        return measure_lesions(lesion, brain, ventricle, geometry, RULE, flair=voxels).lesions[0].region

    assert region(flair) is Region.JUXTACORTICAL
    assert region(closed) is Region.PARAVENTRICULAR
    assert region(None) is Region.PARAVENTRICULAR


def test_a_sulcus_is_not_looked_for_where_there_is_no_brain() -> None:
    geometry = grid()
    lesion, nothing = ellipsoid(geometry, (30, 0, 0), 4), empty(geometry)
    flair = np.zeros(geometry.shape)
    assert measure_lesions(lesion, nothing, nothing, geometry, RULE, flair=flair).lesions[0].region is None


def test_where_the_scan_ends_is_no_cortex() -> None:
    geometry = grid((1, 1, 2), size_mm=80)
    brain, ventricle = np.ones(geometry.shape, dtype=np.bool_), ellipsoid(geometry, (0, 0, 0), 8)
    (found,) = measure_lesions(ellipsoid(geometry, (36, 0, 0), 4), brain, ventricle, geometry, RULE).lesions
    assert found.region is Region.PARAVENTRICULAR
    assert found.to_surface_mm is None


def test_the_slice_above_a_thick_one_does_not_make_the_vertex_juxtacortical() -> None:
    geometry = grid((0.9, 0.9, 7.0))
    vertex = ellipsoid(geometry, (0, 0, 45), (8, 8, 4))
    (found,) = measure(geometry, vertex).lesions
    assert found.region is Region.PARAVENTRICULAR


def test_without_a_ventricle_no_region_is_made_up() -> None:
    geometry = grid()
    brain, _ = brain_and_ventricle(geometry)
    findings = measure_lesions(ellipsoid(geometry, (30, 0, 0), 5), brain, empty(geometry), geometry, RULE)
    assert findings.lesions[0].region is None
    assert findings.lesions[0].to_ventricle_mm is None
    assert any("No ventricle" in note for note in findings.notes)


def test_without_a_brain_no_share_is_made_up() -> None:
    geometry = grid()
    findings = measure_lesions(ellipsoid(geometry, (30, 0, 0), 5), empty(geometry), empty(geometry), geometry, RULE)
    assert findings.share_of_brain is None
    assert findings.ventricle_share is None
    assert any("No brain" in note for note in findings.notes)


def test_a_lesion_outside_the_brain_is_kept_and_said() -> None:
    geometry = grid()
    findings = measure(geometry, ellipsoid(geometry, (59, 0, 0), 4))
    assert len(findings.lesions) == 1
    assert any("outside the brain" in note for note in findings.notes)


def test_a_scan_without_lesions_is_none_and_not_mild() -> None:
    geometry = grid()
    findings = measure(geometry, empty(geometry))
    assert findings.lesions == ()
    assert findings.severity is Severity.NONE
    assert findings.volume_ml == 0
    assert findings.share_of_brain == 0
    assert findings.notes == ()


@pytest.mark.parametrize(
    ("count", "volume_ml", "severity"),
    [
        (0, 0.0, Severity.NONE),
        (1, 0.02, Severity.MILD),
        (30, 4.99, Severity.MILD),
        (1, 5.0, Severity.MODERATE),
        (9, 14.99, Severity.MODERATE),
        (9, 15.0, Severity.SEVERE),
    ],
)
def test_severity_changes_exactly_at_its_limits(count: int, volume_ml: float, severity: Severity) -> None:
    assert severity_of(count, volume_ml, RULE) is severity


def test_what_the_model_was_unsure_of_is_a_candidate_and_in_no_volume() -> None:
    geometry = grid()
    brain, ventricle = brain_and_ventricle(geometry)
    lesion, halo = ellipsoid(geometry, (30, 0, 0), 5), ellipsoid(geometry, (30, 0, 0), 7)
    doubtful, speck = ellipsoid(geometry, (-30, 0, 0), 4), ellipsoid(geometry, (0, 40, 0), 1)
    probability = np.full(geometry.shape, 0.01, dtype=np.float32)
    probability[halo] = 0.3
    probability[lesion] = 0.9
    probability[doubtful] = 0.4
    probability[speck] = 0.4
    findings = measure_lesions(lesion, brain, ventricle, geometry, RULE, probability)
    (candidate,) = findings.candidates
    assert np.allclose(candidate.place.centre_mm, (-30, 0, 0), atol=0.6)
    assert candidate.mean_probability == pytest.approx(0.4)
    assert candidate.highest_probability == pytest.approx(0.4)
    assert candidate.volume_ml == pytest.approx(doubtful.sum() / 1000)
    assert findings.volume_ml == pytest.approx(lesion.sum() / 1000)
    assert findings.lesions[0].confidence == pytest.approx(0.9)
    assert findings.lesions[0].sure is True


def test_a_lesion_that_is_believed_by_halves_is_not_called_sure() -> None:
    geometry = grid()
    brain, ventricle = brain_and_ventricle(geometry)
    lesion = ellipsoid(geometry, (30, 0, 0), 5)
    findings = measure_lesions(lesion, brain, ventricle, geometry, RULE, np.where(lesion, 0.55, 0).astype(np.float32))
    assert findings.lesions[0].sure is False


def test_without_probabilities_confidence_is_unknown() -> None:
    geometry = grid()
    findings = measure(geometry, ellipsoid(geometry, (30, 0, 0), 5))
    assert findings.lesions[0].confidence is None
    assert findings.lesions[0].sure is None
    assert findings.candidates == ()


def test_no_probability_anywhere_gives_no_candidate() -> None:
    geometry = grid()
    brain, ventricle = brain_and_ventricle(geometry)
    nothing = np.zeros(geometry.shape, dtype=np.float32)
    assert measure_lesions(empty(geometry), brain, ventricle, geometry, RULE, nothing).candidates == ()


def test_a_mask_from_another_grid_is_refused() -> None:
    geometry = grid()
    with pytest.raises(ValueError, match="does not lie on a grid"):
        measure_lesions(np.zeros((3, 3, 3), dtype=np.bool_), empty(geometry), empty(geometry), geometry, RULE)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), density=st.floats(0.01, 0.6), thick=st.sampled_from([1.0, 5.0]))
def test_every_voxel_is_in_one_lesion_or_in_the_volume_too_small_to_count(
    seed: int, density: float, thick: float
) -> None:
    mask = np.random.default_rng(seed).random((14, 12, 10)) < density
    geometry = Geometry(np.diag([1.0, 1.0, thick, 1.0]), mask.shape)
    numbered = number_lesions(mask, geometry, RULE)
    assert np.array_equal(np.unique(numbered.labels[numbered.labels > 0]), np.arange(1, numbered.count + 1))
    assert not numbered.labels[~mask].any()
    assert np.count_nonzero(numbered.labels) + numbered.too_small == mask.sum()
    sizes = np.bincount(numbered.labels.ravel())[1:] * thick
    assert (sizes >= RULE.min_volume_mm3).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_largest_lesion_is_number_one_and_its_label_is_its_volume(seed: int) -> None:
    rng = np.random.default_rng(seed)
    geometry = grid((1.5, 1.5, 3), size_mm=90)
    lesions = [ellipsoid(geometry, rng.uniform(-30, 30, 3), rng.uniform(3, 9)) for _ in range(5)]
    findings = measure(geometry, *lesions)
    volumes = [lesion.volume_ml for lesion in findings.lesions]
    assert volumes == sorted(volumes, reverse=True)
    for lesion in findings.lesions:
        at = findings.labels == lesion.number
        assert at.sum() * geometry.voxel_ml == pytest.approx(lesion.volume_ml)
        corners = tuple(slice(a, b + 1) for a, b in zip(lesion.place.first, lesion.place.last, strict=True))
        assert at[corners].sum() == at.sum()


def test_a_1_mm_scan_full_of_lesions_does_not_take_seconds() -> None:
    """Trees on a lattice once took 30 s here; the processor's time is counted, for the machine may be busy."""
    geometry = Geometry(np.diag([1.0, 1.0, 1.0, 1.0]), (180, 256, 256))
    brain, ventricle, lesion = empty(geometry), empty(geometry), empty(geometry)
    brain[20:160, 40:216, 60:196] = True
    ventricle[70:110, 90:160, 110:145] = True
    lesion[64:116, 84:166, 104:151] = True
    lesion &= ~ventricle
    rng = np.random.default_rng(0)
    for i, j, k in rng.integers((25, 45, 65), (150, 205, 185), (80, 3)):
        lesion[i : i + 6, j : j + 6, k : k + 6] = True
    probability = np.where(lesion, 0.9, 0.02).astype(np.float32)
    began = time.process_time()
    findings = measure_lesions(lesion, brain, ventricle, geometry, RULE, probability)
    assert time.process_time() - began < 4
    assert len(findings.lesions) > 40
