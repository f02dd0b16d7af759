"""White-matter lesions: chosen in number, place and volume, irregular in shape, known to the millilitre.

A lesion is the inside of a level of a lumpy distance around its centre, clipped to the brain's tissue.
The level is the one that encloses the wanted volume, so a lesion that grows keeps its place and its
shape, as it does between two visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places, grid_places
from appliance.sample.shapes import gradient, over
from appliance.sample.ventricles import lateral_ventricles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from appliance.sample.cortex import Folding
    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats


class Region(StrEnum):
    """Where a lesion lies."""

    PERIVENTRICULAR = "periventricular"
    """It touches a lateral ventricle."""
    PARAVENTRICULAR = "paraventricular"
    """In the deep white matter, clear of ventricle and cortex."""
    JUXTACORTICAL = "juxtacortical"
    """It touches the cortex."""


_GOOD_ENOUGH_MM = 0.8
"""Places that suit a lesion this much less than the best are drawn from as well."""


@dataclass(frozen=True, slots=True)
class LesionWish:
    """A lesion to be planted."""

    region: Region
    ml: float
    strength: float = 0.8
    """How bright, from 0 (as white matter) to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesion:
    """A lesion in its place, in the head's own frame."""

    region: Region
    ml: float
    strength: float
    centre: tuple[float, float, float]
    axes: NDArray[np.float32]
    """Rows: unit vectors divided by relative radii."""
    level: float
    """Millimetres: where the lumpy distance ends."""

    def distance(self, places: Places, lumps: Floats) -> Floats:
        """Give the distance to its edge, negative inside."""
        return _lumpy(places, self.centre, self.axes, lumps) - np.float32(self.level)

    @property
    def reach_mm(self) -> float:
        """Nothing of it lies farther from the centre."""
        return 2.2 * self.level + 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lesions are planted in."""

    traits: HeadTraits
    folding: Folding
    lumps: Callable[[Places], Floats]
    swelling: Callable[[tuple[float, float, float]], float]
    """How many cubic millimetres of this head one of the average head fills at a place."""


def draw_wishes(seed: int, *, count: int, total_ml: float) -> tuple[LesionWish, ...]:
    """Draw lesions as they are met: many small ones, few large, most of them near the ventricles."""
    rng = np.random.default_rng([seed, 5])
    regions = rng.choice(list(Region), size=count, p=[0.42, 0.33, 0.25])
    sizes = np.clip(rng.lognormal(0.0, 1.0, count), 0.25, 9.0)
    limits = np.array([4.0 if region == Region.PERIVENTRICULAR else 1.5 for region in regions])
    ml = np.clip(sizes / sizes.sum() * total_ml, 0.03, limits)
    strengths = rng.uniform(0.55, 1.0, count)
    return tuple(
        LesionWish(Region(region), round(float(v), 3), round(float(s), 2))
        for region, v, s in zip(regions, ml, strengths, strict=True)
    )


def plant(
    wishes: Sequence[LesionWish], ground: Ground, *, among: Sequence[Lesion] = (), seed: int = 0
) -> tuple[Lesion, ...]:
    """Find a place for each wish, clear of the others and of those that are there."""
    rng = np.random.default_rng([ground.traits.seed, seed, 6])
    soil = _Soil.of(ground)
    room = np.full(len(soil.ventricle), np.inf, dtype=np.float32)
    for lesion in among:
        room = np.minimum(room, soil.room_beside(lesion))
    planted: list[Lesion] = []
    for wish in wishes:
        centre, outward = soil.pick(wish, room, rng)
        lesion = _sized(wish, centre, _axes(wish.region, outward, rng), ground)
        room = np.minimum(room, soil.room_beside(lesion))
        planted.append(lesion)
    return tuple(planted)


def resized(lesion: Lesion, ml: float, ground: Ground) -> Lesion:
    """Let a lesion grow or shrink where it is."""
    wish = LesionWish(lesion.region, ml, lesion.strength)
    return _sized(wish, lesion.centre, lesion.axes, ground)


@dataclass(frozen=True, slots=True, eq=False)
class _Soil:
    """White matter on a coarse grid, with its distances."""

    places: NDArray[np.float32]
    """One row a node."""
    ventricle: Floats
    cortex: Floats
    outward: NDArray[np.float32]
    """Away from the ventricle, a unit vector a node."""

    @classmethod
    def of(cls, ground: Ground) -> _Soil:
        grid = grid_places((-62.0, -90.0, -6.0), (62.0, 58.0, 66.0), 2.0)
        ventricle = lateral_ventricles(grid, ground.traits)
        folds = ground.folding.read(grid, ground.folding.depth(grid))
        cortex = folds.tissue - folds.cortex
        slope = np.moveaxis(gradient(ventricle, 2.0), 0, -1)
        slope /= np.linalg.norm(slope, axis=-1, keepdims=True) + 1e-6
        white = (cortex > 0.5) & (ventricle > 0.0) & ~_nuclei(grid)
        rows = np.stack([grid.x[white], grid.y[white], grid.z[white]], axis=-1)
        return cls(rows, ventricle[white], cortex[white], slope[white])

    def pick(
        self, wish: LesionWish, room: Floats, rng: np.random.Generator
    ) -> tuple[tuple[float, float, float], NDArray[np.float32]]:
        """Choose a node that suits the wish; one of the best where none suits wholly."""
        radius = (wish.ml * 1000 * 3 / (4 * np.pi)) ** (1 / 3)
        misfit = self._misfit(wish.region, radius) + over(1.3 * radius + 3.0 - room)
        suited = np.flatnonzero(misfit <= misfit.min() + _GOOD_ENOUGH_MM)
        node = int(rng.choice(suited))
        x, y, z = (float(v) for v in self.places[node])
        return (x, y, z), self.outward[node]

    def room_beside(self, lesion: Lesion) -> Floats:
        """Give how far each node lies from a lesion's edge."""
        room: Floats = np.linalg.norm(self.places - np.array(lesion.centre, dtype=np.float32), axis=1)
        return room - np.float32(1.3 * lesion.level)

    def _misfit(self, region: Region, radius: float) -> Floats:
        if region is Region.PERIVENTRICULAR:
            return (
                over(self.ventricle - 0.55 * radius)
                + over(0.55 * radius - self.ventricle)
                + over(radius + 1.0 - self.cortex)
            )
        if region is Region.JUXTACORTICAL:
            return (
                over(self.cortex - 0.6 * radius)
                + over(0.6 * radius - self.cortex)
                + over(radius + 9.0 - self.ventricle)
            )
        clear = over(radius + 4.0 - self.ventricle) + over(radius + 2.0 - self.cortex)
        return clear + 0.3 * over(self.ventricle - radius - 16.0)


def _nuclei(grid: Places) -> NDArray[np.bool_]:
    # No lesion in the callosum's middle, the thalami and the basal ganglia.
    side = np.abs(grid.x)
    return (side < 5.0) | ((side < 33.0) & (grid.y < 20.0) & (grid.y > -34.0) & (grid.z < 17.0))


def _axes(region: Region, outward: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    first = outward if region is Region.PERIVENTRICULAR else rng.standard_normal(3)
    frame, _ = np.linalg.qr(np.column_stack([first, rng.standard_normal((3, 2))]))
    radii = rng.uniform(0.8, 1.25, 3)
    if region is Region.PERIVENTRICULAR:
        radii[0] *= rng.uniform(0.9, 1.5)
    axes: NDArray[np.float32] = (frame / (radii / np.cbrt(radii.prod()))).T.astype(np.float32)
    return axes


def _lumpy(places: Places, centre: tuple[float, float, float], axes: NDArray[np.float32], lumps: Floats) -> Floats:
    dx, dy, dz = places.x - centre[0], places.y - centre[1], places.z - centre[2]
    squares = sum((row[0] * dx + row[1] * dy + row[2] * dz) ** 2 for row in axes)
    radius = np.sqrt(squares + np.float32(1e-6))
    lumpy: Floats = radius * (1.0 + 0.22 * lumps)
    return lumpy


def _sized(wish: LesionWish, centre: tuple[float, float, float], axes: NDArray[np.float32], ground: Ground) -> Lesion:
    reach = 2.4 * (wish.ml * 1000 * 3 / (4 * np.pi)) ** (1 / 3) + 4.0
    pitch = max(reach / 15.0, 0.4)
    low, high = (tuple(c + sign * reach for c in centre) for sign in (-1, 1))
    box = grid_places(low, high, pitch)
    distance = _lumpy(box, centre, axes, ground.lumps(box))
    folds = ground.folding.read(box, ground.folding.depth(box))
    free = (lateral_ventricles(box, ground.traits) > 0) & (folds.tissue - folds.cortex > -CORTEX_ENTERED_MM)
    # Lesions live in the average head: where this one is stretched, they are stretched with it.
    wanted = round(wish.ml * 1000 / pitch**3 / ground.swelling(centre))
    levels = np.sort(distance[free])
    level = float(levels[min(wanted, len(levels) - 1)])
    return Lesion(wish.region, wish.ml, wish.strength, centre, axes, level)


CORTEX_ENTERED_MM = 0.8
"""How far a lesion may reach into the grey matter."""
