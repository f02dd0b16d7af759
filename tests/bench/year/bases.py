"""The scans that a year's visits are made from: drawn by the sample generator or published, kept in one folder.

A head costs the generator seconds and a visit made from one costs tenths of one, so that a thousand different visits
come from a few dozen scans. Published scans stay where they are; what is kept of them is thrown away with the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from appliance.sample.brain_scan import draw_head, fine_grid, scan_brain, thick_grid
from appliance.sample.scan_spec import Protocol
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import sagittal_grid, scan_spine
from appliance.sample.spine_traits import spine_traits
from tests.bench.year.plan import Pool, Scan

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BRIGHT, CEILING = 2000.0, 4095.0
"""What the brightest two hundredth of a published scan become, and the largest value: twelve bits hold it."""
THICK_SLICES = 64
"""A published scan with more is a fine one, and a fine head of the sample generator stands for those."""
REAL_HEADS = ("tabriz/*/flair.nii.gz", "tabriz_unlabelled/*/flair.nii.gz", "ljubljana_longitudinal/*/*_flair.nii.gz")


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """One scan."""

    voxels: NDArray[np.float32]
    """``[i, j, k]``."""
    affine: NDArray[np.float64]


def pool_for(studies: int, data: Path) -> Pool:
    """Say how many scans a year of this size is made from."""
    many = max(2, min(24, studies // 10))
    return Pool(sample=many, real=len(real_heads(data)), fine=1, backs=max(1, many // 4))


def real_heads(data: Path) -> tuple[Path, ...]:
    """List published FLAIR with thick slices, if they are there."""
    found = (path for pattern in REAL_HEADS for path in sorted((data / "brain").glob(pattern)))
    return tuple(path for path in found if nib.load(path).shape[2] < THICK_SLICES)


class Bases:
    """Draws each scan once, and reads it back when it is needed."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder = folder
        self._real = real_heads(data)
        self._read = lru_cache(maxsize=8)(self._made)

    def of(self, scan: Scan, number: int) -> Base:
        """Give one scan of the pool."""
        return self._read(scan, number)

    def _made(self, scan: Scan, number: int) -> Base:
        if scan is Scan.REAL:
            return _published(self._real[number])
        path = self._folder / f"{scan.name.lower()}-{number}.npz"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            drawn, part = _drawn(scan, number), path.with_suffix(".part.npz")
            np.savez(part, voxels=drawn.voxels.astype(np.float32), affine=drawn.affine)
            part.replace(path)
        with np.load(path) as kept:
            return Base(kept["voxels"], kept["affine"])


def _drawn(scan: Scan, number: int) -> Base:
    seed = 700 + number
    if scan is Scan.BACK:
        spine = make_spine(spine_traits(seed, age_years=45 + 3 * number))
        made = scan_spine(spine, sagittal_grid(), seed=seed, protocol=Protocol.SPINE_T2_SAGITTAL)
        return Base(made.voxels, made.affine)
    head = draw_head(seed, lesions=8 + 3 * (number % 6), total_ml=2.0 + 2.0 * (number % 6))
    fine = scan is Scan.FINE
    position = fine_grid(seed) if fine else thick_grid(seed, depths=1)
    protocol = Protocol.BRAIN_FLAIR_3D if fine else Protocol.BRAIN_FLAIR
    brain = scan_brain(head, position, seed=seed, protocol=protocol)
    return Base(brain.voxels, brain.affine)


def _published(path: Path) -> Base:
    image = nib.load(path)
    voxels = np.asarray(image.dataobj, dtype=np.float32)
    voxels *= BRIGHT / max(float(np.percentile(voxels, 99.5)), 1e-6)
    return Base(voxels.clip(0.0, CEILING), np.asarray(image.affine, dtype=np.float64))
