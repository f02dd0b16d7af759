"""The same invented patient scanned twice, with a known motion and known lesions in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from phantom_brain import ellipsoid
from scipy.spatial.transform import Rotation

from appliance.contracts import Geometry
from appliance.measure.align import Alignment, Scan
from appliance.measure.change import Study, study_of
from appliance.measure.lesions import measure_lesions
from appliance.settings import Lesions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Ball = tuple[tuple[float, float, float], float]
BRAIN = ((0, 0, 0), (52, 62, 48))
VENTRICLES = (((9, 5, 6), (5, 24, 8)), ((-9, 5, 6), (5, 24, 8)))
MARKS = (
    ((25, 30, 0), 9, 0.12),
    ((-30, -20, 10), 12, -0.1),
    ((10, -40, -15), 8, 0.1),
    ((-20, 25, 25), 10, 0.08),
    ((0, 0, -30), 14, -0.12),
    ((35, -10, -10), 7, -0.1),
)
"""Soft marks that make the brain's inside look different from place to place."""


def motion(turn_deg: Sequence[float] = (0, 0, 0), shift_mm: Sequence[float] = (0, 0, 0)) -> NDArray[np.float64]:
    """The patient lies differently: patient's millimetres → scanner's."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


def in_patient(geometry: Geometry, moved: NDArray[np.float64]) -> Geometry:
    """The grid, in the patient's own millimetres."""
    return Geometry(np.linalg.inv(moved) @ geometry.affine, geometry.shape)


def scan(
    geometry: Geometry,
    moved: NDArray[np.float64],
    lesions: Sequence[Ball] = (),
    *,
    seed: int = 0,
    noise: float = 0.02,
    gain: float = 300,
) -> Scan:
    """A FLAIR of the patient, as the scanner's grid sees it."""
    own = in_patient(geometry, moved)
    brain = ellipsoid(own, *BRAIN)
    voxels = 0.2 * ellipsoid(own, (0, 0, 0), (60, 72, 56)) + 0.6 * brain
    i, j, k = np.indices(geometry.shape, sparse=True)
    for centre, radius, height in MARKS:
        a = own.affine
        away = sum((a[r, 0] * i + a[r, 1] * j + a[r, 2] * k + a[r, 3] - centre[r]) ** 2 for r in range(3))
        voxels = voxels + height * np.exp(-away / (2 * (radius / 2) ** 2)) * brain
    for centre, radius in VENTRICLES:
        voxels[ellipsoid(own, centre, radius)] = 0.15
    for centre, radius in lesions:
        voxels[ellipsoid(own, centre, radius)] = 1.3
    voxels = voxels + np.random.default_rng(seed).normal(0, noise, geometry.shape)
    return Scan((gain * voxels).astype(np.int16), geometry, brain)


def study(geometry: Geometry, moved: NDArray[np.float64], lesions: Sequence[Ball]) -> Study:
    """The lesions that a perfect model would find."""
    own = in_patient(geometry, moved)
    mask = np.zeros(geometry.shape, dtype=np.bool_)
    for centre, radius in lesions:
        mask |= ellipsoid(own, centre, radius)
    ventricle = np.logical_or.reduce([ellipsoid(own, *each) for each in VENTRICLES])
    return study_of(measure_lesions(mask, ellipsoid(own, *BRAIN), ventricle, geometry, Lesions()), geometry)


def true_alignment(now: NDArray[np.float64], before: NDArray[np.float64]) -> Alignment:
    """What a perfect alignment of the two would be."""
    return Alignment(before @ np.linalg.inv(now), correlation=1.0, overlap=1.0)


def error_mm(found: NDArray[np.float64], now: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    """The largest distance inside the brain between where a place was and where it was thought to have been."""
    rng = np.random.default_rng(0)
    patient = np.c_[rng.normal(0, 1, (500, 3)), np.ones(500)]
    patient[:, :3] *= np.array(BRAIN[1]) / np.linalg.norm(patient[:, :3], axis=1, keepdims=True)
    was, thought = patient @ before.T, patient @ now.T @ found.T
    return float(np.linalg.norm((was - thought)[:, :3], axis=1).max())
