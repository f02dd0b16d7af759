"""A brain of balls and ellipsoids on any grid, so that what was planted is known in millimetres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Geometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ISOTROPIC = np.diag([1.0, 1.0, 1.0, 1.0])


def grid(
    spacing: Sequence[float] = (1, 1, 1),
    size_mm: float = 128,
    turned_deg: float = 0,
    sheared: float = 0,
) -> Geometry:
    """A cube of about ``size_mm`` around the patient's origin, oblique and leaning if asked for."""
    angle = np.radians(turned_deg)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    lean = np.eye(3)
    lean[1, 2] = sheared
    shape = tuple(round(size_mm / gap) for gap in spacing)
    affine = np.eye(4)
    affine[:3, :3] = turn @ lean @ np.diag(spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Geometry(affine, (shape[0], shape[1], shape[2]))


def ellipsoid(geometry: Geometry, centre_mm: Sequence[float], radius_mm: float | Sequence[float]) -> NDArray[np.bool_]:
    """Every voxel whose centre is inside, in the patient's millimetres."""
    i, j, k = np.ogrid[tuple(slice(n) for n in geometry.shape)]
    radii = np.broadcast_to(np.asarray(radius_mm, dtype=float), 3)
    a = geometry.affine
    away = sum(
        ((a[row, 0] * i + a[row, 1] * j + a[row, 2] * k + a[row, 3] - centre_mm[row]) / radii[row]) ** 2
        for row in range(3)
    )
    return np.asarray(away <= 1)


def empty(geometry: Geometry) -> NDArray[np.bool_]:
    return np.zeros(geometry.shape, dtype=np.bool_)


def brain_and_ventricle(geometry: Geometry) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A brain of 60 mm radius with a ventricle of 10 × 20 × 10 mm in its middle."""
    return ellipsoid(geometry, (0, 0, 0), 60), ellipsoid(geometry, (0, 0, 0), (10, 20, 10))
