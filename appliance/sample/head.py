"""One head from skin to ventricles, painted at any places: the same person on every grid.

Painted from the outside inward, so that each structure covers what it displaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.cortex import Folding, Folds, fold
from appliance.sample.deep_grey import paint_deep_grey
from appliance.sample.face import paint_face
from appliance.sample.hindbrain import HIGHEST, hindbrain
from appliance.sample.lattice import Grain, Lattice, Places, band_noise
from appliance.sample.lesions import CORTEX_ENTERED_MM, Ground, Lesion, LesionWish, plant
from appliance.sample.shapes import over, smooth_union
from appliance.sample.skull import Skull, skull
from appliance.sample.tissues import Tissue
from appliance.sample.ventricles import HIGH, LOW, choroid_plexus, ventricles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from appliance.sample.canvas import Canvas
    from appliance.sample.head_traits import HeadTraits
    from appliance.sample.lattice import Floats


_MARGIN_MM = 3.0
"""How far on either side of the skull's inner table both sides are painted."""


@dataclass(frozen=True, slots=True, eq=False)
class Noises:
    """Unit noise at some places, from the slowest to the finest."""

    slow: Floats
    middle: Floats
    fast: Floats
    grain: Floats

    def part(self, chosen: NDArray[np.bool_]) -> Noises:
        """Choose some of the places."""
        return Noises(self.slow[chosen], self.middle[chosen], self.fast[chosen], self.grain[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One person, folded once and painted often."""

    traits: HeadTraits
    folding: Folding
    warp: Lattice
    """Three fields of displacement in millimetres, and three of unit noise, coarse to fine."""
    grain: Grain
    coarse_grain: Grain
    lump_field: Lattice
    """Unit noise, as coarse as a lesion's lobes."""
    lesions: tuple[Lesion, ...] = ()

    def lumps(self, places: Places) -> Floats:
        """Read the noise that makes lesions irregular."""
        return self.lump_field.at(places)[0]

    @property
    def ground(self) -> Ground:
        """Give what lesions are planted in."""
        return Ground(self.traits, self.folding, self.lumps, self.swelling)

    def to_scanner(self, own: tuple[float, float, float]) -> tuple[float, float, float]:
        """Take a place of the average head to this person's millimetres."""
        aim = np.array(own) * self.traits.size
        place = aim.copy()
        for _ in range(6):
            here = Places(*(np.array([v], dtype=np.float32) for v in place))
            place = aim - np.array([float(shift[0]) for shift in self.warp.at(here)[:3]])
        return (float(place[0]), float(place[1]), float(place[2]))

    def swelling(self, own: tuple[float, float, float]) -> float:
        """Give how many cubic millimetres of this head one of the average head fills."""
        reach = 4.0
        steps = [
            np.subtract(self.to_scanner(_moved(own, axis, reach)), self.to_scanner(_moved(own, axis, -reach)))
            for axis in range(3)
        ]
        return abs(float(np.linalg.det(np.array(steps) / (2 * reach))))

    def paint(self, canvas: Canvas, places: Places) -> None:
        """Paint the head."""
        paint_head(canvas, places, self)

    def covers(self, places: Places) -> NDArray[np.bool_]:
        """Say which places may lie in the head."""
        sx, sy, sz = self.traits.size
        height = over(places.z / sz - 20.0) / 86.0
        outline = (places.x / (93.0 * sx)) ** 2 + ((places.y + 12.0) / (113.0 * sy)) ** 2
        return outline < 1.0 - height * height


def _moved(place: tuple[float, float, float], axis: int, way: float) -> tuple[float, float, float]:
    x, y, z = (value + (way if n == axis else 0.0) for n, value in enumerate(place))
    return (x, y, z)


def make_head(traits: HeadTraits, wishes: Sequence[LesionWish] = ()) -> Head:
    """Fold a head and plant lesions in it."""
    rng = np.random.default_rng([traits.seed, 3])
    shape = (46, 56, 50)
    fields = [1.3 * band_noise(shape, 26.0, rng) + 0.45 * band_noise(shape, 9.0, rng) for _ in range(3)]
    fields += [band_noise(shape, wave, rng) for wave in (10.0, 5.0, 3.0)]
    warp = Lattice(np.stack(fields, axis=-1), (-105.0, -135.0, -130.0), 4.6)
    lumps = band_noise((70, 90, 70), 3.5, rng, spread=0.4)[..., None]
    field = Lattice(np.ascontiguousarray(lumps), (-70.0, -105.0, -50.0), 2.0)
    head = Head(traits, fold(traits), warp, Grain(rng), Grain(rng, wavelength=9.0), field)
    return replace(head, lesions=plant(wishes, head.ground)) if wishes else head


def paint_head(canvas: Canvas, places: Places, head: Head) -> None:
    """Paint everything that the places meet."""
    dx, dy, dz, slow, middle, fast = head.warp.at(places)
    sx, sy, sz = head.traits.size
    places = Places((places.x + dx) / sx, (places.y + dy) / sy, (places.z + dz) / sz)
    noises = Noises(slow, middle, fast, head.grain.at(places))
    depth = head.folding.depth(places)
    wraps = skull(places, depth, head.traits, noises.slow)
    outer, inner = wraps.cavity > -_MARGIN_MM, wraps.cavity < _MARGIN_MM
    if outer.any():
        part = canvas.part(outer)
        _paint_outside(part, places.part(outer), wraps.part(outer), head, noises.part(outer))
        canvas.put_back(part, outer)
    if inner.any():
        part, places = canvas.part(inner), places.part(inner)
        folds = head.folding.read(places, depth[inner])
        _paint_brain(part, places, folds, wraps.cavity[inner], head, noises.part(inner))
        canvas.put_back(part, inner)


def _paint_outside(canvas: Canvas, places: Places, wraps: Skull, head: Head, noises: Noises) -> None:
    _paint_wraps(canvas, wraps, noises.grain, noises.middle)
    paint_face(canvas, places, wraps, head.coarse_grain, noises.grain, noises.fast)


def _paint_brain(canvas: Canvas, places: Places, folds: Folds, cavity: Floats, head: Head, noises: Noises) -> None:
    canvas.fill(cavity, Tissue.FLUID)
    hull = -folds.depth
    if places.z.min() < HIGHEST:
        hull = _paint_hindbrain(canvas, places, hull, noises)
    canvas.keep("brain", canvas.share(hull) * canvas.share(cavity))
    _paint_cerebrum(canvas, folds, noises)
    paint_deep_grey(canvas, places, head.traits, noises.grain)
    _paint_lesions(canvas, places, head, folds, noises.grain)
    if places.within(LOW, HIGH):
        _paint_ventricles(canvas, places, head.traits, noises.grain)


def _paint_wraps(canvas: Canvas, wraps: Skull, grain: Floats, middle: Floats) -> None:
    canvas.fill(wraps.skin, Tissue.SKIN, 1.0 + 0.08 * grain)
    canvas.fill(wraps.skin + 1.8, Tissue.FAT, 1.0 + 0.06 * grain + 0.06 * middle)
    outer = wraps.cavity - wraps.bone
    canvas.fill(outer - 1.6, Tissue.MUSCLE, 0.9 + 0.1 * grain)
    canvas.fill(outer, Tissue.CORTICAL_BONE)
    diploe = np.maximum(wraps.cavity - wraps.bone * 0.68, wraps.bone * 0.34 - wraps.cavity)
    canvas.paint(canvas.share(diploe) * np.clip(0.38 + 0.2 * middle, 0, 1), Tissue.MARROW, 1.0 + 0.2 * grain)


def _paint_cerebrum(canvas: Canvas, folds: Folds, noises: Noises) -> None:
    tissue = canvas.share(-folds.tissue)
    canvas.paint(tissue, Tissue.GREY, 1.0 + 0.025 * noises.grain)
    white = np.clip(0.5 + (folds.tissue - folds.cortex) / 1.4, 0.0, 1.0)
    canvas.paint(tissue * white, Tissue.WHITE, 1.0 + 0.015 * noises.grain + 0.03 * noises.slow)


def _paint_hindbrain(canvas: Canvas, places: Places, hull: Floats, noises: Noises) -> Floats:
    grain = noises.grain
    hind = hindbrain(places, noises.fast)
    cerebellum = canvas.share(hind.cerebellum)
    canvas.paint(cerebellum, Tissue.GREY, 1.0 + 0.02 * grain)
    canvas.paint(cerebellum * np.clip(0.5 - hind.folia / 2.0, 0, 1) * 0.5, Tissue.FLUID)
    white = np.clip(0.5 - hind.core / 5.0, 0, 1)
    canvas.paint(cerebellum * white, Tissue.WHITE, 1.0 + 0.015 * grain)
    canvas.fill(hind.brainstem, Tissue.WHITE, 1.02 + 0.03 * grain)
    return np.minimum(hull, smooth_union(hind.cerebellum, hind.brainstem, 8.0))


def _paint_lesions(canvas: Canvas, places: Places, head: Head, folds: Folds, grain: Floats) -> None:
    near = [lesion for lesion in head.lesions if _meets(lesion, places)]
    if not near:
        return
    lumps = head.lumps(places)
    allowed = canvas.share(-folds.tissue) * np.clip(0.5 + (folds.tissue - folds.cortex + CORTEX_ENTERED_MM) / 1.4, 0, 1)
    for lesion in near:
        distance = lesion.distance(places, lumps)
        share = np.clip(0.5 - distance / 1.4, 0.0, 1.0) * allowed
        halo = np.clip(0.5 - (distance - 1.5) / 5.0, 0.0, 1.0) * allowed
        canvas.paint(halo * (0.15 * lesion.strength), Tissue.LESION)
        canvas.paint(share * lesion.strength, Tissue.LESION, 1.0 + 0.05 * grain)
        canvas.keep("lesion", share)


def _meets(lesion: Lesion, places: Places) -> bool:
    low = [c - lesion.reach_mm for c in lesion.centre]
    high = [c + lesion.reach_mm for c in lesion.centre]
    return places.within((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _paint_ventricles(canvas: Canvas, places: Places, traits: HeadTraits, grain: Floats) -> None:
    distance = ventricles(places, traits)
    lining = np.exp(-0.5 * ((distance - 0.6) / 1.1) ** 2)
    canvas.paint(lining * 0.35, Tissue.LESION)
    share = canvas.share(distance)
    canvas.paint(share, Tissue.FLUID)
    canvas.keep("ventricle", share)
    canvas.displace("lesion", share)
    canvas.paint(share * canvas.share(choroid_plexus(places, traits)), Tissue.GREY, 0.9 + 0.2 * grain)
