"""What the body is made of, as a 1.5 T magnet and an X-ray tube see it, and how bright a sequence makes it.

Relaxation times are textbook values at 1.5 T, rounded; for fat the apparent T2 in a fast spin echo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.sample.scan_spec import Timing


@dataclass(frozen=True, slots=True)
class Properties:
    """One tissue."""

    t1_ms: float
    t2_ms: float
    density: float
    """Of protons, against water."""
    hounsfield: float
    fat: float = 0.0
    """The share of the signal that is fat's, and so is shifted by its other frequency."""


class Tissue(Enum):
    """Every tissue that the phantom paints."""

    AIR = Properties(1.0, 1.0, 0.0, -1000.0)
    CORTICAL_BONE = Properties(300.0, 1.0, 0.10, 1100.0)
    FLUID = Properties(4080.0, 1600.0, 1.0, 6.0)
    """Cerebrospinal fluid."""
    WHITE = Properties(690.0, 80.0, 0.71, 29.0)
    GREY = Properties(1120.0, 97.0, 0.82, 37.0)
    DEEP_GREY = Properties(960.0, 86.0, 0.79, 38.0)
    IRON_GREY = Properties(850.0, 74.0, 0.76, 40.0)
    """Pallidum, red nucleus, substantia nigra: darkened by iron."""
    LESION = Properties(1250.0, 160.0, 0.88, 24.0)
    MUSCLE = Properties(980.0, 46.0, 0.80, 55.0)
    FAT = Properties(270.0, 150.0, 0.92, -95.0, 1.0)
    SKIN = Properties(600.0, 60.0, 0.72, 40.0, 0.2)
    MARROW = Properties(420.0, 110.0, 0.72, 280.0, 0.6)
    """Fatty, as in the skull."""
    RED_MARROW = Properties(520.0, 104.0, 0.72, 220.0, 0.45)
    """As in the vertebrae."""
    VITREOUS = Properties(3900.0, 900.0, 0.98, 8.0)
    LENS = Properties(900.0, 30.0, 0.6, 70.0)
    MUCOSA = Properties(1100.0, 110.0, 0.85, 40.0)
    GLAND = Properties(700.0, 90.0, 0.82, 20.0, 0.4)
    BLOOD_FLOWING = Properties(1500.0, 12.0, 0.35, 45.0)
    """Dark, for it has left the slice before its echo."""
    NUCLEUS = Properties(1150.0, 125.0, 0.88, 75.0)
    """Of a healthy disc."""
    WORN_DISC = Properties(900.0, 52.0, 0.70, 80.0)
    ANNULUS = Properties(800.0, 40.0, 0.6, 90.0)
    LIGAMENT = Properties(700.0, 22.0, 0.45, 80.0)
    CORD = Properties(850.0, 84.0, 0.76, 32.0)
    NERVE = Properties(900.0, 80.0, 0.76, 30.0)


def brightness(tissue: Tissue, timing: Timing) -> float:
    """Give the signal of one tissue in a spin echo, with an inversion before it where the timing has one."""
    facts = tissue.value
    echo, repetition = timing.echo_ms or 0.0, timing.repetition_ms or 10_000.0
    recovered = 1.0 - math.exp(-repetition / facts.t1_ms)
    if timing.inversion_ms is not None:
        inverted = 2.0 * math.exp(-timing.inversion_ms / facts.t1_ms)
        recovered = abs(1.0 - inverted + math.exp(-repetition / facts.t1_ms))
    return facts.density * recovered * math.exp(-_contrast_echo(echo) / facts.t2_ms)


def _contrast_echo(echo_ms: float) -> float:
    # Long trains of small flip angles keep contrast as if the echo came far earlier than it does.
    long_train_ms = 200.0
    return echo_ms if echo_ms < long_train_ms else echo_ms / 3.2
