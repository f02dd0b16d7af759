"""Solid shapes as signed distances in millimetres: negative inside, positive outside, smooth in between.

Distances are first-order (exact on the surface, good near it), which is all that edges and thin layers need.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.sample.lattice import Floats, Places

Triple = tuple[float, float, float]


def ellipsoid(places: Places, centre: Triple, radii: Triple) -> Floats:
    """Give the distance to an axis-parallel ellipsoid."""
    (cx, cy, cz), (rx, ry, rz) = centre, radii
    u, v, w = ((places.x - cx) / rx) ** 2, ((places.y - cy) / ry) ** 2, ((places.z - cz) / rz) ** 2
    scaled = np.sqrt(u + v + w + 1e-6)
    slope = np.sqrt(u / rx**2 + v / ry**2 + w / rz**2 + 1e-9)
    distance: Floats = scaled * (scaled - 1.0) / slope
    return distance


def tube(places: Places, path: Sequence[Triple], radii: Sequence[float], stretch: Triple = (1.0, 1.0, 1.0)) -> Floats:
    """Give the distance to a tube of changing width along a path; ``stretch`` flattens its cross-section.

    A stretch above one along an axis makes the tube that much wider along it.
    """
    scale = np.asarray(stretch, dtype=np.float32)
    point = [axis / s for axis, s in zip((places.x, places.y, places.z), scale, strict=True)]
    knots = [np.asarray(knot, dtype=np.float32) / scale for knot in path]
    best: Floats | None = None
    for (a, b), (ra, rb) in zip(itertools.pairwise(knots), itertools.pairwise(radii), strict=True):
        distance = _segment(point, a, b, ra, rb)
        best = distance if best is None else smooth_union(best, distance, 1.0)
    if best is None:
        raise ValueError("A tube needs a path of two points or more.")
    return best


def _segment(point: list[Floats], a: Floats, b: Floats, ra: float, rb: float) -> Floats:
    along = b - a
    length = float(along @ along)
    x, y, z = (p - o for p, o in zip(point, a, strict=True))
    dot = x * along[0] + y * along[1] + z * along[2]
    t = np.clip(dot / length, 0.0, 1.0)
    squares = x * x + y * y + z * z - t * (2.0 * dot - t * length)
    distance: Floats = np.sqrt(over(squares) + 1e-6) - (ra + t * (rb - ra))
    return distance


def union(shape: Floats, *others: Floats) -> Floats:
    """Join shapes with a sharp seam."""
    for other in others:
        shape = np.minimum(shape, other)
    return shape


def overlap(shape: Floats, *others: Floats) -> Floats:
    """Keep what lies in all shapes, with a sharp edge."""
    for other in others:
        shape = np.maximum(shape, other)
    return shape


def limited(share: Floats) -> Floats:
    """Keep a share between nothing and all."""
    kept: Floats = np.clip(share, 0.0, 1.0)
    return kept


def over(value: Floats) -> Floats:
    """Give what of a value is above zero."""
    kept: Floats = np.maximum(value, 0.0)
    return kept


def gradient(field: Floats, pitch: float) -> Floats:
    """Give a field's change per millimetre along three axes, stacked first."""
    slopes: Floats = np.stack(list(np.gradient(field, pitch)))
    return slopes


def smooth_union(a: Floats, b: Floats, blend: float) -> Floats:
    """Join two shapes with a rounded seam about ``blend`` millimetres wide."""
    share = np.maximum(blend - np.abs(a - b), 0.0) / blend
    return np.minimum(a, b) - share * share * (blend / 4.0)


def smooth_intersection(a: Floats, b: Floats, blend: float) -> Floats:
    """Keep what lies in both shapes, with a rounded edge."""
    return -smooth_union(-a, -b, blend)


def smooth_step(value: Floats, low: float, high: float) -> Floats:
    """Rise from 0 at ``low`` to 1 at ``high`` without a kink."""
    t = limited((value - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)
