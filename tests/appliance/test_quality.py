"""A scan that cannot be trusted must not be read, a good one must not be refused, and each answer must help."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from quality_scans import RULES, asked, back, brain, real_backs, real_brains, spoilt, told_as, volume
from scipy import ndimage

from appliance.contracts import Kind
from appliance.findings.study import Verdict
from appliance.quality import measure_quality
from appliance.sample.artefacts import Artefact, cropped, lost_slices
from appliance.sample.scan_spec import Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.contracts import Volume
    from appliance.findings.study import Quality

STRENGTHS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
ORDER = list(Verdict)


def worst(quality: Quality) -> int:
    return ORDER.index(quality.verdict)


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_a_good_head_is_good(seed: int) -> None:
    assert asked(brain(seed)).remarks == ()


@pytest.mark.parametrize("protocol", [Protocol.SPINE_T2_SAGITTAL, Protocol.SPINE_T1_SAGITTAL, Protocol.SPINE_T2_AXIAL])
def test_a_good_back_is_good(protocol: Protocol) -> None:
    assert asked(back(protocol=protocol)).remarks == ()


@pytest.mark.parametrize(
    ("artefact", "check"),
    [(Artefact.NOISE, "noise"), (Artefact.GHOSTING, "ghosting"), (Artefact.CLIPPING, "clipping")],
)
@pytest.mark.parametrize("scan", [brain, back])
def test_an_artefact_is_answered_worse_the_stronger_it_is(artefact: Artefact, check: str, scan: object) -> None:
    answers = [asked(spoilt(scan(), artefact, strength)) for strength in STRENGTHS]
    grades = [worst(answer) for answer in answers]
    assert grades == sorted(grades)
    assert grades[0] == 0
    assert 1 in grades
    assert answers[-1].verdict is Verdict.REFUSED
    assert {remark.check for answer in answers[:-1] for remark in answer.remarks} == {check}


@pytest.mark.parametrize(
    ("name", "artefact"),
    [("noise", Artefact.NOISE), ("ghosting", Artefact.GHOSTING), ("clipping", Artefact.CLIPPING)],
)
def test_what_is_measured_grows_with_the_artefact(name: str, artefact: Artefact) -> None:
    values = [getattr(measure_quality(spoilt(brain(), artefact, strength)), name) for strength in STRENGTHS]
    assert values == sorted(values)


@pytest.mark.parametrize("phase_axis", [0, 1])
@pytest.mark.parametrize("seed", [100, 102])
def test_movement_is_measured_more_the_more_there_is_until_it_smears_evenly(seed: int, phase_axis: int) -> None:
    moved = [spoilt(brain(seed), Artefact.MOTION, strength, phase_axis=phase_axis) for strength in STRENGTHS]
    values = [measure_quality(scan).motion or 0.0 for scan in moved]
    assert values[:4] == sorted(values[:4])
    assert min(values[3:]) > 1.3 * values[0]
    answers = [asked(scan) for scan in moved]
    assert answers[0].verdict is Verdict.GOOD
    assert all(answer.verdict is not Verdict.GOOD for answer in answers[3:])
    assert {remark.check for answer in answers[1:4] for remark in answer.remarks} <= {"motion"}


@pytest.mark.parametrize("phase_axis", [0, 1])
@pytest.mark.parametrize("seed", [100, 102])
def test_the_more_a_head_moved_the_wider_its_outline_until_it_is_refused(seed: int, phase_axis: int) -> None:
    moved = [spoilt(brain(seed), Artefact.MOTION, strength, phase_axis=phase_axis) for strength in STRENGTHS]
    widths = [measure_quality(scan).outline_mm or 0.0 for scan in moved]
    assert widths == sorted(widths)
    answers = [asked(scan) for scan in moved]
    grades = [worst(answer) for answer in answers]
    assert grades == sorted(grades)
    assert 1 in grades
    assert answers[-1].verdict is Verdict.REFUSED
    assert answers[-1].remarks[0].check == "motion"


def test_a_head_with_a_soft_outline_that_did_not_move_is_read() -> None:
    soft = replace(brain(), voxels=ndimage.gaussian_filter(brain().voxels.astype(np.float32), (4.0, 4.0, 0.0)))
    assert (measure_quality(soft).outline_mm or 0.0) > RULES.outline_mm_refuse
    assert asked(soft).verdict is not Verdict.REFUSED


def test_movement_in_the_back_is_warned_of_only_where_it_is_strong() -> None:
    moved = asked(spoilt(back(), Artefact.MOTION, 1.0))
    assert [remark.check for remark in moved.remarks] in ([], ["motion"])
    assert moved.verdict is not Verdict.REFUSED


def test_a_cut_off_head_is_answered_worse_the_more_is_missing() -> None:
    answers = [asked(cut(brain(), strength)) for strength in STRENGTHS]
    grades = [worst(answer) for answer in answers]
    assert grades == sorted(grades)
    assert (grades[1], grades[3], grades[-1]) == (0, 1, 2)
    told = {remark.check for answer in answers for remark in answer.remarks}
    assert told == {"field-of-view", "coverage"}
    assert "front edge" in next(r.sentence for r in answers[3].remarks if r.check == "field-of-view")


def cut(scan: Volume, strength: float) -> Volume:
    voxels, affine = cropped(scan.voxels, scan.geometry.affine, strength)
    return volume(voxels, affine, Kind.BRAIN_FLAIR)


@pytest.mark.parametrize("how", ["empty", "repeated"])
def test_lost_slices_are_counted_and_too_many_are_refused(how: str) -> None:
    grades = []
    for strength in STRENGTHS[1:]:
        voxels = brain().voxels.copy()
        for k in lost_slices(voxels.shape[2], strength):
            voxels[:, :, k] = 0 if how == "empty" else voxels[:, :, k - 1]
        answer = asked(replace(brain(), voxels=voxels))
        assert answer.remarks[0].check == "slice-gaps"
        assert how.removesuffix("ed")[:5] in answer.remarks[0].sentence or "same as" in answer.remarks[0].sentence
        grades.append(worst(answer))
    assert grades == sorted(grades)
    assert (grades[0], grades[-1]) == (1, 2)


def test_slices_far_apart_are_said() -> None:
    affine = brain().geometry.affine.copy()
    affine[:3, 2] *= 1.6
    (remark,) = asked(volume(brain().voxels, affine, Kind.BRAIN_FLAIR)).remarks
    assert (remark.check, remark.verdict) == ("slice-gaps", Verdict.WARNING)
    assert "mm apart" in remark.sentence


def test_a_flair_whose_fluid_brightens_is_answered_worse_and_a_t2_is_refused() -> None:
    grades = [worst(asked(brain(wrong=strength))) for strength in (0.0, 0.5, 1.0)]
    assert grades == sorted(grades)
    assert (grades[0], grades[-1]) == (0, 2)
    (remark,) = asked(brain(protocol=Protocol.BRAIN_T2)).remarks
    assert (remark.check, remark.verdict) == ("contrast", Verdict.REFUSED)


@pytest.mark.parametrize("protocol", [Protocol.SPINE_T2_SAGITTAL, Protocol.SPINE_T2_AXIAL])
def test_a_back_that_is_called_a_head_is_refused(protocol: Protocol) -> None:
    (remark,) = asked(told_as(back(protocol=protocol), Kind.BRAIN_FLAIR)).remarks
    assert (remark.check, remark.verdict) == ("body-part", Verdict.REFUSED)
    assert "--as" in remark.advice


@pytest.mark.parametrize("kind", [Kind.SPINE_AXIAL, Kind.SPINE_SAGITTAL])
def test_a_head_that_is_called_a_back_is_refused(kind: Kind) -> None:
    remark, *_ = asked(told_as(brain(), kind)).remarks
    assert (remark.check, remark.verdict) == ("body-part", Verdict.REFUSED)


@pytest.mark.parametrize(
    "voxels",
    [
        np.zeros((64, 64, 8), np.int16),
        np.full((64, 64, 8), 7, np.int16),
        np.full((64, 64, 8), np.nan, np.float32),
        np.zeros((1, 1, 1), np.int16),
        np.eye(64)[:, :, None].repeat(8, axis=2),
        np.random.default_rng(1).integers(0, 4096, (64, 64, 8)),
        np.random.default_rng(1).normal(0, 1e30, (64, 64, 8)),
        np.random.default_rng(1).integers(0, 2, (5, 3, 2)),
        np.ones((1, 900, 8)) * (np.arange(8) % 2),
    ],
    ids=["zeros", "sevens", "nan", "one voxel", "a line", "random", "huge", "tiny", "one row"],
)
@pytest.mark.parametrize("kind", Kind)
def test_no_picture_breaks_the_gate(voxels: np.ndarray, kind: Kind) -> None:
    affine = np.diag([-3.0, -3.0, 6.0, 1.0])
    answer = asked(volume(voxels, affine, kind))
    if kind is Kind.BRAIN_FLAIR:
        assert answer.verdict is Verdict.REFUSED
    for remark in answer.remarks:
        assert remark.sentence.endswith(".")
        assert remark.advice.endswith(".")


def test_the_way_the_slices_lie_changes_nothing_that_is_measured_of_the_head() -> None:
    scan = brain()
    turned = volume(
        np.ascontiguousarray(scan.voxels[::-1, :, ::-1]), scan.geometry.affine @ flips(scan.voxels.shape), scan.kind
    )
    assert asked(turned).remarks == ()
    ours, theirs = measure_quality(scan).coverage, measure_quality(turned).coverage
    assert ours is not None
    assert theirs is not None
    assert dict(ours.cut) == pytest.approx(dict(theirs.cut), abs=0.05)
    assert ours.extent_mm == pytest.approx(theirs.extent_mm, abs=10.0)


def flips(shape: tuple[int, int, int]) -> np.ndarray:
    turn = np.diag([-1.0, 1.0, -1.0, 1.0])
    turn[0, 3], turn[2, 3] = shape[0] - 1, shape[2] - 1
    return turn


def test_the_gate_takes_a_fifth_of_a_second_at_most() -> None:
    large = volume(
        np.random.default_rng(0).integers(0, 4000, (512, 512, 200), dtype=np.int16),
        np.diag([-0.5, -0.5, 1.0, 1.0]),
        Kind.BRAIN_FLAIR,
    )
    for scan in (brain(), back(), large):
        asked(scan)
        start = time.process_time()
        asked(scan)
        allowed = 0.2 * max(1.0, scan.voxels.size / 180 / 256**2)
        assert time.process_time() - start < allowed


def test_no_real_brain_is_refused_and_few_are_warned_of(shared_data: Path) -> None:
    answers = Counter(asked(scan).verdict for _, scan in real_brains(shared_data))
    assert answers[Verdict.REFUSED] == 0
    assert answers[Verdict.WARNING] <= 2
    assert answers.total() >= 28


def test_real_heads_with_air_around_them_are_refused_once_they_moved_badly(shared_data: Path) -> None:
    heads = [scan for name, scan in real_brains(shared_data) if name.startswith("tabriz")]
    assert len(heads) >= 10
    assert {asked(spoilt(head, Artefact.MOTION, 1.0)).verdict for head in heads} == {Verdict.REFUSED}


@pytest.mark.slow
def test_no_real_back_is_refused_and_only_clipped_pictures_are_warned_of(shared_data: Path) -> None:
    answers = {name: asked(scan) for name, scan in real_backs(shared_data)}
    assert len(answers) >= 600
    assert [name for name, answer in answers.items() if answer.verdict is Verdict.REFUSED] == []
    told = Counter(remark.check for answer in answers.values() for remark in answer.remarks)
    assert set(told) <= {"clipping", "coverage"}
    assert told["coverage"] <= 1
