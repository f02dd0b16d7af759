"""What lies around the spine: muscles with their fat, vessels, hip bones, fat and skin of the back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, overlap, smooth_step, smooth_union
from appliance.sample.spine_traits import LEVELS
from appliance.sample.tissues import Tissue

if TYPE_CHECKING:
    from appliance.sample.canvas import Canvas
    from appliance.sample.lattice import Floats
    from appliance.sample.spine_frame import Along, Frame
    from appliance.sample.spine_traits import SpineTraits

MUSCLE_DEPTH_MM = 76.0
"""From the column's middle line back to the fascia."""


def skin(places: Places, frame: Frame, traits: SpineTraits) -> Floats:
    """Give the distance to the body's surface; the back follows the spine's curve, not quite as far."""
    behind = MUSCLE_DEPTH_MM * traits.size + traits.back_fat_mm
    line = 0.75 * frame.back_line(places.z)
    trunk = ellipsoid(Places(places.x, places.y - line, places.z * 0.0), (0.0, 0.0, 0.0), (175.0, behind + 8.0, 500.0))
    groove = 5.0 * np.exp(-((places.x / 22.0) ** 2)) * smooth_step(-places.y, 20.0, 60.0)
    return overlap(trunk + groove, places.y - 118.0)


def paint_back(
    canvas: Canvas,
    surface: Floats,
    along: Along,
    traits: SpineTraits,
    noise: tuple[Floats, Floats, Floats],
) -> None:
    """Paint everything around the spine, before the spine itself."""
    grain, clumps, streaks = noise
    canvas.fill(surface, Tissue.SKIN)
    canvas.fill(surface + 1.8, Tissue.FAT, 0.97 + 0.06 * grain + 0.08 * clumps)
    septa = np.exp(-((streaks / 0.05) ** 2)) * 0.3 * canvas.share(surface + 6.0)
    canvas.paint(septa, Tissue.MUSCLE)
    _belly(canvas, along, clumps, grain)
    level = along.segment.astype(np.float32) + along.below / 36.0 - LEVELS.index("L3/L4")
    _muscles(canvas, along, surface, level, traits, noise)
    _vessels(canvas, along, level)
    _hips(canvas, along, level, grain, clumps)


def _belly(canvas: Canvas, along: Along, clumps: Floats, grain: Floats) -> None:
    ahead = smooth_step(along.front, 42.0, 52.0)
    loops = np.clip(0.6 + 0.7 * clumps, 0.0, 1.0)
    canvas.paint(ahead * loops, Tissue.MUSCLE, 1.6 + 0.2 * grain)
    canvas.paint(ahead * np.clip(clumps - 1.2, 0.0, 1.0), Tissue.AIR)


def _muscles(
    canvas: Canvas,
    along: Along,
    surface: Floats,
    level: Floats,
    traits: SpineTraits,
    noise: tuple[Floats, Floats, Floats],
) -> None:
    grain, clumps, streaks = noise
    flat = Places(np.abs(along.aside) + 1.5 * streaks, along.front + 2.2 * clumps, along.down * 0.0)
    low = np.clip(level / 2.0, -1.0, 1.0)
    psoas = _oval(flat, 37.0 + 7.0 * low, 1.0 + 5.0 * low, 13.0 + 6.0 * low, 18.0 + 3.0 * low)
    quadratus = _oval(flat, 62.0 + 4.0 * low, -24.0, 19.0, 8.0)
    inner = _oval(flat, 14.5 + 2.0 * low, -48.0, 11.5 + 2.0 * low, 15.5 + 2.0 * low)
    outer = np.minimum(
        _oval(flat, 40.0, -47.0, 22.0 - 5.0 * low, 17.5 - 2.0 * low),
        _oval(flat, 58.0 - 6 * low, -38.0, 17.0 - 5 * low, 12.0),
    )
    back = smooth_union(inner, outer, 6.0)
    fascia = np.float32(-(traits.back_fat_mm) * 0.72)
    back = np.maximum(back, surface - fascia)
    fibre = 1.0 + 0.14 * grain + 0.12 * streaks
    for shape in (psoas, quadratus):
        canvas.fill(shape, Tissue.MUSCLE, fibre)
    canvas.fill(back, Tissue.MUSCLE, fibre)
    width = 0.06 + 0.22 * traits.marbling
    patches = smooth_step(clumps + 1.5 * traits.marbling, -0.3, 1.2)
    veins = np.clip(1.0 - np.abs(streaks) / width, 0.0, 1.0) * patches
    middle = 1.0 - 0.5 * smooth_step(np.abs(along.aside), 20.0, 55.0)
    seam = np.clip(1.0 - np.abs(inner - outer) / 1.6, 0.0, 1.0) * np.clip(0.6 + 0.4 * clumps, 0.0, 1.0)
    canvas.paint(canvas.share(back) * np.maximum(veins * middle, seam), Tissue.FAT, 0.9)
    canvas.paint(canvas.share(psoas) * np.clip(1.0 - np.abs(streaks) / 0.05, 0, 1) * 0.25, Tissue.FAT)


def _oval(flat: Places, x: Floats | float, y: Floats | float, rx: Floats | float, ry: Floats | float) -> Floats:
    u, v = (flat.x - x) / rx, (flat.y - y) / ry
    scaled = (np.abs(u) ** 2.4 + np.abs(v) ** 2.4 + 1e-6) ** (1 / 2.4)
    distance: Floats = (scaled - 1.0) * np.minimum(rx, ry)
    return distance


def _vessels(canvas: Canvas, along: Along, level: Floats) -> None:
    fork = smooth_step(level, 0.6, 2.2)
    for side, radius in ((-1.0, 7.6), (1.0, 8.6)):
        x = side * (9.0 + 22.0 * fork)
        flat = Places(along.aside - x, along.front - (26.0 - 6.0 * fork), along.down * 0.0)
        canvas.fill(_oval(flat, 0.0, 0.0, radius - 2.5 * fork, radius - 3.0 * fork), Tissue.BLOOD_FLOWING)


def _hips(canvas: Canvas, along: Along, level: Floats, grain: Floats, clumps: Floats) -> None:
    if float(level.max()) < 1.0:
        return
    side = np.abs(along.aside)
    spread = 92.0 - 12.0 * np.clip(level - 1.5, 0, 2)
    bent = 2.0 * clumps + 0.006 * (along.front + 26.0) ** 2
    leaf = np.abs((side - spread) * 0.82 - (along.front + 20.0) * 0.57 + bent) - 5.0
    reach = np.maximum(np.abs(along.front + 26.0) - 34.0, (1.35 - level) * 20.0)
    bone = np.maximum(leaf, reach)
    canvas.fill(bone, Tissue.CORTICAL_BONE)
    canvas.fill(bone + 1.6, Tissue.MARROW, 0.75 + 0.1 * grain)
    sacral = np.maximum(_oval(Places(side, along.front, along.down), 30.0, -6.0, 26.0, 17.0), (2.55 - level) * 20.0)
    canvas.fill(sacral, Tissue.CORTICAL_BONE)
    canvas.fill(sacral + 1.4, Tissue.RED_MARROW, 1.1 + 0.1 * grain)
