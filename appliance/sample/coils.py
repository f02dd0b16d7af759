"""How brightly a coil shows each place: near the coil more, far from it less, and never quite evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from appliance.sample.shapes import smooth_step

if TYPE_CHECKING:
    from appliance.sample.lattice import Floats, Places


class Coil(Protocol):
    """Anything that hears."""

    def gain(self, places: Places, seed: int) -> Floats:
        """Give the brightness of each place of the scanner."""


@dataclass(frozen=True, slots=True)
class HeadCoil:
    """A cage around the head."""

    near: float = 0.22
    """How much brighter the surface is than the middle."""
    uneven: float = 0.10
    """Slow drifts across the image."""
    centre_mm: tuple[float, float, float] = (0.0, -15.0, 10.0)
    reach_mm: tuple[float, float, float] = (95.0, 115.0, 130.0)
    """Where the surface lies."""

    def gain(self, places: Places, seed: int) -> Floats:
        """Brighten toward the surface."""
        scaled = _scaled(places, self.centre_mm, self.reach_mm)
        radius = np.minimum(scaled.x**2 + scaled.y**2 + scaled.z**2, 1.6)
        return (1.0 + self.near * radius**1.5) * (1.0 + self.uneven * _drift(scaled, seed))


@dataclass(frozen=True, slots=True)
class SpineCoil:
    """Elements in the table, with a saturation band over the belly."""

    depth_mm: float = 125.0
    """Where brightness has fallen to half."""
    table_mm: float = -100.0
    band_mm: float = 40.0
    """In front of this the belly is saturated, so that its breathing does not smear over the spine."""
    uneven: float = 0.10

    def gain(self, places: Places, seed: int) -> Floats:
        """Brighten toward the table."""
        scaled = _scaled(places, (0.0, 0.0, 0.0), (150.0, 120.0, 150.0))
        height = np.maximum(places.y - self.table_mm, 0.0) / self.depth_mm
        fall = 1.35 / (1.0 + height**2.4)
        ends = 1.0 - 0.55 * smooth_step(np.abs(places.z), 105.0, 165.0)
        band = 1.0 - 0.85 * smooth_step(places.y, self.band_mm - 14.0, self.band_mm + 10.0)
        gain: Floats = fall * ends * band * (1.0 + self.uneven * _drift(scaled, seed))
        return gain


def _scaled(places: Places, centre: tuple[float, float, float], reach: tuple[float, float, float]) -> Places:
    return type(places)(
        (places.x - centre[0]) / reach[0], (places.y - centre[1]) / reach[1], (places.z - centre[2]) / reach[2]
    )


def _drift(scaled: Places, seed: int) -> Floats:
    rng = np.random.default_rng([seed, 8])
    slope, phase = rng.uniform(-1, 1, 3), rng.uniform(0, 6.28, 3)
    waves = [
        np.float32(a) * np.sin(np.float32(1.3) * u + np.float32(p))
        for a, u, p in zip(slope, (scaled.x, scaled.y, scaled.z), phase, strict=True)
    ]
    drift: Floats = waves[0] + waves[1] + waves[2]
    return drift
