"""Invented heads as training slices: their truth is exact, and the shipped models must find what was planted.

They are prepared as every scan is, with the brain found by the brain network, and are nobody's data: they may be
learnt from in every fold.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from appliance.preprocess import LesionInput
from appliance.sample.brain_scan import draw_head, draw_imaging, scan_brain, thick_grid
from training.checkpoint import load_checkpoint
from training.datasets.case import Case
from training.pack import pack_brains
from training.predict import answer

if TYPE_CHECKING:
    from appliance.preprocess import Floats, Prepared
    from appliance.sample.brain_scan import BrainScan
    from training.packed import Pack

DATASET = "phantom"
FIRST_SEED = 7000
"""Far from the seeds of the sample clinic, whose scans are read as a test."""


def phantom_pack(count: int, brain: Path) -> Pack:
    """Draw heads with few and many lesions, scan them, and pack them."""
    network, spec = load_checkpoint(brain)

    def find_brain(_: Case, head: Prepared) -> Floats:
        return answer(network, head, range(len(head.slices)))[:, 0]

    with tempfile.TemporaryDirectory() as folder:
        cases = [_written(FIRST_SEED + number, Path(folder)) for number in range(count)]
        return pack_brains(cases, LesionInput(), spec.brain_input, find_brain)


def drawn(seed: int) -> BrainScan:
    """Draw one scan; how many lesions, how thick the slices and how good the scanner differ by seed."""
    draw = np.random.default_rng([seed, 5])
    timing, imaging = draw_imaging(seed)
    head = draw_head(seed, lesions=int(draw.integers(3, 40)), total_ml=float(draw.uniform(1.0, 35.0)))
    grid = thick_grid(seed, slices=int(draw.integers(18, 34)))
    return scan_brain(head, grid, seed=seed, timing=timing, imaging=imaging)


def _written(seed: int, folder: Path) -> Case:
    scan = drawn(seed)
    name = f"P{seed}"
    for kind, values in (("flair", scan.voxels), ("lesion", scan.lesion), ("ventricle", scan.ventricle)):
        nib.save(nib.Nifti1Image(values, scan.affine), folder / f"{name}_{kind}.nii")
    paths = {kind: folder / f"{name}_{kind}.nii" for kind in ("flair", "lesion", "ventricle")}
    return Case(DATASET, name, name, paths["flair"], lesion=paths["lesion"], ventricle=paths["ventricle"])
