"""What a later study will be compared with: the FLAIR of the brain and its rim, in 8 bits and not finer than 1 mm.

The scan itself may be gone by then. The rim lets the brain's edge be laid over the later one's; the face is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.contracts import Geometry
from appliance.measure.grid import bounding_box, grown, places_mm, start_of, widened
from appliance.volumes.masks_out import mask_file

if TYPE_CHECKING:
    from appliance.measure.grid import Box, Mask
    from appliance.readers.lesions import LesionReading

FINEST_MM = 1.0
RIM_MM = 6.0
TYPICAL = 85.0
"""The brain's median in the file; three times as bright is white."""


def follow_up_file(reading: LesionReading) -> bytes:
    """Return the brain as the bytes of a ``.nii.gz``; 0 is outside."""
    geometry, inside, box = reading.volume.geometry, *_with_rim(reading)
    values = reading.volume.voxels[box].astype(np.float32)
    values *= np.float32(TYPICAL / max(float(np.median(values[reading.brain[box]])), 1e-6))
    strides = tuple(max(1, int(FINEST_MM / mm)) for mm in geometry.spacing_mm)
    if max(strides) > 1:
        values = ndimage.gaussian_filter(values, [0.5 * stride if stride > 1 else 0.0 for stride in strides])
    every = tuple(slice(None, None, stride) for stride in strides)
    kept = np.where(inside, np.clip(np.rint(values), 1, 255), 0)[every].astype(np.uint8)
    affine = geometry.affine.copy()
    affine[:3, 3] = places_mm(affine, start_of(box))
    affine[:3, :3] = affine[:3, :3] * strides
    return mask_file(kept, Geometry(affine, (kept.shape[0], kept.shape[1], kept.shape[2])))


def _with_rim(reading: LesionReading) -> tuple[Mask, Box]:
    """Widen the brain by its rim; only the box that it then fills is given, and where that lies."""
    brain, spacing = reading.brain | reading.ventricle, reading.volume.geometry.spacing_mm
    box = bounding_box(brain)
    assert box is not None  # a reading has a brain
    steps = [int(RIM_MM / mm) for mm in spacing]
    around = widened(box, steps, brain.shape)
    inside = brain[around]
    for axis, count in enumerate(steps):
        for _ in range(count):
            inside = grown(inside, (axis,))
    return inside, around
