"""What the model was unsure of, as regions for a human to look at.

Guarantees: a candidate shares no voxel with the lesion mask and touches none, so that the soft rim of a
lesion is not reported a second time; candidates are in no count and no volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.grid import Mask, Place, bounding_box, neighbours, place_of, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Geometry
    from appliance.settings import Lesions


@dataclass(frozen=True, slots=True)
class Candidate:
    """One region that may be a lesion."""

    volume_ml: float
    place: Place
    mean_probability: float
    highest_probability: float


def find_candidates(
    probability: NDArray[np.float32], lesion: Mask, geometry: Geometry, rule: Lesions
) -> tuple[Candidate, ...]:
    """List the regions between unsure and lesion, the most probable first."""
    suspect = (probability >= rule.unsure_from) | lesion
    box = bounding_box(suspect)
    if box is None:
        return ()
    touching = neighbours(geometry.spacing_mm, rule.thick_slices_from_mm)
    pieces, count = ndimage.label(suspect[box], structure=touching)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    with_lesion = np.zeros(count + 1, dtype=np.bool_)
    with_lesion[np.unique(pieces[lesion[box]])] = True
    least = rule.min_volume_mm3 / (geometry.voxel_ml * 1000.0)
    start = start_of(box)
    found = [
        _candidate(np.argwhere(pieces[place] == n) + start_of(place) + start, probability, geometry)
        for n, place in enumerate(ndimage.find_objects(pieces), start=1)
        if not with_lesion[n] and sizes[n] >= least
    ]
    return tuple(sorted(found, key=lambda candidate: -candidate.highest_probability))


def _candidate(indices: NDArray[np.intp], probability: NDArray[np.float32], geometry: Geometry) -> Candidate:
    values = probability[tuple(indices.T)].astype(np.float64)
    return Candidate(
        volume_ml=len(indices) * geometry.voxel_ml,
        place=place_of(indices, geometry),
        mean_probability=float(values.mean()),
        highest_probability=float(values.max()),
    )
