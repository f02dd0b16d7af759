"""From a slice of any part of the body to what a further reading's network takes; training uses the same code.

Square pixels, mean 0 and spread 1, the middle of the slice; what lies outside it is its edge drawn on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.spine_inputs import at_spacing, standardised, window

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from appliance.spine_inputs import Image


@dataclass(frozen=True, slots=True)
class SliceInput:
    """The middle of a slice, one channel."""

    spacing_mm: float
    rows: int
    columns: int


def slice_input(image: NDArray[np.generic], spacing_mm: tuple[float, float], how: SliceInput) -> Image:
    """Prepare one slice ``[row, column]``, given the millimetres between its rows and between its columns."""
    even = at_spacing(image, spacing_mm, how.spacing_mm)
    return standardised(window(even, (even.shape[0] / 2, even.shape[1] / 2), (how.rows, how.columns)))
