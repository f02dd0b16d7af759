"""A few slices of a volume, what on them is tissue and what is air, and how bright tissue is.

Everything is relative to the middle of whatever is brighter than the mean: scanners have no common unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

if TYPE_CHECKING:
    from appliance.contracts import Voxels

Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]

MOST_SECTIONS = 8
"""More tell nothing new and cost time."""
FIRST_SHARE, LAST_SHARE = 0.25, 0.8
"""Between these parts of a long stack: its ends hold little of the patient."""
TISSUE_FROM = 0.25
"""Of what is bright."""
SMOOTHED_PX, AWAY_PX = 5, 9
"""Tissue is told on a smoothed picture; air is what is this far from it."""
ENOUGH = 500
"""Pixels below which a statistic is not worth having."""


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """Slices ``[n, i, j]`` from the middle of a stack."""

    values: Floats
    """From zero upward, as shares of what is bright: about 1 in tissue."""
    tissue: Mask
    air: Mask


def brightness(values: Floats) -> float:
    """Return the middle of what is brighter than the mean; 0 for a picture of one grey."""
    above = values[values > values.mean(dtype=np.float64)]
    return float(np.median(above)) if above.size else 0.0


def sections_of(voxels: Voxels) -> Sections | None:
    """Choose slices and tell tissue from air; ``None`` where there is nothing in the picture."""
    chosen = voxels[:, :, _chosen(voxels.shape[2])].transpose(2, 0, 1)
    with np.errstate(over="ignore"):
        values = np.asarray(chosen, dtype=np.float32)
    if not np.isfinite(values).all():
        return None
    values = values - min(float(values.min()), 0.0)
    bright = brightness(values[:, ::2, ::2])
    if bright <= 0:
        return None
    values = np.asarray(values / np.float32(bright), dtype=np.float32)
    tissue = ndimage.uniform_filter(values, (0, SMOOTHED_PX, SMOOTHED_PX)) > TISSUE_FROM
    near = ndimage.uniform_filter(tissue.astype(np.float32), (0, AWAY_PX, AWAY_PX))
    return Sections(values, tissue, near < 0.5 / AWAY_PX**2)


def _chosen(count: int) -> NDArray[np.intp]:
    if count <= MOST_SECTIONS:
        return np.arange(count)
    places = np.linspace(FIRST_SHARE * (count - 1), LAST_SHARE * (count - 1), MOST_SECTIONS)
    return np.unique(places.round().astype(np.intp))
