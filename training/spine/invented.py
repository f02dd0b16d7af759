"""Invented axial slices whose canal was drawn open or narrow: a small share of what the grader learns from.

They keep the grader from taking the absence of what no invented back has for an open canal, and show it the T2
weighting, of which there are no grades. Nobody who does not exist is ever among those on whom it is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.scan_spec import Protocol
from appliance.sample.scanner import Imaging
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, scan_spine
from appliance.sample.spine_traits import GRADED, SpineTraits, narrowed, spine_traits
from training.datasets.sudirman import GRADES, SPACING_MM, AxialSlice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FIRST_SEED = 70_000
"""Far from the seeds of the sample clinic and of the golden cases: nobody is learnt who is shown later."""
NARROW_MM, OPEN_MM = (4.0, 8.0), 12.0
"""Sacs of this depth are graded; between the two nobody's words are known."""
SIDE = 320
BRIGHTEST = 99.8
"""The percentile that becomes white."""


def invented_slices(count: int, seed: int) -> list[AxialSlice]:
    """Draw so many backs and give one slice of each: by turns narrow and open, by chance T1 or T2."""
    return [_slice(number, np.random.default_rng([seed, number])) for number in range(count)]


def save_invented(slices: Sequence[AxialSlice], path: Path) -> None:
    """Keep what took seconds a slice to draw."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.stack([item.pixels for item in slices])
    np.savez_compressed(
        path, pixels=pixels, levels=[item.level for item in slices], grades=[item.student for item in slices]
    )


def load_invented(path: Path) -> list[AxialSlice]:
    """Read them again."""
    with np.load(path) as kept:
        drawn = zip(kept["pixels"], kept["levels"].tolist(), kept["grades"].tolist(), strict=True)
        return [_named(number, *each) for number, each in enumerate(drawn)]


def _named(number: int, pixels: NDArray[np.uint8], level: str, grade: int) -> AxialSlice:
    return AxialSlice(f"invented-{number}", -1 - number, level, pixels, student=grade)


def _slice(number: int, rng: np.random.Generator) -> AxialSlice:
    level = str(rng.choice(GRADED))
    wanted = number % 2 == 0
    traits = _narrow(number, level, rng) if wanted else _open(number, level, rng)
    spine = make_spine(traits)
    grid = axial_grid(spine, level, slices=1, side=SIDE, field_mm=SIDE * SPACING_MM)
    protocol = Protocol.SPINE_T2_AXIAL if rng.random() < 1 / 2 else Protocol.SPINE_T1_AXIAL
    imaging = Imaging(noise=float(rng.uniform(0.015, 0.045)), phase_resolution=0.75, phase_axis=1)
    scan = scan_spine(spine, grid, seed=traits.seed, protocol=protocol, imaging=imaging)
    grade = GRADES.index("Serious" if wanted else "No")
    return _named(number, _in_eight_bits(scan.voxels[:, :, 0].T), level, grade)


def _narrow(number: int, level: str, rng: np.random.Generator) -> SpineTraits:
    traits = spine_traits(FIRST_SEED + number, age_years=rng.uniform(30, 80))
    return narrowed(traits, level, sac_depth=float(rng.uniform(*NARROW_MM)))


def _open(number: int, level: str, rng: np.random.Generator) -> SpineTraits:
    """Draw until somebody is roomy enough at that level."""
    while True:
        traits = spine_traits(FIRST_SEED + int(rng.integers(10_000, 20_000)) + number, age_years=rng.uniform(20, 70))
        if traits.level(level).sac_depth >= OPEN_MM:
            return traits


def _in_eight_bits(voxels: NDArray[np.float32]) -> NDArray[np.uint8]:
    whitest = float(np.percentile(voxels, BRIGHTEST)) or 1.0
    levels: NDArray[np.uint8] = (np.clip(voxels / whitest, 0.0, 1.0) * 255).astype(np.uint8)
    return levels
