"""Noise, clipping, ghosts and movement, each as numbers of which small is good; ``None`` if it cannot be told.

Ghosts and movement are looked for where they arise. A scanner acquires a picture line by line in k-space, and
lines that were acquired alike lie on a smooth curve of energy. If every second line is weaker, the picture is
folded over by half its width (a ghost); if the patient moved between lines, they scatter about the curve and
throw tissue's signal into the air around the patient. The more of it is thrown, the wider the outline that is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, ndimage

from appliance.quality.sections import ENOUGH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.quality.sections import Floats, Sections

NORMAL_MEDIAN = 0.6745
"""The median of the absolute values of a normal distribution, in standard deviations."""
AT_CEILING = 0.995
"""Of the brightest value."""
LOWEST, HIGHEST = 1 / 16, 0.3
"""The lines that are looked at, as shares of the sampling: anatomy rules below, noise above."""
FEWEST_LINES = 16
BRIGHT_AIR = 95
"""Percentile."""
AIR_PER_NOISE = 2.1
"""That percentile of a picture with nothing but noise in the air, against the noise measured within tissue."""
FEWEST_PX = 8
"""On a side, below which a picture has no outline to speak of."""
CALMED_PX = 1.0
"""Standard deviation of the smoothing before a slope is taken, so that noise has none."""


def noise_of(sections: Sections) -> float | None:
    """Estimate the noise's deviation against tissue, from differences of differences of neighbours within tissue."""
    i, j = (size // 2 * 2 for size in sections.values.shape[1:])
    values, tissue = sections.values[:, :i, :j], sections.tissue[:, :i, :j]
    apart = values[:, ::2] - values[:, 1::2]
    crossed = (apart[:, :, ::2] - apart[:, :, 1::2]) / 2
    inside = crossed[tissue[:, ::2, ::2]]
    return float(np.median(np.abs(inside)) / NORMAL_MEDIAN) if inside.size >= ENOUGH else None


def clipping_of(sections: Sections) -> float | None:
    """Say how much of the tissue is as bright as the brightest value."""
    inside = sections.values[sections.tissue]
    if inside.size < ENOUGH:
        return None
    return float(np.mean(inside >= AT_CEILING * sections.values.max()))


def ghosting_of(sections: Sections) -> float | None:
    """Estimate how bright a ghost half a picture away is, against the picture itself."""
    found = [_every_second(lines) for lines in map(_wanted, _lines(sections.values)) if lines is not None]
    return max(found, default=None)


def motion_of(sections: Sections, noise: float) -> float | None:
    """Say how much signal movement threw out of its place.

    A little movement shows as lines that scatter and air that is lit, of which either alone has other causes;
    a lot of it lights the air evenly, more than the noise within tissue can.
    """
    if np.count_nonzero(sections.air) < ENOUGH:
        return None
    found = [_scatter(lines) for lines in map(_wanted, _lines(sections.values)) if lines is not None]
    if not found:
        return None
    lit = float(np.percentile(sections.values[sections.air], BRIGHT_AIR))
    beyond_noise = np.sqrt(max(lit**2 - (AIR_PER_NOISE * noise) ** 2, 0.0))
    return float(max(np.sqrt(max(found) * lit), beyond_noise))


def outline_of(sections: Sections, pixel_mm: tuple[float, float]) -> float | None:
    """Say over how many millimetres the patient's outline rises from air to tissue.

    This grows with every movement, also where so much signal lies in the air that little of it still counts as air.
    """
    edge = sections.tissue & ~ndimage.binary_erosion(sections.tissue, np.ones((1, 3, 3), dtype=bool))
    if np.count_nonzero(edge) < ENOUGH or min(edge.shape[1:]) < FEWEST_PX:
        return None
    calm = ndimage.gaussian_filter(sections.values, (0.0, CALMED_PX, CALMED_PX))
    slopes = [np.gradient(calm, mm, axis=axis)[edge] for axis, mm in enumerate(pixel_mm, start=1)]
    slope = float(np.median(np.hypot(*slopes)))
    return 1.0 / slope if slope > 0 else None


def _lines(values: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give each k-space line's energy, along ``i`` and along ``j``; the other axis need not be transformed."""
    along_i = np.abs(fft.rfft(values, axis=1)) ** 2
    along_j = np.abs(fft.rfft(values, axis=2)) ** 2
    return along_i.sum(axis=(0, 2), dtype=np.float64), along_j.sum(axis=(0, 1), dtype=np.float64)


def _wanted(energy: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Take the logarithm of those lines that show it."""
    full = 2 * (len(energy) - 1)
    first, last = int(LOWEST * full), int(HIGHEST * full)
    if last - first < FEWEST_LINES:
        return None
    chosen = energy[first:last]
    return np.log(chosen + max(float(chosen.max()), 1.0) * 1e-12)


def _every_second(lines: NDArray[np.float64]) -> float:
    off = lines[1:-1] - (lines[:-2] + lines[2:]) / 2
    apart = abs(float(np.median(off[::2]) - np.median(off[1::2]))) / 4
    return float(np.tanh(apart / 2))


def _scatter(lines: NDArray[np.float64]) -> float:
    """Compare with lines two away: neighbours of a ghosted picture differ without any movement."""
    off = lines[2:-2] - (lines[:-4] + lines[4:]) / 2
    return float(np.median(np.abs(off)) / NORMAL_MEDIAN)
