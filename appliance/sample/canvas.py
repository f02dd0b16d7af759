"""A slab of the image while it is painted: tissue over tissue, each with a soft edge.

Signal adds up linearly, so painting a tissue with the share of a voxel that it fills is exact partial
volume. Fat is kept apart from water, for a scanner puts it elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.shapes import limited
from appliance.sample.tissues import Tissue, brightness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.lattice import Floats
    from appliance.sample.scan_spec import Timing


@dataclass(frozen=True, slots=True)
class Palette:
    """What the tissues look like in one kind of image."""

    levels: dict[Tissue, tuple[float, float]]
    """What each tissue gives of water's signal and of fat's."""
    texture: float = 1.0
    """How much of a tissue's unevenness shows."""


def mr_palette(timing: Timing) -> Palette:
    """Mix the colours of a spin-echo sequence."""
    levels = {tissue: brightness(tissue, timing) for tissue in Tissue}
    return Palette(
        {tissue: (level * (1 - tissue.value.fat), level * tissue.value.fat) for tissue, level in levels.items()}
    )


def ct_palette() -> Palette:
    """Give Hounsfield units above air's: an X-ray tube knows no water and fat, and hardly any texture."""
    air = Tissue.AIR.value.hounsfield
    return Palette({tissue: (tissue.value.hounsfield - air, 0.0) for tissue in Tissue}, texture=0.02)


class Canvas:
    """Water's and fat's signal of some places, and the share of each structure whose truth is kept."""

    def __init__(self, shape: tuple[int, ...], palette: Palette, edge_mm: float) -> None:
        self.water = np.zeros(shape, dtype=np.float32)
        self.fat = np.zeros(shape, dtype=np.float32)
        self.shares: dict[str, Floats] = {}
        self._palette = palette
        self._edge = np.float32(edge_mm)

    def share(self, distance: Floats) -> Floats:
        """Turn a signed distance into the share of a voxel that lies inside."""
        return limited(np.float32(0.5) - distance / self._edge)

    def paint(self, share: Floats, tissue: Tissue, texture: Floats | float = 1.0) -> None:
        """Lay a tissue over what is there."""
        water, fat = self._palette.levels[tissue]
        shown = np.float32(1.0) + np.float32(self._palette.texture) * (texture - np.float32(1.0))
        self.water += share * (np.float32(water) * shown - self.water)
        self.fat += share * (np.float32(fat) * shown - self.fat)

    def fill(self, distance: Floats, tissue: Tissue, texture: Floats | float = 1.0) -> None:
        """Paint the inside of a shape."""
        self.paint(self.share(distance), tissue, texture)

    def keep(self, name: str, share: Floats) -> None:
        """Remember a share as truth; several under one name add up to the largest."""
        known = self.shares.get(name)
        self.shares[name] = share if known is None else np.maximum(known, share)

    def displace(self, name: str, share: Floats) -> None:
        """Take away from a kept share what was painted over it."""
        if name in self.shares:
            self.shares[name] = self.shares[name] * (1.0 - share)

    def part(self, chosen: NDArray[np.bool_]) -> Canvas:
        """Give a canvas of the chosen places alone: what cannot meet the others need not be computed there."""
        part = Canvas((int(chosen.sum()),), self._palette, float(self._edge))
        part.water, part.fat = self.water[chosen], self.fat[chosen]
        part.shares = {name: share[chosen] for name, share in self.shares.items()}
        return part

    def put_back(self, part: Canvas, chosen: NDArray[np.bool_]) -> None:
        """Take over what was painted on a part."""
        self.water[chosen], self.fat[chosen] = part.water, part.fat
        for name, share in part.shares.items():
            full = self.shares.setdefault(name, np.zeros_like(self.water))
            full[chosen] = share
