"""Whose back is scanned: the numbers in which one lumbar spine differs from the next, level by level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

LEVELS: Final = ("T11/T12", "T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1", "S1/S2")
"""Every disc that is drawn, from above; the last one is rudimentary."""
GRADED: Final = ("L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1")
"""Those of which the widths are told as truth."""


@dataclass(frozen=True, slots=True)
class LevelTraits:
    """One disc and the canal behind it. Lengths are in millimetres."""

    name: str
    height: float
    wear: float
    """0: a bright, full nucleus; 1: a dark, flat disc."""
    bulge: float
    """How far the disc stands out behind."""
    sac_depth: float
    """Of the dural sac from front to back, in the middle."""
    sac_width: float
    trefoil: float
    """0: round; 1: pressed in from behind on both sides, as by thick ligaments and joints."""
    ligament: float
    """Thickness of the ligamentum flavum."""
    joint: float
    """Size of the facet joints against the usual."""
    narrowed: bool = False
    """Narrowed on purpose."""


@dataclass(frozen=True, slots=True)
class SpineTraits:
    """One back."""

    seed: int
    size: float
    lordosis: float
    """Curvature against the average."""
    scoliosis_mm: float
    back_fat_mm: float
    marbling: float
    """Fat inside the muscles, 0 to 1."""
    marrow: float
    """Brightness of the marrow against the usual."""
    conus: float
    """Where the cord ends: segments below T12/L1."""
    levels: tuple[LevelTraits, ...]

    def level(self, name: str) -> LevelTraits:
        """Find a level by name."""
        return self.levels[LEVELS.index(name)]


def spine_traits(seed: int, *, age_years: float = 50.0) -> SpineTraits:
    """Draw a back without narrowing."""
    rng = np.random.default_rng([seed, 11])
    years = max(age_years - 20.0, 0.0) / 50.0
    size = float(np.clip(rng.normal(1.0, 0.05), 0.88, 1.12))
    depth = float(rng.normal(13.6, 1.0))
    heights = (6.0, 7.0, 8.3, 9.6, 10.8, 11.5, 10.2, 2.5)
    levels = tuple(
        _level(name, h, n, depth, years, rng) for n, (name, h) in enumerate(zip(LEVELS, heights, strict=True))
    )
    return SpineTraits(
        seed=seed,
        size=size,
        lordosis=float(np.clip(rng.normal(1.0, 0.18), 0.6, 1.4)),
        scoliosis_mm=float(rng.normal(0.0, 2.0)),
        back_fat_mm=float(rng.uniform(7.0, 24.0)),
        marbling=float(np.clip(0.1 + 0.45 * years + rng.normal(0, 0.15), 0.0, 1.0)),
        marrow=float(rng.normal(1.0, 0.1)),
        conus=float(rng.uniform(0.2, 1.1)),
        levels=levels,
    )


def narrowed(traits: SpineTraits, name: str, *, sac_depth: float) -> SpineTraits:
    """Narrow one level to a chosen depth of the sac, by disc, ligaments and joints together."""
    index = LEVELS.index(name)
    old = traits.levels[index]
    loss = max(old.sac_depth - sac_depth, 0.0)
    new = replace(
        old,
        sac_depth=sac_depth,
        sac_width=old.sac_width - 0.75 * loss,
        bulge=old.bulge + 0.45 * loss,
        wear=max(old.wear, min(0.45 + 0.05 * loss, 1.0)),
        height=old.height * (1.0 - min(0.03 * loss, 0.35)),
        trefoil=min(1.0, old.trefoil + 0.09 * loss),
        ligament=old.ligament + 0.3 * loss,
        joint=old.joint + 0.03 * loss,
        narrowed=True,
    )
    return replace(traits, levels=(*traits.levels[:index], new, *traits.levels[index + 1 :]))


def _level(name: str, height: float, index: int, depth: float, years: float, rng: np.random.Generator) -> LevelTraits:
    low = index >= LEVELS.index("L3/L4")
    wear = float(np.clip(rng.normal(0.12 + 0.4 * years + (0.15 if low else 0.0), 0.2), 0.0, 1.0))
    taper = {LEVELS[-1]: -6.0, "L5/S1": -1.8}.get(name, 0.0)
    return LevelTraits(
        name=name,
        height=height * (1.0 - 0.35 * wear),
        wear=wear,
        bulge=float(np.clip(rng.normal(0.4 + 1.4 * wear, 0.4), 0.0, 4.0)),
        sac_depth=float(np.clip(depth + rng.normal(0, 0.6) + taper, 7.0, 19.0)),
        sac_width=float(np.clip(rng.normal(19.0, 1.3) + taper, 12.0, 25.0)),
        trefoil=float(np.clip(rng.normal(0.15 if not low else 0.35, 0.1), 0.0, 1.0)),
        ligament=float(np.clip(rng.normal(2.6 + 0.8 * wear, 0.3), 2.0, 5.0)),
        joint=float(np.clip(rng.normal(1.0 + 0.1 * years, 0.06), 0.85, 1.3)),
    )
