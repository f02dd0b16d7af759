"""What lies below the brain and in front of it: orbits, air spaces, jaw, skull base, neck.

No finding is read here; it is drawn so that a scan covers a whole head, as scans do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.sample.lattice import Places
from appliance.sample.shapes import ellipsoid, smooth_step, smooth_union, tube
from appliance.sample.tissues import Tissue

if TYPE_CHECKING:
    from appliance.sample.canvas import Canvas
    from appliance.sample.lattice import Floats, Grain
    from appliance.sample.skull import Skull

_HIGHEST = 14.0


def paint_face(canvas: Canvas, places: Places, wraps: Skull, coarse: Grain, grain: Floats, wobble: Floats) -> None:
    """Paint everything outside the cranial cavity that is no vault."""
    if places.z.min() > _HIGHEST:
        return
    mirrored = Places(np.abs(places.x), places.y, places.z)
    clumps = coarse.at(places)
    _flesh(canvas, mirrored, wraps, wobble, grain)
    _neck(canvas, mirrored, clumps, grain, wobble)
    _jaw(canvas, mirrored, grain, wobble)
    _base(canvas, mirrored, clumps, grain)
    _air(canvas, mirrored, wobble)
    _orbit(canvas, mirrored, grain)


def _flesh(canvas: Canvas, places: Places, wraps: Skull, wobble: Floats, grain: Floats) -> None:
    below = smooth_step(-places.z, 10.0, 26.0)
    deep = canvas.share(wraps.skin + 8.0) * below * canvas.share(wraps.bone - wraps.cavity)
    canvas.paint(deep, Tissue.MUSCLE, 1.05 + 0.1 * grain)
    # Muscles are parted by planes of fat, where slow noise crosses zero; where it is high, fat lies in pads.
    planes = np.exp(-((wobble / 0.2) ** 2)) * 0.7
    pads = 0.7 * smooth_step(wobble, 0.9, 1.5) * smooth_step(places.y, -40.0, 10.0)
    canvas.paint(deep * np.maximum(planes, pads), Tissue.FAT, 0.8)


def _muscle(canvas: Canvas, shape: Floats, grain: Floats, plane: float = 0.6) -> None:
    canvas.fill(shape - plane, Tissue.FAT, 0.6)
    canvas.fill(shape, Tissue.MUSCLE, 1.0 + 0.15 * grain)


def _bone(canvas: Canvas, shape: Floats, grain: Floats, cortex: float = 1.6) -> None:
    canvas.fill(shape, Tissue.CORTICAL_BONE)
    canvas.paint(canvas.share(shape + cortex) * 0.85, Tissue.MARROW, 0.9 + 0.2 * grain)


def _neck(canvas: Canvas, places: Places, clumps: Floats, grain: Floats, wobble: Floats) -> None:
    if places.z.min() > -40.0:
        return
    for centre, radii in (
        ((13.0, -74.0, -90.0), (13.0, 13.0, 30.0)),
        ((33.0, -68.0, -88.0), (13.0, 15.0, 27.0)),
        ((17.0, -91.0, -88.0), (17.0, 6.5, 28.0)),
        ((52.0, -44.0, -86.0), (11.0, 19.0, 30.0)),
    ):
        _muscle(canvas, ellipsoid(places, centre, radii) + 1.6 * wobble, grain)
    canvas.fill(ellipsoid(places, (58.0, -14.0, -66.0), (13.0, 16.0, 20.0)), Tissue.GLAND, 1.0 + 0.15 * clumps)
    for centre in ((24.0, -8.0, -75.0), (31.0, -16.0, -75.0)):
        canvas.fill(ellipsoid(places, centre, (3.6, 3.6, 40.0)), Tissue.BLOOD_FLOWING)
    _bone(canvas, ellipsoid(places, (0.0, -22.0, -82.0), (10.0, 8.0, 18.0)), grain)
    _bone(canvas, ellipsoid(places, (22.0, -32.0, -72.0), (11.0, 9.0, 8.0)), grain)


def _jaw(canvas: Canvas, places: Places, grain: Floats, wobble: Floats) -> None:
    if places.z.min() > -18.0:
        return
    temporalis = ellipsoid(places, (55.0, 16.0, -26.0), (9.5, 26.0, 34.0))
    _muscle(canvas, temporalis + wobble, grain, plane=0.3)
    _muscle(canvas, wobble + ellipsoid(places, (57.0, 16.0, -74.0), (7.5, 15.0, 24.0)), grain)
    _muscle(canvas, wobble + ellipsoid(places, (38.0, 8.0, -62.0), (8.0, 15.0, 15.0)), grain)
    _muscle(canvas, wobble + ellipsoid(places, (25.0, 8.0, -72.0), (5.0, 11.0, 16.0)), grain)
    ramus = tube(
        places, ((49.0, 6.0, -96.0), (49.0, 0.0, -62.0), (50.0, -7.0, -49.0)), (5.0, 4.6, 5.6), (0.8, 1.7, 1.0)
    )
    _bone(canvas, ramus, grain)
    arch = tube(
        places,
        ((64.0, -6.0, -43.0), (66.0, 12.0, -43.0), (58.0, 34.0, -45.0), (44.0, 46.0, -47.0)),
        (3.0, 3.2, 4.6, 7.0),
    )
    _bone(canvas, arch, grain, cortex=1.3)


def _base(canvas: Canvas, places: Places, clumps: Floats, grain: Floats) -> None:
    clivus = tube(
        places, ((0.0, 4.0, -32.0), (0.0, -4.0, -44.0), (0.0, -14.0, -58.0)), (12.0, 10.0, 6.0), (1.2, 0.8, 1.0)
    )
    wing = tube(places, ((12.0, 12.0, -40.0), (34.0, 14.0, -42.0), (48.0, 26.0, -30.0)), (6.0, 4.5, 5.0))
    petrous = tube(
        places, ((14.0, -10.0, -43.0), (36.0, -24.0, -42.0), (54.0, -34.0, -42.0)), (6.5, 9.0, 15.0), (1.0, 1.0, 1.2)
    )
    _bone(canvas, smooth_union(clivus, wing, 5.0), grain, cortex=1.8)
    canvas.fill(petrous, Tissue.CORTICAL_BONE)
    cells = canvas.share(petrous + 2.0) * np.clip((clumps - 0.9) * 1.2, 0, 1)
    canvas.paint(cells * 0.6, Tissue.MUCOSA)
    canvas.fill(ellipsoid(places, (20.0, -2.0, -40.0), (3.2, 3.2, 9.0)), Tissue.BLOOD_FLOWING)
    canvas.fill(ellipsoid(places, (0.0, 2.0, -24.0), (6.0, 5.0, 3.5)), Tissue.GREY)


def _cavern(canvas: Canvas, shape: Floats, lining: float = 1.0) -> None:
    canvas.fill(shape - lining - 1.2, Tissue.CORTICAL_BONE)
    canvas.fill(shape - lining, Tissue.MUCOSA)
    canvas.fill(shape, Tissue.AIR)


def _air(canvas: Canvas, places: Places, wobble: Floats) -> None:
    wobble = 1.3 * wobble
    _cavern(canvas, ellipsoid(places, (29.0, 46.0, -57.0), (13.0, 16.0, 17.0)) + wobble)
    _cavern(canvas, ellipsoid(places, (6.0, 19.0, -31.0), (9.0, 12.0, 9.0)) + wobble)
    _cavern(canvas, ellipsoid(places, (13.0, 73.0, -4.0), (14.0, 4.5, 11.0)) + wobble, 0.6)
    ethmoid = ellipsoid(places, (0.0, 44.0, -27.0), (12.5, 24.0, 11.0)) + 0.7 * wobble
    _cavern(canvas, ethmoid, 0.8)
    walls = np.abs(np.sin((places.y + 4.0 * wobble) * 0.55)) * np.abs(np.sin((places.x + 2.0 * wobble) * 0.5))
    canvas.paint(canvas.share(ethmoid) * np.clip(0.55 - 2.2 * walls, 0, 1), Tissue.MUCOSA)
    nose = ellipsoid(places, (0.0, 48.0, -55.0), (13.0, 30.0, 18.0)) + 0.6 * wobble
    _cavern(canvas, nose, 1.5)
    septum = np.maximum(np.abs(places.x + 1.5 * wobble) - 1.3, nose)
    turbinate = np.maximum(ellipsoid(places, (7.0, 42.0, -58.0), (3.0, 22.0, 8.0)) + 1.2 * wobble, nose)
    middle = np.maximum(ellipsoid(places, (6.5, 42.0, -44.0), (2.2, 20.0, 6.0)), nose)
    canvas.fill(np.minimum(septum, np.minimum(turbinate, middle)), Tissue.MUCOSA, 1.15)
    _cavern(canvas, ellipsoid(places, (0.0, 2.0, -68.0), (13.0, 7.0, 15.0)), 3.0)


def _orbit(canvas: Canvas, places: Places, grain: Floats) -> None:
    if not places.within((-50.0, 10.0, -56.0), (50.0, 90.0, -8.0)):
        return
    cone = tube(places, ((32.0, 60.0, -32.0), (22.0, 32.0, -30.0), (14.0, 16.0, -28.0)), (17.5, 9.5, 2.5))
    cone = np.maximum(cone, places.y - 72.0)
    canvas.fill(np.maximum(cone - 1.5, places.y - 58.0), Tissue.CORTICAL_BONE)
    canvas.fill(cone, Tissue.FAT, 1.0 + 0.05 * grain)
    for dx, dz in ((0.0, 9.0), (0.0, -9.0), (9.5, 0.0), (-9.5, 0.0)):
        end = (32.0 + dx, 56.0, -32.0 + dz)
        path = (end, (25.0 + dx * 0.8, 36.0, -30.5 + dz * 0.8), (15.0, 17.0, -28.0))
        canvas.fill(tube(places, path, (1.4, 2.1, 1.2)), Tissue.MUSCLE, 1.2)
    canvas.fill(
        tube(places, ((32.0, 51.0, -32.0), (24.0, 34.0, -30.0), (13.0, 15.0, -26.0)), (2.4, 2.2, 2.0)), Tissue.WHITE
    )
    globe = ellipsoid(places, (32.5, 62.0, -32.0), (12.2, 12.2, 12.2))
    canvas.fill(globe - 0.3, Tissue.MUSCLE, 1.2)
    canvas.fill(globe + 1.1, Tissue.VITREOUS)
    canvas.fill(ellipsoid(places, (33.0, 70.0, -32.0), (4.6, 2.0, 4.6)), Tissue.LENS, 1.6)
