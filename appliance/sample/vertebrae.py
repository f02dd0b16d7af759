"""Vertebral bodies, discs, arches, joints and ligaments, drawn once in the spine's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, smooth_step, smooth_union, tube
from appliance.sample.spine_traits import LEVELS
from appliance.sample.tissues import Tissue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.sample.canvas import Canvas
    from appliance.sample.lattice import Floats
    from appliance.sample.spine_frame import Along, Frame
    from appliance.sample.spine_traits import SpineTraits

_HALF_WIDTHS = (19.5, 20.0, 21.0, 22.0, 23.0, 24.0, 25.0, 24.0)
_HALF_DEPTHS = (15.0, 15.3, 15.8, 16.3, 16.8, 17.2, 17.0, 10.5)
_GROWN_TOGETHER_MM = 20.0
"""How far an end-plate is anywhere between S1 and S2: there is none."""
SACRUM = LEVELS.index("L5/S1")
"""Below this disc lies the sacrum."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Distances to the front of the spine, and what later structures hold on to."""

    body: Floats
    disc: Floats
    rim: Floats
    """To the column's outline, whether bone or disc."""
    depth: Floats
    """Half the column's depth: where the canal begins."""
    gap: Floats
    """Millimetres from the nearest end-plate, outward from the disc; negative inside the disc."""


def column(along: Along, frame: Frame, traits: SpineTraits) -> Column:
    """Read bodies and discs."""
    n, size = along.segment, np.float32(traits.size)
    disc_half = _pick([level.height for level in traits.levels], n) * 0.5 * size
    bulge = _pick([level.bulge for level in traits.levels], n)
    width = frame.blended(_HALF_WIDTHS, along) * size
    depth = frame.blended(_HALF_DEPTHS, along) * size
    side = np.abs(along.aside)
    reach = np.abs(along.below)
    waist = smooth_step(reach - disc_half, 0.0, 9.0) * 2.0 - 1.6 * np.exp(-(((reach - disc_half) / 2.5) ** 2))
    hollow = 2.0 * np.exp(-((side / 11.0) ** 2)) - bulge * np.exp(-((side / 13.0) ** 2)) * (reach < disc_half + 1.5)
    behind = depth - hollow
    half = np.where(along.front < 0, behind, depth) - waist * 0.8
    scaled = ((side / (width - waist)) ** 2.5 + (np.abs(along.front) / half) ** 2.5 + 1e-6) ** 0.4
    rim = (scaled - 1.0) * half * 0.95
    thick = disc_half * (1.12 - 0.35 * np.clip(scaled, 0, 1) ** 2)
    gap = np.maximum(reach - thick, np.where(n > SACRUM, np.float32(_GROWN_TOGETHER_MM), -reach))
    return Column(np.maximum(rim, -gap), np.maximum(rim + 0.4, gap), rim, depth, gap)


def paint_column(
    canvas: Canvas, along: Along, col: Column, frame: Frame, traits: SpineTraits, noise: tuple[Floats, Floats]
) -> None:
    """Paint bodies and discs."""
    grain, clumps = noise
    wear = _pick([level.wear for level in traits.levels], along.segment)
    canvas.fill(col.rim - 0.5, Tissue.LIGAMENT)
    marrow = (1.0 + 0.13 * grain + 0.12 * clumps) * np.float32(traits.marrow)
    fatty = np.exp(-np.maximum(col.gap, 0) / 5.0) * np.clip(wear - 0.45, 0, 1) * (0.6 + 0.5 * clumps)
    canvas.fill(col.body, Tissue.CORTICAL_BONE)
    canvas.paint(canvas.share(col.body + 0.55), Tissue.RED_MARROW, marrow)
    canvas.paint(canvas.share(col.body + 0.55) * np.clip(fatty, 0, 0.8), Tissue.MARROW)
    _paint_vein(canvas, along, col, frame.half_length(along))
    _paint_disc(canvas, along, col, wear, grain)
    lumbar = along.segment + (along.below > 0) <= SACRUM
    canvas.keep("vertebra", canvas.share(col.body) * lumbar)
    canvas.keep("disc", canvas.share(col.disc) * (along.segment <= SACRUM))


def _paint_vein(canvas: Canvas, along: Along, col: Column, half: Floats) -> None:
    # A wedge of veins enters the middle of each body from behind.
    height = np.abs(along.below) - half
    open_to = np.clip((-3.0 - along.front) / col.depth, 0.0, 1.0)
    vein = np.exp(-((height / (0.6 + 2.4 * open_to)) ** 2) - (along.aside / 7.0) ** 2) * open_to
    canvas.paint(canvas.share(col.body) * vein * 0.6, Tissue.FLUID)


def _paint_disc(canvas: Canvas, along: Along, col: Column, wear: Floats, grain: Floats) -> None:
    canvas.fill(col.disc, Tissue.ANNULUS)
    core = np.clip(-(col.rim + 1.5) / 5.0, 0.0, 1.0) * np.clip(-(col.gap + 0.6) / 1.5, 0.0, 1.0)
    cleft = 1.0 - 0.45 * np.exp(-((along.below / 1.1) ** 2))
    canvas.paint(core, Tissue.WORN_DISC, 1.0 + 0.1 * grain)
    canvas.paint(core * np.clip(1.0 - 1.25 * wear, 0, 1) * cleft, Tissue.NUCLEUS, 1.0 + 0.08 * grain)


def arch(along: Along, col: Column, traits: SpineTraits) -> tuple[Floats, Floats]:
    """Give the distances to the arch's bone and to the gap of the facet joint."""
    n = along.segment
    joint = _pick([level.joint for level in traits.levels], n)
    disc_half = _pick([level.height for level in traits.levels], n) * 0.5
    local = Places(np.abs(along.aside), along.front + col.depth, along.below)
    grown = Places(local.x / joint, (local.y + 14.0) / joint - 14.0, local.z)
    upper_process = ellipsoid(grown, (18.5, -13.5, 0.0), (5.6, 6.2, 10.5))
    lower_process = ellipsoid(grown, (13.2, -20.0, -4.0), (5.6, 5.2, 11.0))
    slant = (grown.x - 16.0) * 0.62 + (grown.y + 16.4) * 0.78
    upper_process = np.maximum(upper_process, 0.7 - slant)
    lower_process = np.maximum(lower_process, slant + 0.7)
    bones = smooth_union(lower_process, _lamina(local), 2.5)
    bones = smooth_union(bones, _spinous(Places(along.aside, local.y, local.z)), 3.0)
    low = Places(local.x, local.y, local.z - disc_half)
    pedicle = tube(low, ((14.5, 6.0, 8.0), (17.5, -6.0, 8.0), (18.5, -13.0, 5.0)), (4.6, 4.4, 5.0), (1.0, 1.0, 1.5))
    wing = tube(low, ((19.0, -10.0, 8.0), (34.0, -13.0, 8.0), (45.0, -15.0, 7.0)), (4.6, 3.4, 2.6))
    bones = np.minimum(bones, smooth_union(smooth_union(upper_process, pedicle, 3.0), wing, 3.0))
    gap = np.maximum(np.abs(slant) - 0.7, np.maximum(upper_process, lower_process) - 1.6)
    return bones, gap


def paint_between_spines(canvas: Canvas, along: Along, col: Column, streaks: Floats) -> None:
    """Paint the ligaments between the spinous processes: streaks of fat and fibre in the middle plane."""
    behind = along.front + col.depth
    band = np.maximum(np.abs(along.aside) - 3.0, np.maximum(behind + 27.0, -56.0 - behind))
    fibres = 0.72 + 0.25 * streaks
    canvas.paint(canvas.share(band) * np.clip(fibres, 0, 1), Tissue.LIGAMENT, 1.4)


def paint_arch(canvas: Canvas, along: Along, bones: Floats, gap: Floats, traits: SpineTraits, grain: Floats) -> None:
    """Paint the arch's bone and joints."""
    canvas.fill(bones, Tissue.CORTICAL_BONE)
    canvas.paint(canvas.share(bones + 1.2), Tissue.RED_MARROW, (1.05 + 0.13 * grain) * np.float32(traits.marrow))
    canvas.fill(gap - 1.0, Tissue.CORTICAL_BONE)
    canvas.paint(canvas.share(gap) * 0.35, Tissue.FLUID)
    lumbar = along.segment + (along.below > 0) <= SACRUM
    canvas.keep("vertebra", canvas.share(bones) * lumbar)


def _lamina(local: Places) -> Floats:
    path = ((12.0, -20.0, -9.0), (6.0, -24.5, -8.0), (0.0, -28.5, -7.0))
    return tube(local, path, (3.6, 3.2, 3.6), (1.0, 1.0, 2.0))


def _spinous(local: Places) -> Floats:
    blade = ellipsoid(local, (0.0, -40.0, -2.0), (3.8, 16.0, 12.0))
    return smooth_union(blade, ellipsoid(local, (0.0, -51.0, 1.0), (4.6, 5.5, 12.0)), 3.0)


def _pick(values: list[float] | tuple[float, ...], segment: NDArray[np.int64]) -> Floats:
    return np.asarray(values, dtype=np.float32)[segment]
