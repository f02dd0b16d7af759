"""What encloses the brain: the cavity, the bone with its spongy middle, scalp and skin, ears and nose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, smooth_step, smooth_union, tube

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Skull:
    """Distances at some places; all negative inside."""

    cavity: Floats
    """To the inner table of the skull."""
    bone: Floats
    """Thickness of the vault here."""
    skin: Floats
    """To the surface of the head."""

    def part(self, chosen: NDArray[np.bool_]) -> Skull:
        """Choose some of the places."""
        return Skull(self.cavity[chosen], self.bone[chosen], self.skin[chosen])


def skull(places: Places, depth: Floats, traits: HeadTraits, wander: Floats) -> Skull:
    """Read the head's wrappings; ``depth`` is that under the cerebrum's hull."""
    mirrored = Places(np.abs(places.x), places.y, places.z)
    cavity = _cavity(mirrored, depth) - (1.6 + 2.2 * traits.atrophy)
    bone = _bone_mm(mirrored, traits, wander)
    vault = cavity - bone - traits.scalp_mm * _scalp_share(mirrored)
    skin = smooth_union(vault, _face(mirrored, traits), 12.0)
    return Skull(cavity, bone, np.minimum(smooth_union(skin, _nose(mirrored, traits), 10.0), _ear(mirrored)))


def _cavity(mirrored: Places, depth: Floats) -> Floats:
    fossa = ellipsoid(mirrored, (0.0, -62.0, -34.0), (53.0, 40.0, 29.0))
    stem = ellipsoid(mirrored, (0.0, -30.0, -28.0), (21.0, 17.0, 26.0))
    canal = tube(mirrored, ((0.0, -34.0, -48.0), (0.0, -42.0, -72.0), (0.0, -44.0, -110.0)), (13.0, 10.0, 9.5))
    hind = smooth_union(smooth_union(fossa, stem, 6.0), canal, 6.0)
    return smooth_union(-depth, hind, 2.5)


def _bone_mm(mirrored: Places, traits: HeadTraits, wander: Floats) -> Floats:
    squama = smooth_step(mirrored.x, 50.0, 68.0) * smooth_step(mirrored.y, -60.0, -20.0)
    squama = squama * (1.0 - smooth_step(mirrored.z, 18.0, 42.0))
    front = smooth_step(mirrored.y, 45.0, 68.0)
    back = smooth_step(-mirrored.y, 75.0, 98.0)
    thickness: Floats = traits.skull_mm * (1.0 - 0.4 * squama + 0.25 * front + 0.2 * back + 0.07 * wander)
    return thickness


def _scalp_share(mirrored: Places) -> Floats:
    temple = smooth_step(mirrored.x, 42.0, 62.0) * smooth_step(mirrored.y, -45.0, -15.0)
    temple = temple * (1.0 - smooth_step(mirrored.z, 15.0, 45.0))
    nape = smooth_step(-mirrored.y, 50.0, 90.0) * smooth_step(-mirrored.z, 25.0, 60.0)
    crown = smooth_step(mirrored.z, 35.0, 70.0)
    return 1.0 + 0.7 * temple + 1.1 * nape + 0.35 * crown


def _face(mirrored: Places, traits: HeadTraits) -> Floats:
    size = traits.face
    block = ellipsoid(mirrored, (0.0, -16.0, -72.0), (72.0 * size, 80.0 * size, 92.0))
    middle = ellipsoid(mirrored, (0.0, 28.0, -60.0), (57.0 * size, 45.0 * size, 44.0))
    cheek = smooth_union(middle, ellipsoid(mirrored, (40.0, 36.0, -56.0), (27.0, 27.0, 32.0)), 8.0)
    brow = ellipsoid(mirrored, (0.0, 46.0, -18.0), (58.0, 32.0, 28.0))
    lid = ellipsoid(mirrored, (33.0, 63.0, -32.0), (17.0, 14.5, 13.0))
    return smooth_union(smooth_union(block, cheek, 14.0), smooth_union(brow, lid, 8.0), 14.0)


def _nose(mirrored: Places, traits: HeadTraits) -> Floats:
    tip = 90.0 * traits.face
    bridge = tube(mirrored, ((0.0, 66.0, -20.0), (0.0, tip - 16, -44.0), (0.0, tip - 9, -56.0)), (8.0, 11.0, 12.0))
    return smooth_union(bridge, ellipsoid(mirrored, (9.0, tip - 14, -60.0), (8.0, 11.0, 9.0)), 5.0)


def _ear(mirrored: Places) -> Floats:
    leaf = Places(mirrored.x + 0.25 * (mirrored.y + 32.0), mirrored.y, mirrored.z)
    rim = ellipsoid(leaf, (78.0, -36.0, -34.0), (3.2, 14.0, 26.0))
    hollow = ellipsoid(leaf, (80.5, -33.0, -36.0), (2.6, 8.0, 12.0))
    return np.maximum(rim, -hollow)
