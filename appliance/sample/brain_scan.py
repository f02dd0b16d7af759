"""A head scanned: voxels as a scanner gives them, masks on the same grid, lesions with place and volume.

The same head and the same arguments give the same scan. Hundreds of different ones:
``scan_brain(draw_head(seed, lesions=20, total_ml=8.0), thick_grid(seed), seed=seed)``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.sample.canvas import ct_palette, mr_palette
from appliance.sample.coils import HeadCoil
from appliance.sample.head import Head, make_head
from appliance.sample.head_traits import head_traits
from appliance.sample.lesions import draw_wishes
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol
from appliance.sample.scanner import Grid, Imaging, expose, scan
from appliance.sample.tissues import Tissue, brightness
from appliance.sample.truth import LesionTruth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.lattice import Floats
    from appliance.sample.lesions import Lesion
    from appliance.sample.scan_spec import Timing

WHITE_MATTER: Final = 1000.0
"""The voxel value of white matter in the middle of an MR image."""


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """How the head lies in the scanner, and where the slices are."""

    grid: Grid
    pose: NDArray[np.float64]
    """The scanner's millimetres → the head's own."""


@dataclass(frozen=True, slots=True, eq=False)
class BrainScan:
    """One scan and its truth."""

    voxels: Floats
    """``[i, j, k]``."""
    affine: NDArray[np.float64]
    brain: NDArray[np.uint8]
    """Everything within the brain's hull: tissue, furrows and ventricles."""
    ventricle: NDArray[np.uint8]
    """Lateral, third and fourth."""
    lesion: NDArray[np.uint8]
    lesions: tuple[LesionTruth, ...]


def draw_head(seed: int, *, lesions: int, total_ml: float, age_years: float | None = None) -> Head:
    """Draw a person with so many lesions of so much volume together."""
    wishes = draw_wishes(seed, count=lesions, total_ml=total_ml) if lesions else ()
    return make_head(head_traits(seed, age_years=age_years), wishes)


def thick_grid(
    seed: int, *, slices: int = 20, gap_mm: float | None = None, side: int = 256, depths: int = 3
) -> Position:
    """Lay thick axial slices over the whole head, tilted and shifted as heads are."""
    rng = np.random.default_rng([seed, 21])
    distance = float(rng.uniform(6.4, 7.4)) * 20 / slices if gap_mm is None else gap_mm
    pitch = 230.0 / side
    grid = _axial((side, side, slices), (pitch, pitch, distance), 0.9 * distance, depths=depths)
    return Position(grid, draw_pose(rng))


def fine_grid(seed: int, *, spacing_mm: float = 1.0) -> Position:
    """Lay a fine isotropic grid over the whole head."""
    rng = np.random.default_rng([seed, 22])
    shape = (round(184 / spacing_mm), round(224 / spacing_mm), round(172 / spacing_mm))
    grid = _axial(shape, (spacing_mm,) * 3, spacing_mm, depths=1)
    return Position(grid, draw_pose(rng, degrees=5.0))


def draw_pose(rng: np.random.Generator, *, degrees: float = 7.0, shift_mm: float = 5.0) -> NDArray[np.float64]:
    """Draw how a head lies: a nod most of all, a little turn and tilt, a shift."""
    nod, tilt, turn = np.radians(rng.normal(0.0, (degrees * 0.6, degrees * 0.3, degrees * 0.35)))
    return pose_of((float(nod), float(tilt), float(turn)), rng.normal(0.0, shift_mm / 2, 3))


def pose_of(angles: tuple[float, float, float], shift_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn about the three axes, in radians, then shift."""
    pose = np.eye(4)
    for axis, angle in enumerate(angles):
        turn = np.eye(4)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        pose = turn @ pose
    pose[:3, 3] = shift_mm
    return pose


def draw_imaging(seed: int) -> tuple[Timing, Imaging]:
    """Draw the times of a FLAIR and how well a scanner sees, as they differ from one clinic to the next."""
    rng = np.random.default_rng([seed, 23])
    usual = FACTS[Protocol.BRAIN_FLAIR].timing
    repetition = float(rng.uniform(7500.0, 11000.0))
    # The time at which fluid's signal crosses zero, missed by a little.
    null = 4000.0 * (np.log(2.0) - np.log1p(np.exp(-repetition / 4000.0)))
    timing = replace(
        usual,
        echo_ms=round(float(rng.uniform(85.0, 130.0)), 1),
        repetition_ms=round(repetition, 1),
        inversion_ms=round(float(null * rng.uniform(0.97, 1.03)), 1),
    )
    coil = HeadCoil(near=float(rng.uniform(0.05, 0.4)), uneven=float(rng.uniform(0.02, 0.15)))
    imaging = Imaging(
        noise=float(rng.uniform(0.02, 0.08)),
        phase_resolution=float(rng.uniform(0.6, 1.0)),
        phase_axis=int(rng.integers(2)),
        fat_shift_px=float(rng.uniform(0.3, 2.0)),
        slice_drift=float(rng.uniform(0.0, 0.03)),
        coil=coil,
    )
    return timing, imaging


def scan_brain(
    head: Head,
    position: Position,
    *,
    seed: int,
    protocol: Protocol = Protocol.BRAIN_FLAIR,
    timing: Timing | None = None,
    imaging: Imaging | None = None,
) -> BrainScan:
    """Scan a head with a spin-echo protocol."""
    times = timing or FACTS[protocol].timing
    result = scan(
        head,
        position.grid,
        mr_palette(times),
        reference=brightness(Tissue.WHITE, times),
        imaging=imaging or Imaging(),
        pose=position.pose,
        seed=seed,
    )
    return _with_truth(result.voxels * WHITE_MATTER, result.shares, head, position)


def expose_brain(head: Head, position: Position, *, seed: int) -> BrainScan:
    """Take a head CT: Hounsfield units."""
    result = expose(head, position.grid, ct_palette(), pose=position.pose, seed=seed)
    return _with_truth(result.voxels + Tissue.AIR.value.hounsfield, result.shares, head, position)


def _with_truth(voxels: Floats, shares: dict[str, Floats], head: Head, position: Position) -> BrainScan:
    empty = np.zeros(voxels.shape, dtype=np.float32)
    brain, ventricle, lesion = (
        (shares.get(name, empty) > 0.5).astype(np.uint8) for name in ("brain", "ventricle", "lesion")
    )
    truths = tuple(_lesion_truth(lesion, head, position) for lesion in head.lesions)
    return BrainScan(voxels, position.grid.affine, brain, ventricle, lesion, truths)


def _lesion_truth(lesion: Lesion, head: Head, position: Position) -> LesionTruth:
    own = head.to_scanner(lesion.centre)
    centre = np.linalg.solve(position.pose, [*own, 1.0])[:3]
    x, y, z = (round(float(v), 2) for v in centre)
    return LesionTruth((x, y, z), lesion.ml, lesion.region)


def _axial(shape: tuple[int, int, int], spacing: tuple[float, float, float], thickness: float, *, depths: int) -> Grid:
    """Rows run to the patient's left, columns to the back, slices from below the skull's base upward."""
    affine = np.diag([-spacing[0], -spacing[1], spacing[2], 1.0])
    affine[0, 3] = spacing[0] * (shape[0] - 1) / 2
    affine[1, 3] = spacing[1] * (shape[1] - 1) / 2 - 13.0
    affine[2, 3] = 8.0 - spacing[2] * (shape[2] - 1) / 2
    return Grid(shape, affine, thickness, depths)
