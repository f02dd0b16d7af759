"""The cerebrum's surface: a smooth hull, folded by fluid sheets that reach in from it.

A sulcus is where band-limited noise, read at the nearest point of the hull, crosses zero: such sheets
stand upright on the surface, branch and end, and keep their distance from each other, as sulci do.
Grey matter is what lies within a cortex's thickness of any fluid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.sample.lattice import Lattice, Places, band_noise, grid_places
from appliance.sample.shapes import ellipsoid, gradient, smooth_intersection, smooth_step, smooth_union, union

if TYPE_CHECKING:
    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats

_LOW = (-86.0, -122.0, -72.0)
_HIGH = (86.0, 90.0, 90.0)
_PITCH = 2.4


def cerebrum(places: Places) -> Floats:
    """Give the distance to the cerebrum's hull, both hemispheres as one."""
    side = np.abs(places.x)
    mirrored = Places(side, places.y, places.z)
    dome = ellipsoid(places, (0.0, -17.0, 6.0), (68.5, 87.5, 70.0))
    upper = smooth_intersection(dome, _floor(side, places.y) - places.z, 5.0)
    temporal = ellipsoid(mirrored, (43.0, -18.0, -16.0), (24.0, 42.0, 28.0))
    inner = ellipsoid(mirrored, (21.0, -40.0, -10.0), (11.0, 20.0, 9.0))
    lower = smooth_union(smooth_intersection(temporal, dome - 1.0, 6.0), inner, 6.0)
    return smooth_union(upper, lower, 6.0)


def _floor(side: Floats, y: Floats) -> Floats:
    frontal = -20.0 + 16.0 * smooth_step(side, 12.0, 52.0)
    tentorium = tentorium_height(side, y)
    front = smooth_step(y, -4.0, 26.0)
    back = smooth_step(-y, 22.0, 56.0)
    middle = -13.0 + 5.0 * smooth_step(side, 4.0, 20.0)
    return front * frontal + back * tentorium + (1.0 - front - back) * middle


def tentorium_height(side: Floats, y: Floats) -> Floats:
    """Give the height of the tent between cerebrum and cerebellum."""
    height: Floats = -0.22 * np.abs(y + 46.0) - 0.2 * side
    return height


def core(places: Places) -> Floats:
    """Give the distance to the region around the callosum, where the hemispheres are joined."""
    return ellipsoid(Places(places.x * 0.0, places.y, places.z), (0.0, -6.0, 3.0), (10.0, 38.0, 25.0))


@dataclass(frozen=True, slots=True, eq=False)
class Folding:
    """The cerebrum of one person, ready to be read at any place."""

    hull: Lattice
    """Depth under the hull."""
    fields: Lattice
    """Two families of sulci, how deep the first reach, cortex thickness, how deep the second reach."""
    half_width: float
    """Half of a sulcus' width deep inside."""
    fissure: float
    """Half of the width between the hemispheres."""

    def depth(self, places: Places) -> Floats:
        """Read the depth under the hull."""
        return self.hull.at(places)[0] - _beyond(places)

    def read(self, places: Places, depth: Floats) -> Folds:
        """Read the folded surface at some places, of which the depth is known."""
        lateral, medial, reach, cortex, inward = self.fields.at(places)
        bend = 0.35 * lateral
        side = np.abs(places.x)
        wide = self.half_width * (1.0 + 0.5 * (cortex - 2.7)) + (0.4 + 2.2 * self.half_width) * np.exp(
            -np.maximum(depth, 0.0) / 3.5
        )
        wide = wide * np.clip(1.15 - 0.75 * depth / np.maximum(reach, 1.0), 0.3, 1.0)
        sulci = np.maximum(np.abs(lateral) - wide, depth - reach)
        inner = np.maximum(np.abs(medial) - self.half_width * 0.8, side - inward)
        inner = np.maximum(inner, 5.0 - core(places))
        split = np.maximum(side - self.fissure, -core(places))
        fluid = np.minimum(np.minimum(depth, np.minimum(sulci, inner)), split)
        return Folds(depth, np.minimum(fluid, _sylvian(places, self.half_width, bend)), cortex)


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Distances at some places; positive inside tissue."""

    depth: Floats
    """Under the smooth hull."""
    tissue: Floats
    """To the nearest fluid of hull, sulci and fissures."""
    cortex: Floats
    """How thick the cortex is here."""


def fold(traits: HeadTraits) -> Folding:
    """Fold the cerebrum of one person."""
    rng = np.random.default_rng([traits.seed, 2])
    places = grid_places(_LOW, _HIGH, _PITCH)
    depth = ndimage.gaussian_filter(-cerebrum(places), 0.5)
    shape = depth.shape
    wander = np.stack([band_noise(shape, 28.0 / _PITCH, rng) for _ in range(3)])
    lateral = _sheets(_at_hull(places, depth) + 2.6 * wander, traits.sulci_mm, rng)
    medial = _sheets(_at_midline(places) + 2.6 * wander, traits.sulci_mm * 1.15, rng)
    reach = (19.0 + 6.0 * band_noise(shape, 32.0 / _PITCH, rng)) * _foldable(places)
    cortex = 2.7 + 0.4 * band_noise(shape, 18.0 / _PITCH, rng)
    inward = np.clip(7.0 + 6.0 * band_noise(shape, 28.0 / _PITCH, rng), 0.0, 18.0)
    values = np.stack([lateral, medial, np.clip(reach, 0.0, 34.0), cortex, inward], axis=-1)
    half_width = 0.35 + 0.75 * traits.atrophy
    hull = Lattice(depth.astype(np.float32)[..., None], _LOW, _PITCH)
    return Folding(hull, Lattice(values.astype(np.float32), _LOW, _PITCH), half_width, 0.9 + 1.2 * traits.atrophy)


def _at_hull(places: Places, depth: Floats) -> Floats:
    slope = gradient(depth, _PITCH)
    slope /= np.linalg.norm(slope, axis=0) + 1e-3
    anchors: Floats = np.stack([places.x, places.y, places.z]) - depth * slope
    return anchors


def _foldable(places: Places) -> Floats:
    """Keep sulci off the base, where stem and nuclei meet the cerebrum, and shallow on the under side."""
    under = smooth_step(-places.z, 0.0, 14.0) * smooth_step(52.0 - np.abs(places.x), 0.0, 14.0)
    middle = smooth_step(34.0 - np.abs(places.x), 0.0, 10.0) * smooth_step(-places.z, -22.0, -6.0)
    middle = middle * smooth_step(places.y, -52.0, -40.0) * (1.0 - smooth_step(places.y, 18.0, 30.0))
    crown = smooth_step(places.z, 22.0, 48.0)
    return (1.0 - 0.55 * under) * (1.0 - middle) * (1.0 + 0.4 * crown)


def _at_midline(places: Places) -> Floats:
    # Rings around the callosum, as the cingulate sulcus runs: slow along the ring, quick across it.
    angle = np.arctan2(places.z - 3.0, places.y + 6.0)
    radius = np.hypot((places.y + 6.0) / 1.4, places.z - 3.0)
    return np.stack([np.where(places.x < 0, -40.0, 40.0).astype(np.float32), 16.0 * angle, radius])


def _sheets(anchors: Floats, spacing: float, rng: np.random.Generator) -> Floats:
    shape = anchors.shape[1:]
    noise = band_noise(shape, 2.0 * spacing / _PITCH, rng, spread=0.22)
    nodes = (anchors - np.array(_LOW).reshape(3, 1, 1, 1)) / _PITCH
    value = ndimage.map_coordinates(noise, nodes, order=1, mode="nearest").astype(np.float32)
    value = ndimage.gaussian_filter(value, 0.4)
    slope = np.linalg.norm(gradient(value, _PITCH), axis=0)
    sheets: Floats = np.clip(value / (slope + 0.02), -12.0, 12.0)
    return sheets


def _beyond(places: Places) -> Floats:
    """Give the distance to the lattice's box, outside which its edge would be repeated for ever."""
    gaps = [
        np.maximum(np.maximum(low - axis, axis - high), 0.0)
        for axis, low, high in zip((places.x, places.y, places.z), _LOW, _HIGH, strict=True)
    ]
    distance: Floats = np.sqrt(sum(gap * gap for gap in gaps))
    return distance


def _sylvian(places: Places, half_width: float, bend: Floats) -> Floats:
    side = np.abs(places.x)
    insula = ellipsoid(Places(places.x * 0.0, places.y, places.z), (0.0, 0.0, 2.0), (30.0, 22.0, 14.0))
    wall = np.maximum(np.abs(side - 38.5 + 0.006 * (places.y + 2) ** 2 + bend) - half_width - 0.7, insula)
    rise = places.z - 1.0 + 0.5 * (places.y - 8.0) + 1.6 * bend
    cleft = np.maximum(np.abs(rise * 0.92) - half_width - 0.6, 37.0 - side)
    cleft = np.maximum(cleft, np.maximum(-42.0 - places.y, places.y - 30.0))
    return union(wall, cleft)
