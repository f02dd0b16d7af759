"""Inputs of people who do not exist: what golden cases are made of, so that no patient's slice is published.

Values are rounded to 8 bits where a network is used to 8 bits, which makes the files small.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Geometry
from appliance.preprocess import canonical, prepare_brain, prepare_head
from appliance.sample.brain_scan import BrainScan, draw_head, draw_imaging, scan_brain, thick_grid
from appliance.sample.scan_spec import Protocol
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, sagittal_grid, scan_spine
from appliance.sample.spine_traits import spine_traits
from appliance.spine_inputs import PATCH, axial_crop, disc_inputs, locator_input, sagittal_input, window

if TYPE_CHECKING:
    from appliance.engine.network import Floats
    from appliance.preprocess import Axial, BrainInput, LesionInput

SEED = 20
HALF = 0.5
SLICES, LESIONS, LESION_ML = 20, 18, 14.0
SAGITTAL_GOLDEN = 192
LEVEL = "L4/L5"
"""The disc that the axial slices lie along."""


@cache
def phantom_scan(seed: int = SEED) -> BrainScan:
    """Scan an invented head with lesions; the seed settles the head, the scanner and the slices."""
    timing, imaging = draw_imaging(seed)
    head = draw_head(seed, lesions=LESIONS, total_ml=LESION_ML)
    grid = thick_grid(seed, slices=SLICES)
    return scan_brain(head, grid, seed=seed, timing=timing, imaging=imaging)


def as_axial(values: np.ndarray, scan: BrainScan) -> Axial:
    """Turn voxels of a phantom into a radiologist's stack."""
    return canonical(np.asarray(values, dtype=np.float32), Geometry(scan.affine, values.shape))


def head_slice(spec: BrainInput) -> Floats:
    """Return the slice through the middle of the head, as the brain network sees it."""
    scan = phantom_scan()
    prepared = prepare_head(as_axial(scan.voxels, scan), spec)
    return in_eight_bits(prepared.batch([len(prepared.slices) // 2]))


def brain_slice(spec: LesionInput) -> Floats:
    """Return the slice with most lesion, as the lesion network sees it."""
    scan = phantom_scan()
    brain = as_axial(scan.brain, scan).voxels > HALF
    prepared = prepare_brain(as_axial(scan.voxels, scan), brain, spec)
    lesion = as_axial(scan.lesion, scan).voxels.sum(axis=(1, 2))
    return in_eight_bits(prepared.batch([int(lesion.argmax())]))


@cache
def phantom_axial() -> Floats:
    """Return an axial slice through a disc of an invented spine, brightest at 255."""
    spine = make_spine(spine_traits(SEED))
    grid = axial_grid(spine, LEVEL, slices=3)
    return _picture(scan_spine(spine, grid, seed=SEED, protocol=Protocol.SPINE_T2_AXIAL).voxels[:, :, 1])


@cache
def phantom_sagittal() -> Floats:
    """Return the middle sagittal slice of an invented spine, brightest at 255."""
    spine = make_spine(spine_traits(SEED))
    return _picture(
        scan_spine(spine, sagittal_grid(slices=3), seed=SEED, protocol=Protocol.SPINE_T2_SAGITTAL).voxels[:, :, 1]
    )


def locator_golden() -> Floats:
    """Return an axial slice as the locator sees it."""
    return in_steps(locator_input(phantom_axial())[None, None])


def crop_golden() -> Floats:
    """Return the crop around the middle of an axial slice."""
    rows, columns = phantom_axial().shape
    return in_steps(axial_crop(phantom_axial(), (rows / 2, columns / 2))[None, None])


def sagittal_golden() -> Floats:
    """Return the middle of a sagittal slice as the segmenter sees it: it takes any size, and less is to be stored."""
    shown = sagittal_input(phantom_sagittal())
    middle = (shown.shape[0] / 2, shown.shape[1] / 2)
    return in_steps(window(shown, middle, (SAGITTAL_GOLDEN, SAGITTAL_GOLDEN))[None, None])


def disc_golden(facts: int) -> Floats:
    """Return a square of a sagittal slice, with facts of no disc."""
    rows, columns = (side // 2 for side in phantom_sagittal().shape)
    half = PATCH.side // 2
    patch = phantom_sagittal()[rows - half : rows + half, columns - half : columns + half]
    even = (patch - patch.mean()) / max(float(patch.std()), 1e-6)
    return in_steps(disc_inputs(even[None], np.full(facts, 0.5, dtype=np.float32)))


def in_eight_bits(values: Floats) -> Floats:
    """Round values of 0 … 1 to what 8 bits hold."""
    return (np.rint(values * 255) / 255).astype(np.float32)


def in_steps(values: Floats) -> Floats:
    """Round standardised values to steps that pack well."""
    return (np.rint(values * 32) / 32).astype(np.float32)


def _picture(section: Floats) -> Floats:
    """Turn ``[i, j]`` into rows and columns, at the brightness of an 8-bit picture."""
    rows = np.ascontiguousarray(section.T)
    return (rows * (255.0 / max(float(np.percentile(rows, 99.5)), 1e-6))).clip(0, 255).astype(np.float32)
