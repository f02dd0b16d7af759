"""Where a NIfTI file says that its voxels lie, and how far that can be trusted.

The sform counts before the qform, as in nibabel. Where neither is set the file does not say which side
is left: it is read, since a picture without sides is still a picture, and the warning says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from nibabel.spatialimages import HeaderDataError

from appliance.errors import BadGeometry
from appliance.volumes.alignment import leaning
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.contracts import Affine, Source
    from appliance.settings import Reading

MILLIMETRES = {"meter": 1000.0, "micron": 0.001}
UNKNOWN_SIDES = (
    "The file does not say how it lies in the patient (no sform, no qform): left and right cannot be trusted."
)
TWO_PLACES = "The file gives two different places for its voxels (sform and qform); the sform is taken."


def placed(header: Any, source: Source, reading: Reading) -> tuple[Affine, tuple[str, ...]]:  # noqa: ANN401 - nibabel is untyped
    """Give the affine (index → RAS millimetres) and what a reader must know about it."""
    shape = np.array(header.get_data_shape()[:3])
    known = [affine for affine in (_sform(header), _qform(header)) if affine is not None]
    affine = known[0] if known else np.asarray(header.get_base_affine(), dtype=np.float64)
    warnings: list[str] = [] if known else [UNKNOWN_SIDES]
    if len(known) > 1 and _apart(known[0], known[1], shape) > _smallest_step(affine) / 2:
        warnings.append(TWO_PLACES)
    factor, unit_warnings = _unit(header)
    affine = np.diag([factor, factor, factor, 1.0]) @ affine
    _check_steps(affine, source, reading)
    return affine, (*warnings, *unit_warnings, *leaning(affine, reading))


def _sform(header: Any) -> Affine | None:  # noqa: ANN401 - nibabel is untyped
    affine = header.get_sform(coded=True)[0]
    return affine if affine is not None and _usable(affine) else None


def _qform(header: Any) -> Affine | None:  # noqa: ANN401 - nibabel is untyped
    try:
        affine = header.get_qform(coded=True)[0]
    except (HeaderDataError, ValueError):
        return None
    return affine if affine is not None and _usable(affine) else None


def _usable(affine: Affine) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 0)


def _apart(one: Affine, other: Affine, shape: np.ndarray[Any, Any]) -> float:
    corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=np.float64)
    corners[:, :3] *= shape - 1
    return float(np.abs(corners @ (one - other).T).max())


def _smallest_step(affine: Affine) -> float:
    return float(np.linalg.norm(affine[:3, :3], axis=0).min())


def _unit(header: Any) -> tuple[float, tuple[str, ...]]:  # noqa: ANN401 - nibabel is untyped
    try:
        unit = header.get_xyzt_units()[0]
    except KeyError:
        unit = "unknown"
    factor = MILLIMETRES.get(unit, 1.0)
    return factor, (f"Distances stand in the file in units of a {unit}; they were converted.",) if factor != 1.0 else ()


def _check_steps(affine: Affine, source: Source, reading: Reading) -> None:
    with np.errstate(all="ignore"):
        steps = np.linalg.norm(affine[:3, :3], axis=0)
        axes = affine[:3, :3] / steps
        flat = not abs(np.linalg.det(axes)) > 1e-3  # noqa: PLR2004 - axes that (nearly) lie in one plane
    if flat or not all(reading.min_spacing_mm <= step <= reading.max_spacing_mm for step in steps):
        size = " × ".join(f"{step:.3g}" for step in steps)
        raise BadGeometry(
            f"{shown(source.name)} says that its voxels are {size} mm large, which cannot be.",
            advice="Convert it again from the DICOM files.",
            source=source,
        )
