"""Tells whether the fluid of the brain is dark, as on FLAIR, or bright, as on T2.

Deep inside the head lie brain, ventricles and lesions. On FLAIR the ventricles are far darker than brain and
only lesions are brighter; on T2 they are far brighter and nothing is as dark. One number holds both: a head
full of lesions has bright voxels, but its ventricles stay dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.quality.sections import ENOUGH

if TYPE_CHECKING:
    from appliance.quality.sections import Sections

DEEP_MM = 18.0
"""Skin, skull and the fluid under it are thinner than this."""
EVERY = 2
"""Pixels: shares need no more."""
BRIGHT_FROM, DARK_BELOW = 1.6, 0.5
"""Of the brain's median."""


def bright_fluid_of(sections: Sections, pixel_mm: tuple[float, float]) -> float | None:
    """Return the share of bright voxels less that of dark ones, deep inside the head."""
    widths = [2 * round(DEEP_MM / mm / EVERY) + 1 for mm in pixel_mm]
    tissue, values = (stack[:, ::EVERY, ::EVERY] for stack in (sections.tissue, sections.values))
    # Holes are filled: with a wrong inversion time the brain itself may be dark.
    head = np.stack([ndimage.binary_fill_holes(section) for section in tissue])
    filled = ndimage.uniform_filter(head.astype(np.float32), (0, *widths))
    inside = values[filled > 1 - 0.5 / (widths[0] * widths[1])]
    if inside.size < ENOUGH:
        return None
    middle = np.median(inside)
    return float(np.mean(inside > BRIGHT_FROM * middle) - np.mean(inside < DARK_BELOW * middle))
