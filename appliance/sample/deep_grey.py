"""Thalamus, caudate, putamen, pallidum: the grey islands between the ventricles and the insula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, limited, smooth_union, tube
from appliance.sample.tissues import Tissue

if TYPE_CHECKING:
    from appliance.sample.canvas import Canvas
    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats

_LOW = (-42.0, -42.0, -24.0)
_HIGH = (42.0, 36.0, 30.0)


def paint_deep_grey(canvas: Canvas, places: Places, traits: HeadTraits, grain: Floats) -> None:
    """Paint the islands; their edges are soft, for on a real scan they hardly stand out."""
    if not places.within(_LOW, _HIGH):
        return
    mirrored = Places(np.abs(places.x), places.y, places.z)
    for shape in (_caudate(mirrored), _putamen(mirrored), _thalamus(mirrored), _amygdala(mirrored)):
        canvas.paint(_soft_share(shape) * 0.9, Tissue.DEEP_GREY, 1.0 + 0.02 * grain)
    canvas.paint(_soft_share(_pallidum(mirrored)) * (0.35 + 0.6 * traits.iron), Tissue.IRON_GREY)
    canvas.paint(_soft_share(_dark_midbrain(mirrored)) * 0.8, Tissue.IRON_GREY)


def _soft_share(distance: Floats) -> Floats:
    return limited(0.5 - distance / 2.5)


def _caudate(places: Places) -> Floats:
    path = ((12.0, 20.0, 3.0), (14.0, 12.0, 12.0), (17.0, -4.0, 20.0), (21.0, -20.0, 22.0))
    return tube(places, path, (5.5, 4.6, 3.0, 1.8), (0.9, 1.0, 1.2))


def _putamen(places: Places) -> Floats:
    turned = Places(places.x - 0.16 * (places.y + 2.0) * -1.0, places.y, places.z)
    return ellipsoid(turned, (27.0, 2.0, 1.0), (4.6, 16.0, 10.5))


def _pallidum(places: Places) -> Floats:
    turned = Places(places.x + 0.2 * (places.y + 4.0), places.y, places.z)
    return ellipsoid(turned, (19.5, -3.0, -1.0), (4.4, 9.5, 6.0))


def _thalamus(places: Places) -> Floats:
    turned = Places(places.x + 0.3 * (places.y + 18.0), places.y, places.z)
    return ellipsoid(turned, (10.5, -18.0, 7.0), (7.6, 14.0, 9.0))


def _amygdala(places: Places) -> Floats:
    head = ellipsoid(places, (23.0, -5.0, -19.0), (8.0, 8.0, 7.0))
    return smooth_union(head, tube(places, ((25.0, -14.0, -18.0), (28.0, -30.0, -9.0)), (4.5, 3.5)), 3.0)


def _dark_midbrain(places: Places) -> Floats:
    red = ellipsoid(places, (5.0, -21.0, -9.0), (3.0, 3.4, 4.0))
    return np.minimum(red, tube(places, ((8.0, -15.0, -11.0), (13.0, -21.0, -9.0)), (1.6, 1.6)))
