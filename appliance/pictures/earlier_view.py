"""The earlier study laid over a slice of this one, for the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.grid import inverse, places_mm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.measure.align import Alignment, Scan
    from appliance.pictures.axial_view import AxialView


def earlier_slice(scan: Scan, alignment: Alignment, view: AxialView, index: int) -> NDArray[np.float32]:
    """Read the earlier scan where the pixels of one slice were then; 0 where it saw nothing."""
    to_index = inverse(scan.geometry.affine) @ alignment.matrix
    at = np.moveaxis(places_mm(to_index, view.places_mm(index)), -1, 0)
    return np.asarray(ndimage.map_coordinates(scan.voxels, at, order=1, output=np.float32), dtype=np.float32)
