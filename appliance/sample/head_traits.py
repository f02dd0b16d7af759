"""Who is in the scanner: the numbers in which one head differs from the next, drawn from a seed.

Ages atrophy: fluid spaces widen with the years, as they do in people, with a wide spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class HeadTraits:
    """One head. Lengths are in millimetres, factors are around one."""

    seed: int
    age_years: float
    size: tuple[float, float, float]
    """Breadth, length and height against the average."""
    face: float
    """Size of the face against the average."""
    ventricles: float
    """Width of the ventricles against a young adult's."""
    atrophy: float
    """0: full gyri; 1: wide sulci."""
    scalp_mm: float
    skull_mm: float
    sulci_mm: float
    """The distance between neighbouring sulci."""
    iron: float
    """How dark the pallidum is, 0 to 1."""
    choroid: float
    """How large the choroid plexus is."""
    sinuses: float
    """How far the air spaces of the face reach."""


def head_traits(seed: int, *, age_years: float | None = None) -> HeadTraits:
    """Draw a head; the age may be given."""
    rng = np.random.default_rng([seed, 1])
    age = float(rng.uniform(20, 68)) if age_years is None else age_years
    years = max(age - 20.0, 0.0) / 50.0
    common = rng.normal(1.0, 0.025)
    size = tuple(float(np.clip(common * rng.normal(1.0, 0.022), 0.9, 1.1)) for _ in range(3))
    atrophy = float(np.clip(0.15 + 0.5 * years + rng.normal(0, 0.15), 0.0, 1.0))
    return HeadTraits(
        seed=seed,
        age_years=age,
        size=(size[0], size[1], size[2]),
        face=float(rng.normal(1.0, 0.03)),
        ventricles=float(np.clip(0.85 + 0.45 * years + rng.normal(0, 0.16), 0.68, 1.9)),
        atrophy=atrophy,
        scalp_mm=float(rng.uniform(4.8, 7.2)),
        skull_mm=float(rng.uniform(4.2, 6.0)),
        sulci_mm=float(rng.uniform(9.3, 11.5)),
        iron=float(np.clip(0.2 + 0.6 * years + rng.normal(0, 0.15), 0.0, 1.0)),
        choroid=float(rng.uniform(0.6, 1.3)),
        sinuses=float(rng.uniform(0.85, 1.15)),
    )
