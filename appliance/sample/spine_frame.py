"""Coordinates along the spine: how far down, how far in front of its middle line, how far aside.

The spine bends; in these coordinates it is straight, so that a vertebra is drawn once for all levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from appliance.sample.lattice import Lattice, Places
from appliance.sample.spine_traits import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from appliance.sample.lattice import Floats
    from appliance.sample.spine_traits import SpineTraits

BODY_HEIGHTS = (25.0, 26.0, 27.5, 28.5, 29.0, 29.0, 28.5, 29.0, 25.0)
"""Of T11, T12, L1 … L5, S1, S2."""
_TILTS = (9.0, 12.0, 11.5, 8.0, 1.5, -7.0, -20.0, -37.0, -46.0)
"""How far each looks forward, in degrees, from T11 to S2; below zero: backward."""


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """Places in the spine's own coordinates."""

    aside: Floats
    front: Floats
    down: Floats
    segment: NDArray[np.int64]
    """Which disc is nearest."""
    below: Floats
    """Millimetres below the middle of that disc."""

    def part(self, chosen: NDArray[np.bool_]) -> Along:
        """Choose some of the places."""
        return Along(
            self.aside[chosen], self.front[chosen], self.down[chosen], self.segment[chosen], self.below[chosen]
        )


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One spine's curve."""

    fields: Lattice
    """``down`` and ``front`` over the sagittal plane."""
    discs: Floats
    """The middle of each disc, along the curve."""
    halves: Floats
    """From each disc's middle to the middle of the vertebra above, and below."""
    curve: NDArray[np.float64]
    """A row a millimetre: y, z and the direction down, as an angle."""
    scoliosis_mm: float

    def at(self, places: Places) -> Along:
        """Read the coordinates."""
        down, front = self.fields.at(Places(places.x * 0.0, places.y, places.z))
        aside = places.x - np.float32(self.scoliosis_mm) * np.sin(down / np.float32(70.0))
        bounds = (self.discs + self.halves[:, 1])[:-1]
        segment = np.searchsorted(bounds, down)
        return Along(aside, front, down, segment, down - self.discs[segment])

    def blended(self, values: Sequence[float], along: Along) -> Floats:
        """Read a value given for each disc, passing evenly from one to the next."""
        known = np.asarray(values, dtype=np.float32)
        other = np.clip(along.segment + np.where(along.below > 0, 1, -1), 0, len(known) - 1)
        share = np.clip(0.5 * np.abs(along.below) / self.half_length(along), 0.0, 0.5)
        return known[along.segment] * (1.0 - share) + known[other] * share

    def half_length(self, along: Along) -> Floats:
        """Give the way from the nearest disc's middle to the middle of the vertebra that a place is in."""
        half: Floats = np.where(along.below > 0, self.halves[along.segment, 1], self.halves[along.segment, 0])
        return half

    def back_line(self, z: Floats) -> Floats:
        """Give where the spine lies, front to back, at a height."""
        return np.interp(z, self.curve[::-1, 1], self.curve[::-1, 0]).astype(np.float32)

    def disc_plane(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give a disc's middle, and the direction down the spine there, in the body's millimetres."""
        down = float(self.discs[LEVELS.index(name)])
        y, z, angle = self.curve[round(down)]
        x = self.scoliosis_mm * np.sin(down / 70.0)
        return np.array([x, y, z]), np.array([0.0, np.sin(angle), -np.cos(angle)])


def make_frame(traits: SpineTraits) -> Frame:
    """Bend a spine."""
    heights = np.array([level.height for level in traits.levels]) * traits.size
    bodies = np.array(BODY_HEIGHTS) * traits.size
    tops = np.concatenate([[0.0], np.cumsum(bodies[:-1] + heights)])
    discs = tops[1:] - heights / 2
    halves = np.stack([heights / 2 + bodies[:-1] / 2, heights / 2 + bodies[1:] / 2], axis=1)
    middles = tops + bodies / 2
    length = tops[-1] + bodies[-1]
    angle = PchipInterpolator(
        np.concatenate([[-80.0], middles, [length + 60.0]]),
        np.radians(np.concatenate([[5.0], np.array(_TILTS) * traits.lordosis, [-40.0]])),
    )
    curve = _curve(angle, float(length), float(discs[LEVELS.index("L3/L4")]))
    return Frame(
        _fields(curve), discs.astype(np.float32), halves.astype(np.float32), curve[_LEAD:], traits.scoliosis_mm
    )


_LEAD = 70
"""Millimetres of the curve above T11, so that the field above has something to hold on to."""


def _curve(angle: PchipInterpolator, length: float, origin: float) -> NDArray[np.float64]:
    down = np.arange(-_LEAD, length + 60.0)
    angles = angle(down)
    y = np.cumsum(np.sin(angles))
    z = -np.cumsum(np.cos(angles))
    zero = int(np.searchsorted(down, origin))
    return np.column_stack([y - y[zero], z - z[zero], angles])


def _fields(curve: NDArray[np.float64]) -> Lattice:
    pitch = 2.0
    y, z = np.meshgrid(np.arange(-140.0, 121.0, pitch), np.arange(-210.0, 211.0, pitch), indexing="ij")
    gaps = (y[..., None] - curve[::4, 0]) ** 2 + (z[..., None] - curve[::4, 1]) ** 2
    nearest = np.clip(np.argmin(gaps, axis=-1) * 4, 0, len(curve) - 1)
    cy, cz, angle = (curve[nearest, n] for n in range(3))
    dy, dz = y - cy, z - cz
    down = nearest - _LEAD + dy * np.sin(angle) - dz * np.cos(angle)
    front = dy * np.cos(angle) + dz * np.sin(angle)
    plane = np.stack([down, front], axis=-1).astype(np.float32)
    return Lattice(np.stack([plane, plane]), (-1.0, -140.0, -210.0), pitch)
