"""One lumbar spine with the back around it, painted at any places: the same person on every grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.back import paint_back, skin
from appliance.sample.dural_sac import canal, paint_canal, root_field
from appliance.sample.lattice import Grain, Lattice, Places, band_noise
from appliance.sample.spine_frame import make_frame
from appliance.sample.vertebrae import arch, column, paint_arch, paint_between_spines, paint_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.canvas import Canvas
    from appliance.sample.lattice import Floats
    from appliance.sample.spine_frame import Along, Frame
    from appliance.sample.spine_traits import SpineTraits


_SATURATED_MM = 85.0
"""In front of this the saturation band leaves nothing to be seen."""
_EDGE_MM = 3.0
"""Skin is painted this far beyond its surface, so that its edge is soft."""
_SPINE_WIDE_MM, _SPINE_DEEP_MM = 52.0, 55.0
"""No part of the spine lies farther aside, or farther before and behind the middle of its canal."""


@dataclass(frozen=True, slots=True, eq=False)
class Spine:
    """One back, bent once and painted often."""

    traits: SpineTraits
    frame: Frame
    warp: Lattice
    """Three fields of displacement in millimetres, and one of unit noise."""
    streaks: Lattice
    """Unit noise for the fat inside muscles; stretched along their fibres where it is read."""
    roots: Lattice
    grain: Grain

    def covers(self, places: Places) -> NDArray[np.bool_]:
        """Say which places may lie in the body."""
        return (skin(places, self.frame, self.traits) < _EDGE_MM) & (places.y < _SATURATED_MM)

    def paint(self, canvas: Canvas, places: Places) -> None:
        """Paint everything that the places meet."""
        traits = self.traits
        dx, dy, dz, clumps = self.warp.at(places)
        bent = places.moved(dx, dy, dz)
        (streaks,) = self.streaks.at(Places(bent.x + 0.25 * bent.y, 0.35 * bent.y, 0.14 * bent.z))
        grain = self.grain.at(places)
        along = self.frame.at(bent)
        paint_back(canvas, skin(places, self.frame, traits), along, traits, (grain, clumps, streaks))
        near = (np.abs(along.aside) < _SPINE_WIDE_MM) & (np.abs(along.front + 25.0) < _SPINE_DEEP_MM)
        if near.any():
            part = canvas.part(near)
            self._paint_spine(part, along.part(near), grain[near], clumps[near], streaks[near])
            canvas.put_back(part, near)

    def _paint_spine(self, canvas: Canvas, along: Along, grain: Floats, clumps: Floats, streaks: Floats) -> None:
        col = column(along, self.frame, self.traits)
        bones, gap = arch(along, col, self.traits)
        shape = canal(along, col, self.frame, self.traits)
        paint_between_spines(canvas, along, col, streaks)
        paint_arch(canvas, along, bones, gap, self.traits, grain)
        paint_column(canvas, along, col, self.frame, self.traits, (grain, clumps))
        paint_canal(canvas, along, shape, self.traits, self.roots, grain)


def make_spine(traits: SpineTraits) -> Spine:
    """Bend a spine and draw what surrounds it."""
    rng = np.random.default_rng([traits.seed, 13])
    shape = (100, 80, 110)
    moves = [0.7 * band_noise(shape, 22.0, rng) + 0.08 * band_noise(shape, 7.0, rng) for _ in range(3)]
    warp = Lattice(np.stack([*moves, band_noise(shape, 6.0, rng)], axis=-1), (-180.0, -130.0, -200.0), 3.6)
    fine = band_noise((160, 60, 60), 4.2, rng, spread=0.4)[..., None]
    streaks = Lattice(np.ascontiguousarray(fine), (-200.0, -75.0, -75.0), 2.5)
    return Spine(traits, make_frame(traits), warp, streaks, root_field(traits.seed), Grain(rng))
