"""The canal: the sac of chosen depth at each disc, cord and roots in it, fat and ligaments around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Lattice, Places, band_noise
from appliance.sample.shapes import over, smooth_step, tube
from appliance.sample.spine_traits import LEVELS
from appliance.sample.tissues import Tissue

if TYPE_CHECKING:
    from appliance.sample.canvas import Canvas
    from appliance.sample.lattice import Floats
    from appliance.sample.spine_frame import Along, Frame
    from appliance.sample.spine_traits import SpineTraits
    from appliance.sample.vertebrae import Column

_OPEN_DEPTH = 14.6
"""Of the sac behind a vertebra's middle, where nothing presses on it."""
_NARROW_FROM = 0.85
"""Of the open depth: below this, ligament and disc fill the canal around the sac."""
_RIM_MM = 0.8
"""Of fat that stays around a pressed sac."""
_END_MM = 22.0
"""The sac ends this far below the disc S1/S2."""
_ANTERIOR_FAT = {"L5/S1": 5.0, "S1/S2": 7.0, "L4/L5": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Canal:
    """Distances to the canal's parts."""

    sac: Floats
    space: Floats
    """To the canal's own wall; fat fills what the sac leaves."""
    ligament: Floats
    across: Floats
    """Within the sac: -1 to 1 from side to side …"""
    ahead: Floats
    """… and from back to front."""
    pressed: Floats
    """How far thick ligament has taken the place of fat: 0 … 1."""


def canal(along: Along, col: Column, frame: Frame, traits: SpineTraits) -> Canal:
    """Read the canal."""
    disc = np.exp(-((along.below / 7.0) ** 2)).astype(np.float32)
    depth = _mixed([level.sac_depth for level in traits.levels], _open_depths(traits), along, disc, frame)
    width = _mixed([level.sac_width for level in traits.levels], [w + 1.0 for w in _widths(traits)], along, disc, frame)
    trefoil = _mixed([level.trefoil for level in traits.levels], [0.1] * len(LEVELS), along, disc, frame)
    fat = _mixed([fat + 0.6 for fat in _fats()], [fat + 1.6 for fat in _fats()], along, disc, frame)
    bulge = _mixed([level.bulge for level in traits.levels], [0.0] * len(LEVELS), along, disc, frame)
    wall = -(col.depth - 2.0 + bulge + fat)
    ahead = (along.front - (wall - depth / 2)) / (depth / 2)
    narrow = 1.0 - trefoil * 0.42 * np.clip(0.25 - ahead, 0.0, 1.25)
    across = along.aside / (width / 2 * narrow)
    scaled = (np.abs(across) ** 2.2 + np.abs(ahead) ** 2.2 + 1e-6) ** (1 / 2.2)
    ending = over(along.down - frame.discs[-1])
    sac = (scaled - 1.0) * depth / 2 * 0.95 + depth / 2 * (ending / _END_MM) ** 2
    space, ligament = _walls(along, col, traits, disc, wall, depth)
    return Canal(sac, space, ligament, across, ahead, disc * _pressed(traits)[along.segment])


def _pressed(traits: SpineTraits) -> Floats:
    """Say for each level how far what narrows its sac has filled the canal; fat is what is pressed out first."""
    depths = np.asarray([level.sac_depth for level in traits.levels], dtype=np.float32)
    open_depths = np.asarray(_open_depths(traits), dtype=np.float32)
    pressed: Floats = np.clip(2.5 * (_NARROW_FROM - depths / open_depths), 0.0, 1.0)
    return pressed


def _fats() -> list[float]:
    return [_ANTERIOR_FAT.get(name, 0.3) for name in LEVELS]


def _open_depths(traits: SpineTraits) -> list[float]:
    sacral = {"L5/S1": -3.0, "S1/S2": -8.0}
    return [_OPEN_DEPTH * traits.size + sacral.get(name, 0.0) for name in LEVELS]


def _widths(traits: SpineTraits) -> list[float]:
    usual = float(np.median([level.sac_width for level in traits.levels]))
    return [usual + {"S1/S2": -7.0, "L5/S1": -2.0}.get(name, 0.0) for name in LEVELS]


def _walls(
    along: Along, col: Column, traits: SpineTraits, disc: Floats, wall: Floats, depth: Floats
) -> tuple[Floats, Floats]:
    side = np.abs(along.aside)
    thick = np.asarray([level.ligament for level in traits.levels], dtype=np.float32)[along.segment]
    apex = np.minimum(wall - depth, -(col.depth + 15.0)) - 3.6 * disc
    slope = np.clip((along.front - apex) / (-(col.depth) - apex), 0.0, 1.0)
    half = 1.5 + 12.0 * slope**0.75
    space = np.maximum(side - half, np.maximum(apex - along.front, along.front + col.depth - 3.0))
    outer = np.maximum(side - half - thick, np.maximum(apex - thick - along.front, along.front + col.depth + 8.0))
    ligament = np.maximum(outer, np.abs(along.below + 2.0) - 11.0)
    return space, ligament


def paint_canal(canvas: Canvas, along: Along, shape: Canal, traits: SpineTraits, roots: Lattice, grain: Floats) -> None:
    """Paint ligaments, fat, sac, cord and roots."""
    canvas.fill(shape.ligament, Tissue.LIGAMENT)
    canvas.fill(shape.space, Tissue.FAT, 0.95 + 0.06 * grain)
    _paint_recess(canvas, along)
    filled = canvas.share(np.maximum(shape.space, _RIM_MM - shape.sac))
    canvas.paint(filled * np.clip(1.6 * shape.pressed, 0.0, 1.0), Tissue.LIGAMENT)
    canvas.fill(shape.sac - 0.7, Tissue.LIGAMENT, 1.3)
    share = canvas.share(shape.sac)
    canvas.paint(share, Tissue.FLUID, 1.0 + 0.03 * grain)
    canvas.keep("canal", share)
    end = _cord_end(traits, along)
    canvas.paint(share * canvas.share(_cord(along, shape, end)), Tissue.CORD, 1.0 + 0.05 * grain)
    canvas.paint(share * _root_share(along, shape, roots, end), Tissue.NERVE)


def _paint_recess(canvas: Canvas, along: Along) -> None:
    side = Places(np.abs(along.aside), along.front, along.below)
    ganglion = tube(
        side, ((14.0, -22.0, -7.0), (21.0, -22.0, -4.0), (28.0, -17.0, 4.0), (33.0, -12.0, 14.0)), (1.8, 2.9, 2.2, 1.8)
    )
    recess = tube(side, ((10.5, -21.0, -2.0), (12.0, -21.5, 10.0)), (1.5, 1.7))
    canvas.fill(np.minimum(ganglion, recess), Tissue.NERVE)


def _cord_end(traits: SpineTraits, along: Along) -> Floats:
    """Give millimetres below the cord's tip."""
    level = LEVELS.index("T12/L1")
    segments = along.segment.astype(np.float32) - level + (along.below / 36.0)
    return (segments - traits.conus) * 36.0


def _cord(along: Along, shape: Canal, end: Floats) -> Floats:
    thin = np.clip(-end / 30.0, 0.0, 1.0) ** 0.6
    radius = 4.6 * thin
    centre = shape.ahead * 7.5 - 0.05
    across = np.sqrt((along.aside * 0.85) ** 2 + centre**2 + 1e-6)
    return np.where(end < 0, across - radius, 9.0)


def root_field(seed: int) -> Lattice:
    """Draw the roots as strands: fine across the sac, long along it."""
    rng = np.random.default_rng([seed, 12])
    strands = band_noise((48, 48, 40), 6.5, rng, spread=0.25)
    smooth = np.stack([np.roll(strands, n, axis=2) for n in range(-2, 3)]).mean(axis=0)
    smooth /= smooth.std()
    return Lattice(np.ascontiguousarray(smooth[..., None]), (-1.2, -1.2, 0.0), 0.05)


def _root_share(along: Along, shape: Canal, roots: Lattice, end: Floats) -> Floats:
    # The strands' lattice counts the sac's own width and depth, so a narrow sac crowds the same roots.
    down = (along.down / 200.0) % 1.9
    (strand,) = roots.at(Places(shape.across, shape.ahead, down.astype(np.float32)))
    behind = smooth_step(-shape.ahead, -0.35, 0.35) * 0.75 + 0.25 * smooth_step(np.abs(shape.across), 0.3, 0.8)
    inside = smooth_step(0.95 - np.hypot(shape.across, shape.ahead), 0.0, 0.15)
    present = smooth_step(end, -45.0, 5.0) * (1.0 - 0.5 * smooth_step(end, 90.0, 160.0))
    shown: Floats = np.clip((strand - 0.4) * 1.5, 0.0, 0.95) * behind * inside * present
    return shown


def _mixed(at_disc: list[float], between: list[float], along: Along, disc: Floats, frame: Frame) -> Floats:
    """Blend what holds at the disc with what holds behind the vertebrae, smoothly from level to level."""
    near = np.asarray(at_disc, dtype=np.float32)[along.segment]
    return disc * near + (1.0 - disc) * frame.blended(between, along)
