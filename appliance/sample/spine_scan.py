"""A back scanned: sagittal stacks of the lumbar spine, axial stacks angled along a disc, and their truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.sample.canvas import Canvas, mr_palette
from appliance.sample.coils import SpineCoil
from appliance.sample.lattice import Places
from appliance.sample.protocols import FACTS
from appliance.sample.scan_spec import Protocol
from appliance.sample.scanner import Grid, Imaging, scan
from appliance.sample.spine_traits import GRADED
from appliance.sample.tissues import Tissue, brightness
from appliance.sample.truth import LevelTruth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.lattice import Floats
    from appliance.sample.spine import Spine

FAT: Final = 900.0
"""The voxel value of fat where the coil hears it neither loud nor faint."""
VERTEBRA, DISC, CANAL = 1, 2, 3
"""The labels of the mask."""
_STEP_MM: Final = 0.4
"""How finely the sac is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class SpineScan:
    """One scan and its truth."""

    voxels: Floats
    """``[i, j, k]``."""
    affine: NDArray[np.float64]
    labels: NDArray[np.uint8]
    """1 vertebra with its arch (T11 to L5), 2 disc, 3 dural sac."""
    levels: tuple[LevelTruth, ...]
    """Those whose disc's middle lies on the grid."""


def sagittal_grid(*, slices: int = 11, side: int = 384, field_mm: float = 285.0, gap_mm: float = 4.4) -> Grid:
    """Lay sagittal slices over the whole lumbar spine, from right to left."""
    pitch = field_mm / side
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([[0, -pitch, 0], [0, 0, -pitch], [-gap_mm, 0, 0]])
    middle = pitch * (side - 1) / 2
    affine[:3, 3] = [gap_mm * (slices - 1) / 2, middle - 10.0, middle - 25.0]
    return Grid((side, side, slices), affine, 0.9 * gap_mm, depths=2)


def axial_grid(
    spine: Spine, level: str, *, slices: int = 5, side: int = 320, field_mm: float = 220.0, gap_mm: float = 4.4
) -> Grid:
    """Lay axial slices along one disc, as a technician angles them; the middle slice halves the disc."""
    centre, down = spine.frame.disc_plane(level)
    row = np.array([-1.0, 0.0, 0.0])
    column = np.cross(-down, row)
    column = column if column[1] < 0 else -column
    pitch = field_mm / side
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([row * pitch, column * pitch, -down * gap_mm])
    middle = centre + column * 25.0
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array([side, side, slices]) - 1) / 2)
    return Grid((side, side, slices), affine, 0.9 * gap_mm, depths=2)


def localizer_grid(*, side: int = 256, slices: int = 3) -> Grid:
    """Lay a few coarse sagittal slices for planning."""
    return sagittal_grid(slices=slices, side=side, field_mm=380.0, gap_mm=15.0)


def scan_spine(spine: Spine, grid: Grid, *, seed: int, protocol: Protocol, imaging: Imaging | None = None) -> SpineScan:
    """Scan a back with a spin-echo protocol."""
    times = FACTS[protocol].timing
    result = scan(
        spine,
        grid,
        mr_palette(times),
        reference=brightness(Tissue.FAT, times),
        imaging=imaging or Imaging(noise=0.032, phase_resolution=0.75, phase_axis=1, coil=SpineCoil()),
        pose=np.eye(4),
        seed=seed,
    )
    labels = _labels(result.shares, grid.shape)
    levels = tuple(truth for truth in spine_truth(spine) if _on_grid(truth, grid))
    return SpineScan(result.voxels * FAT, grid.affine, labels, levels)


def spine_truth(spine: Spine) -> tuple[LevelTruth, ...]:
    """Tell what every graded level measures."""
    return tuple(_level_truth(spine, name) for name in GRADED)


def _level_truth(spine: Spine, name: str) -> LevelTruth:
    level = spine.traits.level(name)
    x, y, z = (round(float(v), 2) for v in spine.frame.disc_plane(name)[0])
    sac = _sac_across(spine, name)
    return LevelTruth(
        name=name,
        centre_mm=(x, y, z),
        sac_depth_mm=round(float(sac[len(sac) // 2].sum()) * _STEP_MM, 2),
        sac_width_mm=round(float(sac.sum(axis=0).max()) * _STEP_MM, 2),
        sac_area_mm2=round(float(sac.sum()) * _STEP_MM**2, 1),
        disc_wear=round(level.wear, 2),
        narrowed=level.narrowed,
    )


def _sac_across(spine: Spine, name: str) -> Floats:
    """Draw the sac in a disc's plane, finer than any scan: how much of each small square it fills."""
    centre, down = spine.frame.disc_plane(name)
    aside, back = np.meshgrid(np.arange(-16.0, 16.01, _STEP_MM), np.arange(0.0, 60.0, _STEP_MM), indexing="ij")
    axis = np.array([0.0, down[2], -down[1]])
    points = (centre[n] + axis[n] * back + (aside if n == 0 else 0.0) for n in range(3))
    places = Places(*(np.asarray(point, dtype=np.float32).ravel() for point in points))
    canvas = Canvas(places.x.shape, mr_palette(FACTS[Protocol.SPINE_T2_AXIAL].timing), _STEP_MM)
    spine.paint(canvas, places)
    return canvas.shares["canal"].reshape(aside.shape)


def _labels(shares: dict[str, Floats], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    labels = np.zeros(shape, dtype=np.uint8)
    for label, name in ((VERTEBRA, "vertebra"), (DISC, "disc"), (CANAL, "canal")):
        if name in shares:
            labels[shares[name] > 0.5] = label
    return labels


def _on_grid(truth: LevelTruth, grid: Grid) -> bool:
    index = np.linalg.solve(grid.affine, [*truth.centre_mm, 1.0])[:3]
    return bool(np.all(index > -0.5) and np.all(index < np.array(grid.shape) - 0.5))
