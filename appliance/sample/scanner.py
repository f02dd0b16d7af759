"""A body on the table → voxels as a 1.5 T scanner gives them, and the truth on the same grid.

Each slice is painted at several depths and averaged (slice thickness), brightened by the coil, taken
to k-space, where resolution, fat's shift, movement and noise belong, and brought back as a magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import ndimage

from appliance.sample import kspace
from appliance.sample.canvas import Canvas
from appliance.sample.coils import HeadCoil
from appliance.sample.lattice import Places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.canvas import Palette
    from appliance.sample.coils import Coil
    from appliance.sample.lattice import Floats


class Body(Protocol):
    """Anything that can be scanned."""

    def paint(self, canvas: Canvas, places: Places) -> None:
        """Paint every structure that the places meet."""

    def covers(self, places: Places) -> NDArray[np.bool_]:
        """Say which places may hold anything but air."""


@dataclass(frozen=True, slots=True)
class Imaging:
    """How well the scanner sees, and how still the patient lies."""

    noise: float = 0.045
    """Standard deviation of each channel, against the reference tissue's signal."""
    phase_resolution: float = 0.8
    """Lines acquired in the phase direction against a full matrix."""
    phase_axis: int = 0
    """0: along the image's rows, 1: down its columns."""
    fat_shift_px: float = 1.2
    motion_px: float = 0.0
    """How far the patient moves in the course of a slice."""
    slice_drift: float = 0.02
    """Brightness from slice to slice."""
    coil: Coil = field(default_factory=HeadCoil)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Where the voxels lie, and how thick a slice is."""

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]
    """Index → scanner's RAS millimetres."""
    thickness_mm: float
    depths: int = 3
    """Painted per slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What came out."""

    voxels: Floats
    """``[i, j, k]``; the reference tissue has about the value 1."""
    shares: dict[str, Floats]
    """For each kept structure, how much of each voxel it fills."""


def scan(
    body: Body,
    grid: Grid,
    palette: Palette,
    *,
    reference: float,
    imaging: Imaging,
    pose: NDArray[np.float64],
    seed: int,
) -> Scan:
    """Scan a body; ``pose`` takes the scanner's millimetres to the body's own."""
    rng = np.random.default_rng([seed, 7])
    slices, kept = [], []
    for k in range(grid.shape[2]):
        water, fat, shares = _paint_slice(body, grid, palette, pose, k)
        gain = imaging.coil.gain(_slice_places(grid, k, 0.0), seed) / np.float32(reference)
        drift = 1.0 + imaging.slice_drift * rng.standard_normal()
        slices.append(acquire(water * gain * drift, fat * gain * drift, imaging, rng))
        kept.append(shares)
    return Scan(np.stack(slices, axis=2).astype(np.float32), _stacked(kept, grid.shape[:2]))


def expose(body: Body, grid: Grid, palette: Palette, *, pose: NDArray[np.float64], seed: int) -> Scan:
    """Take a CT: no k-space, no coil, but quantum noise."""
    rng = np.random.default_rng([seed, 9])
    slices, kept = [], []
    for k in range(grid.shape[2]):
        attenuation, _, shares = _paint_slice(body, grid, palette, pose, k)
        quanta = ndimage.gaussian_filter(rng.standard_normal(attenuation.shape, dtype=np.float32), 0.7)
        slices.append(ndimage.gaussian_filter(attenuation, 0.5) + 18.0 * quanta)
        kept.append(shares)
    return Scan(np.stack(slices, axis=2), _stacked(kept, grid.shape[:2]))


def _stacked(kept: list[dict[str, Floats]], shape: tuple[int, int]) -> dict[str, Floats]:
    names = sorted({name for shares in kept for name in shares})
    empty = np.zeros(shape, dtype=np.float32)
    return {name: np.stack([shares.get(name, empty) for shares in kept], axis=2) for name in names}


def _slice_places(grid: Grid, k: int, offset: float) -> Places:
    """Give the scanner's coordinates of one slice, ``offset`` millimetres along its normal."""
    i, j = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in grid.shape[:2]], indexing="ij")
    normal = grid.affine[:3, 2] / np.linalg.norm(grid.affine[:3, 2])
    start = grid.affine[:3, 3] + grid.affine[:3, 2] * k + normal * offset
    x, y, z = (start[n] + grid.affine[n, 0] * i + grid.affine[n, 1] * j for n in range(3))
    return Places(*(np.asarray(axis, dtype=np.float32) for axis in (x, y, z)))


def _in_body(places: Places, pose: NDArray[np.float64]) -> Places:
    rows = pose.astype(np.float32)
    return Places(
        *(rows[n, 0] * places.x + rows[n, 1] * places.y + rows[n, 2] * places.z + rows[n, 3] for n in range(3))
    )


def _paint_slice(
    body: Body, grid: Grid, palette: Palette, pose: NDArray[np.float64], k: int
) -> tuple[Floats, Floats, dict[str, Floats]]:
    offsets = ((np.arange(grid.depths) + 0.5) / grid.depths - 0.5) * grid.thickness_mm
    layers = [_in_body(_slice_places(grid, k, float(offset)), pose) for offset in offsets]
    places = Places(*(np.stack([getattr(layer, axis) for layer in layers]) for axis in "xyz"))
    inside = body.covers(places)
    canvas = Canvas((int(inside.sum()),), palette, float(np.linalg.norm(grid.affine[:3, 0])))
    if inside.any():
        body.paint(canvas, Places(places.x[inside], places.y[inside], places.z[inside]))
    spread = {name: _averaged(values, inside) for name, values in canvas.shares.items()}
    return _averaged(canvas.water, inside), _averaged(canvas.fat, inside), spread


def _averaged(values: Floats, inside: NDArray[np.bool_]) -> Floats:
    full = np.zeros(inside.shape, dtype=np.float32)
    full[inside] = values
    mean: Floats = full.mean(axis=0)
    return mean


def acquire(water: Floats, fat: Floats, imaging: Imaging, rng: np.random.Generator) -> Floats:
    """Take one slice through k-space."""
    phase = imaging.phase_axis
    spectrum: kspace.Spectrum = kspace.to_kspace(water) + kspace.shifted(
        kspace.to_kspace(fat), 1 - phase, imaging.fat_shift_px
    )
    if imaging.motion_px > 0:
        spectrum = kspace.restless(spectrum, phase, imaging.motion_px, rng)
    spectrum = spectrum + kspace.noise(water.shape, imaging.noise, rng)
    return kspace.magnitude(spectrum * kspace.window(water.shape, phase, imaging.phase_resolution))
