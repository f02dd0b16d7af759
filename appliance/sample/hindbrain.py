"""Cerebellum and brainstem: leaves of cortex around a white core, and the stalk in front of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.cortex import tentorium_height
from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, smooth_intersection, smooth_union, tube, union

if TYPE_CHECKING:
    from appliance.sample.lattice import Floats

HIGHEST = 4.0
"""Nothing of the hindbrain lies above this height."""


@dataclass(frozen=True, slots=True, eq=False)
class Hindbrain:
    """Distances at some places."""

    cerebellum: Floats
    brainstem: Floats
    folia: Floats
    """To the nearest furrow between two leaves; positive in tissue."""
    core: Floats
    """To the cerebellum's white matter; negative inside."""


def hindbrain(places: Places, wander: Floats) -> Hindbrain:
    """Read the hindbrain at some places; ``wander`` bends its leaves."""
    mirrored = Places(np.abs(places.x), places.y, places.z)
    hull = cerebellum(mirrored)
    core = tube(
        mirrored, ((14.0, -44.0, -34.0), (22.0, -58.0, -38.0), (30.0, -68.0, -42.0)), (8.0, 9.0, 5.0), (1.2, 1.2, 0.9)
    )
    return Hindbrain(hull, brainstem(mirrored), _folia(places, hull, wander), core)


def cerebellum(mirrored: Places) -> Floats:
    """Give the distance to the cerebellum's hull."""
    lobe = ellipsoid(mirrored, (0.0, -62.0, -34.0), (51.5, 38.0, 27.5))
    lobe = smooth_intersection(lobe, mirrored.y + 42.0 - 0.12 * mirrored.x, 10.0)
    vermis = ellipsoid(mirrored, (0.0, -62.0, -24.0), (16.0, 24.0, 30.0))
    tonsil = ellipsoid(mirrored, (8.0, -52.0, -56.0), (7.0, 11.0, 10.0))
    hull = smooth_union(lobe, smooth_union(vermis, tonsil, 6.0), 8.0)
    hull = smooth_intersection(hull, mirrored.z - tentorium_height(mirrored.x, mirrored.y) + 1.8, 3.0)
    notch = ellipsoid(mirrored, (0.0, -101.0, -42.0), (2.2, 14.0, 22.0))
    return smooth_intersection(hull, -notch, 2.0)


def brainstem(mirrored: Places) -> Floats:
    """Give the distance to midbrain, pons, their stalks, medulla and cord."""
    midbrain = ellipsoid(mirrored, (0.0, -27.0, -11.0), (16.0, 12.0, 14.0))
    peduncle = ellipsoid(mirrored, (11.5, -17.0, -12.0), (7.5, 9.0, 12.0))
    pons = ellipsoid(mirrored, (0.0, -26.0, -31.0), (18.5, 13.5, 14.5))
    stalk = tube(mirrored, ((11.0, -30.0, -33.0), (21.0, -44.0, -36.0)), (8.5, 8.5))
    medulla = tube(
        mirrored,
        ((0.0, -34.0, -42.0), (0.0, -38.0, -56.0), (0.0, -42.0, -75.0), (0.0, -44.0, -110.0)),
        (9.0, 7.6, 6.2, 5.8),
        (1.1, 0.9, 1.0),
    )
    upper = smooth_union(smooth_union(midbrain, peduncle, 4.0), pons, 5.0)
    return smooth_union(smooth_union(upper, stalk, 6.0), medulla, 5.0)


def _folia(places: Places, hull: Floats, wander: Floats) -> Floats:
    # Leaves are shells around a point in front of the vermis, a little oblique, as the great fissures run.
    dx, dy, dz = places.x * 0.85, places.y + 36.0, (places.z + 26.0) * 0.8
    radius = np.sqrt(dx * dx + dy * dy + dz * dz + 4.0) + 1.1 * wander
    spacing = np.float32(4.4)
    phase = np.abs(radius / spacing - np.rint(radius / spacing)) * spacing
    primary = np.abs(radius / (3.6 * spacing) - np.rint(radius / (3.6 * spacing))) * 3.6 * spacing
    fine = np.maximum(phase - 0.22, -hull - 8.0 - 2.0 * wander)
    deep = np.maximum(primary - 0.55, -hull - 17.0)
    return union(fine, deep)
