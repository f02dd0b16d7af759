"""What is known about a phantom because it was planted: lesions, volumes, widths, masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.sample.lesions import Region

Millimetres = tuple[float, float, float]
"""A place in the scanner's RAS frame."""


@dataclass(frozen=True, slots=True)
class LesionTruth:
    """One lesion as it was planted."""

    centre_mm: Millimetres
    ml: float
    region: Region
    change: str = ""
    """Against the earlier scan: ``new``, ``enlarged``, ``resolved``, ``stable``; empty where there is none."""


@dataclass(frozen=True, slots=True)
class LevelTruth:
    """One disc level as it was drawn."""

    name: str
    centre_mm: Millimetres
    sac_depth_mm: float
    """From front to back in the middle plane, across the middle of the disc."""
    sac_width_mm: float
    sac_area_mm2: float
    disc_wear: float
    """0: bright and full; 1: dark and flat."""
    narrowed: bool
    """Narrowed on purpose."""
