"""Two scans of one patient are laid over each other rigidly, or it is said why not."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
from phantom_brain import grid
from phantom_pair import error_mm, motion, scan
from scipy import ndimage

from appliance.contracts import Geometry
from appliance.measure.align import Alignment, NotAligned, Scan, align
from appliance.settings import Change

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RULE = Change()
THIN = grid((1.2, 1.2, 1.2), size_mm=150)
THICK = grid((0.9, 0.9, 5.0), size_mm=150)
TURNED = grid((1.0, 1.0, 4.0), size_mm=150, turned_deg=15)


@pytest.mark.parametrize(
    ("now", "before", "turn", "shift"),
    [
        (THIN, THIN, (0, 0, 0), (0, 0, 0)),
        (THIN, THIN, (18, 5, -6), (15, -20, 12)),
        (THICK, THIN, (-15, 4, 4), (5, 10, -8)),
        (THIN, THICK, (10, -6, 8), (0, 0, 10)),
        (THICK, TURNED, (-8, 3, -5), (10, 5, 5)),
    ],
    ids=["unmoved", "thin", "thick on thin", "thin on thick", "thick on oblique"],
)
def test_a_known_motion_is_found_to_a_fraction_of_a_voxel(
    now: Geometry, before: Geometry, turn: tuple[float, ...], shift: tuple[float, ...]
) -> None:
    moved = motion(turn, shift)
    found = align(scan(now, np.eye(4)), scan(before, moved, seed=1, gain=120), RULE)
    assert isinstance(found, Alignment)
    assert error_mm(found.matrix, np.eye(4), moved) < (0.5 if now is before else 1.2)
    assert found.overlap > 0.9
    assert np.allclose(found.matrix[:3, :3] @ found.matrix[:3, :3].T, np.eye(3))


def test_a_head_far_from_where_it_was_is_found_by_its_brain() -> None:
    moved = motion((12, 0, 0), (70, -50, 40))
    before = scan(Geometry(moved @ THIN.affine, THIN.shape), moved)
    found = align(scan(THIN, np.eye(4)), before, RULE)
    assert isinstance(found, Alignment)
    assert error_mm(found.matrix, np.eye(4), moved) < 0.8


def test_new_lesions_do_not_pull_the_alignment() -> None:
    moved = motion((6, -3, 2), (4, 4, -4))
    lesions = [((22, y, 18), 6.0) for y in (-30, -15, 0, 15, 30)]
    found = align(scan(THIN, np.eye(4), lesions), scan(THIN, moved), RULE)
    assert isinstance(found, Alignment)
    assert error_mm(found.matrix, np.eye(4), moved) < 0.5


def test_the_same_scans_give_the_same_result() -> None:
    now, before = scan(THICK, np.eye(4)), scan(THIN, motion((5, 0, 0)))
    first, second = align(now, before, RULE), align(now, before, RULE)
    assert isinstance(first, Alignment)
    assert isinstance(second, Alignment)
    assert np.array_equal(first.matrix, second.matrix)


def test_scans_that_do_not_match_are_refused_in_words() -> None:
    now = scan(THIN, np.eye(4))
    noise = np.random.default_rng(0).integers(100, 200, THIN.shape).astype(np.int16)
    refused = align(now, Scan(noise, THIN, now.brain), RULE)
    assert isinstance(refused, NotAligned)
    assert "do not match" in refused.sentence


def test_an_even_image_is_refused_and_does_not_crash() -> None:
    now = scan(THIN, np.eye(4))
    assert isinstance(align(now, Scan(np.full(THIN.shape, 7), THIN, now.brain), RULE), NotAligned)
    assert isinstance(align(Scan(np.zeros(THIN.shape), THIN, now.brain), now, RULE), NotAligned)


def test_a_study_without_a_brain_is_refused_in_words() -> None:
    now = scan(THIN, np.eye(4))
    refused = align(now, Scan(now.voxels, THIN, np.zeros_like(now.brain)), RULE)
    assert isinstance(refused, NotAligned)
    assert "No brain" in refused.sentence


def test_a_study_that_shows_only_a_slab_is_refused_in_words() -> None:
    now = scan(THIN, np.eye(4))
    slab = slice(60, 75)
    affine = THIN.affine.copy()
    affine[:3, 3] += affine[:3, 2] * slab.start
    part = Scan(
        now.voxels[:, :, slab], Geometry(affine, (*THIN.shape[:2], slab.stop - slab.start)), now.brain[:, :, slab]
    )
    refused = align(now, part, RULE)
    assert isinstance(refused, NotAligned)
    assert "in common" in refused.sentence


@pytest.mark.parametrize(("patient", "worst_mm"), [("patient01", 0.8), ("patient03", 1.8)])
def test_real_pairs_are_aligned_as_their_publishers_did(shared_data: Path, patient: str, worst_mm: float) -> None:
    """The published transforms are affine; their own departure from rigid is 0.31 and 0.73 mm at most."""
    folder = shared_data / "brain" / "ljubljana_longitudinal" / patient
    common = nibabel.load(folder / "brain_common.nii.gz")
    brain = np.asarray(common.dataobj) > 0
    to_study = [_published(folder / f"study{n}_to_common.txt") for n in (1, 2)]
    scans = [_scan(folder / f"study{n}_flair.nii.gz", common.affine, brain, to_study[n - 1]) for n in (1, 2)]
    began = time.process_time()
    found = align(scans[1], scans[0], RULE)
    assert time.process_time() - began < 6
    assert isinstance(found, Alignment)
    indices = np.argwhere(brain)[::200]
    places = np.c_[indices, np.ones(len(indices))] @ common.affine.T
    was, thought = places @ to_study[0].T, places @ to_study[1].T @ found.matrix.T
    errors = np.linalg.norm((was - thought)[:, :3], axis=1)
    assert errors.max() < worst_mm
    assert errors.mean() < worst_mm / 2


def _published(path: Path) -> NDArray[np.float64]:
    """An ITK affine, LPS, that maps a point of the common space to the study's own; returned for RAS."""
    lines = dict(line.split(": ") for line in path.read_text().splitlines() if ": " in line)
    numbers, centre = (np.array(lines[key].split(), dtype=float) for key in ("Parameters", "FixedParameters"))
    matrix = np.eye(4)
    matrix[:3, :3] = numbers[:9].reshape(3, 3)
    matrix[:3, 3] = numbers[9:] + centre - matrix[:3, :3] @ centre
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    return flip @ matrix @ flip


def _scan(path: Path, common: NDArray[np.float64], brain: NDArray[np.bool_], to_study: NDArray[np.float64]) -> Scan:
    image = nibabel.load(path)
    back = np.linalg.inv(common) @ np.linalg.inv(to_study) @ image.affine
    mask = ndimage.affine_transform(brain.astype(np.uint8), back[:3, :3], back[:3, 3], image.shape, order=0) > 0
    return Scan(np.asarray(image.dataobj), Geometry(image.affine, image.shape), mask)
