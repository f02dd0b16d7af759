"""The shipped models on invented scans, opened and read once for all tests that look at what came out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import (
    Geometry,
    Kind,
    PatientFacts,
    SeriesFacts,
    SliceOrigin,
    Source,
    StudyFacts,
    Volume,
    Weighting,
)
from appliance.engine.choice import Device
from appliance.engine.engines import Engines
from appliance.models import load_package
from appliance.models.slots import FACTORY
from appliance.readers.brain import BrainGiven
from appliance.readers.desk import Desk
from appliance.readers.spine_axial import AxialGiven
from appliance.sample.brain_scan import draw_head, scan_brain, thick_grid
from appliance.sample.scan_spec import Protocol
from appliance.sample.spine import make_spine
from appliance.sample.spine_scan import axial_grid, sagittal_grid, scan_spine
from appliance.sample.spine_traits import narrowed, spine_traits
from appliance.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.models import ModelPackage
    from appliance.readers.brain import BrainAnswer
    from appliance.readers.desk import AxialAnswer, SagittalAnswer
    from appliance.sample.brain_scan import BrainScan
    from appliance.sample.spine import Spine
    from appliance.sample.spine_scan import SpineScan

SETTINGS = Settings()
SEED = 2028
NARROW, LEVELS = "L4/L5", ("L3/L4", "L4/L5", "L5/S1")


@cache
def packages() -> tuple[ModelPackage, ...]:
    return tuple(load_package(folder, SETTINGS.limits) for folder in sorted(FACTORY.iterdir()) if folder.is_dir())


@cache
def engines() -> Engines:
    return Engines(SETTINGS.computing, Device.CPU)


@cache
def desk() -> Desk:
    return Desk(packages(), engines(), SETTINGS)


def volume(
    voxels: NDArray[np.generic],
    affine: NDArray[np.float64],
    kind: Kind,
    weighting: Weighting,
    *,
    age: float | None = 36.0,
) -> Volume:
    """Wrap voxels as a DICOM stack would be."""
    rows, columns, slices = voxels.shape
    return Volume(
        voxels=voxels,
        geometry=Geometry(np.asarray(affine, dtype=np.float64), (rows, columns, slices)),
        kind=kind,
        weighting=weighting,
        patient=PatientFacts(age_years=age, sex="F"),
        study=StudyFacts(),
        series=SeriesFacts(),
        origins=tuple(SliceOrigin(Source(Path("nowhere"))) for _ in range(slices)),
    )


@cache
def head_scan() -> BrainScan:
    """A head with 24 lesions, 20 thick slices."""
    return scan_brain(draw_head(SEED, lesions=24, total_ml=14.0, age_years=46), thick_grid(SEED, side=256), seed=SEED)


@cache
def flair() -> Volume:
    made = head_scan()
    return volume(made.voxels, made.affine, Kind.BRAIN_FLAIR, Weighting.FLAIR)


@cache
def brain_answer() -> BrainAnswer:
    return desk().read_brain(BrainGiven("1", flair()))


@cache
def spine() -> Spine:
    """A spine that is narrow at one level."""
    return make_spine(narrowed(spine_traits(SEED, age_years=63), NARROW, sac_depth=6.5))


@cache
def spine_from_the_side() -> SpineScan:
    return scan_spine(spine(), sagittal_grid(side=384), seed=SEED, protocol=Protocol.SPINE_T2_SAGITTAL)


@cache
def sagittal_scan() -> Volume:
    made = spine_from_the_side()
    return volume(made.voxels, made.affine, Kind.SPINE_SAGITTAL, Weighting.T2)


@cache
def axial_scans() -> tuple[Volume, ...]:
    """The same spine from above, a block of slices for each of three levels, the highest first."""
    above = [
        scan_spine(spine(), axial_grid(spine(), level, slices=4, side=320), seed=SEED, protocol=Protocol.SPINE_T2_AXIAL)
        for level in LEVELS
    ]
    return tuple(volume(one.voxels, one.affine, Kind.SPINE_AXIAL, Weighting.T2) for one in above)


@cache
def sagittal_answer() -> SagittalAnswer:
    return desk().read_sagittal("1", sagittal_scan())


@cache
def axial_answer() -> AxialAnswer:
    return desk().read_axial(AxialGiven(("2", "3", "4"), axial_scans(), sagittal_answer().reading))


def turned(scan: Volume, order: tuple[int, int, int], flips: tuple[int, ...]) -> Volume:
    """The same scan, stored with its axes in another order and direction."""
    affine = scan.geometry.affine.copy()
    voxels = scan.voxels
    for axis in flips:
        affine[:3, 3] = affine[:3, 3] + affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] = -affine[:3, axis]
        voxels = np.flip(voxels, axis)
    affine[:, :3] = affine[:, list(order)]
    assert scan.kind is not None
    assert scan.weighting is not None
    return volume(np.ascontiguousarray(np.transpose(voxels, order)), affine, scan.kind, scan.weighting)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))
