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
    from appliance.sample.spine_frame import Frame
    from appliance.sample.spine_traits import SpineTraits


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
        return skin(places, self.frame, self.traits) < 3.0

    def paint(self, canvas: Canvas, places: Places) -> None:
        """Paint everything that the places meet."""
        traits = self.traits
        dx, dy, dz, clumps = self.warp.at(places)
        bent = places.moved(dx, dy, dz)
        (streaks,) = self.streaks.at(Places(bent.x + 0.25 * bent.y, 0.45 * bent.y, 0.3 * bent.z))
        grain = self.grain.at(places)
        along = self.frame.at(bent)
        paint_back(canvas, skin(places, self.frame, traits), along, traits, (grain, clumps, streaks))
        near = (np.abs(along.aside) < 52.0) & (np.abs(along.front + 25.0) < 55.0)
        part, along, grain, clumps = canvas.part(near), along.part(near), grain[near], clumps[near]
        col = column(along, self.frame, traits)
        bones, gap = arch(along, col, traits)
        shape = canal(along, col, self.frame, traits)
        paint_between_spines(part, along, col, streaks[near])
        paint_arch(part, along, bones, gap, traits, grain)
        paint_column(part, along, col, self.frame, traits, (grain, clumps))
        paint_canal(part, along, shape, traits, self.roots, grain)
        canvas.put_back(part, near)


def make_spine(traits: SpineTraits) -> Spine:
    """Bend a spine and draw what surrounds it."""
    rng = np.random.default_rng([traits.seed, 13])
    shape = (100, 80, 110)
    moves = [0.8 * band_noise(shape, 14.0, rng) + 0.25 * band_noise(shape, 6.0, rng) for _ in range(3)]
    warp = Lattice(np.stack([*moves, band_noise(shape, 6.0, rng)], axis=-1), (-180.0, -130.0, -200.0), 3.6)
    fine = band_noise((160, 60, 60), 4.2, rng, spread=0.4)[..., None]
    streaks = Lattice(np.ascontiguousarray(fine), (-200.0, -75.0, -75.0), 2.5)
    return Spine(traits, make_frame(traits), warp, streaks, root_field(traits.seed), Grain(rng))
