"""The ventricles: two lateral ones with their three horns, the slit of the third, the tent of the fourth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, smooth_intersection, smooth_union, tube

if TYPE_CHECKING:
    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats

LOW = (-48.0, -88.0, -52.0)
HIGH = (48.0, 48.0, 42.0)
"""The box in which every ventricle lies, however wide."""

_BODY = (
    (18.0, 32.0, 4.0),
    (12.5, 24.0, 9.5),
    (7.5, 10.0, 15.5),
    (8.5, -8.0, 20.0),
    (13.0, -25.0, 21.0),
    (22.0, -38.0, 13.0),
)
_BODY_RADII = (1.8, 4.4, 4.3, 4.3, 4.8, 5.8)
_OCCIPITAL = ((22.0, -38.0, 13.0), (27.0, -50.0, 8.0), (26.0, -62.0, 5.0), (23.0, -76.0, 3.0))
_OCCIPITAL_RADII = (5.8, 5.0, 2.6, 0.8)
_TEMPORAL = ((23.0, -39.0, 11.0), (30.5, -38.0, 0.0), (34.0, -28.0, -11.0), (33.0, -15.0, -18.0), (28.0, -7.0, -20.0))
_TEMPORAL_RADII = (5.6, 3.8, 2.0, 1.7, 1.8)


def ventricles(places: Places, traits: HeadTraits) -> Floats:
    """Give the distance to all ventricles together."""
    wide = traits.ventricles
    return np.minimum(lateral_ventricles(places, traits), np.minimum(_third(places, wide), _fourth(places, wide)))


def lateral_ventricles(places: Places, traits: HeadTraits) -> Floats:
    """Give the distance to the two lateral ventricles."""
    wide = traits.ventricles
    places = Places(np.abs(places.x), places.y, places.z)
    body = tube(places, _BODY, [r * wide for r in _BODY_RADII], (0.92, 1.0, 1.35))
    septum = 0.7 - places.x
    body = smooth_intersection(body, septum, 1.5)
    back = tube(places, _OCCIPITAL, [r * wide for r in _OCCIPITAL_RADII], (0.75, 1.0, 1.25))
    temporal = tube(places, _TEMPORAL, [r * wide for r in _TEMPORAL_RADII], (1.25, 1.0, 0.85))
    return smooth_union(smooth_union(body, back, 3.0), temporal, 2.5)


def _third(places: Places, wide: float) -> Floats:
    slit = ellipsoid(places, (0.0, -12.0, -1.0), (1.9 * wide, 15.0, 11.0))
    recess = ellipsoid(places, (0.0, 2.0, -9.0), (1.8 * wide, 4.0, 5.0))
    aqueduct = tube(places, ((0.0, -25.0, -4.0), (0.0, -33.0, -13.0), (0.0, -40.0, -22.0)), (1.0, 0.8, 1.2))
    return np.minimum(smooth_union(slit, recess, 2.0), aqueduct)


def _fourth(places: Places, wide: float) -> Floats:
    tent = ellipsoid(places, (0.0, -43.0, -32.0), (6.0 * wide, 6.0 * wide**0.5, 11.0))
    floor = places.y + 39.5
    return smooth_intersection(tent, floor, 1.5)


def choroid_plexus(places: Places, traits: HeadTraits) -> Floats:
    """Give the distance to the tufts in the atria."""
    mirrored = Places(np.abs(places.x), places.y, places.z)
    path = ((19.0, -32.0, 16.0), (23.5, -41.0, 10.0), (29.0, -39.0, 2.0))
    radii = [r * traits.choroid * traits.ventricles for r in (1.0, 2.8, 1.4)]
    return tube(mirrored, path, radii)
