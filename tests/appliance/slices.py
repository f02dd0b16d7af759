"""Frames made without a file, for the tests of how slices are sorted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydicom.uid import ExplicitVRLittleEndian

from appliance.contracts import Source
from appliance.headers.tags import Tags
from appliance.settings import Settings
from appliance.volumes.dicom_files import DicomHeader, PixelPlace
from appliance.volumes.frames import Coding, Frame, Marks, Place
from appliance.volumes.stacks import Rules, Stack, stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from appliance.contracts import Kind

PLACE = PixelPlace(ExplicitVRLittleEndian, 0, None, "OW")
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
CORONAL = ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0))


def tilted(degrees: float) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Axial slices, tilted about the patient's left–right axis."""
    c, s = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    return (1.0, 0.0, 0.0), (0.0, c, s)


def frame(
    instance: int,
    position: Sequence[float],
    *,
    axes: tuple[tuple[float, float, float], tuple[float, float, float]] = AXIAL,
    size: tuple[int, int] = (12, 16),
    spacing: tuple[float, float] = (0.9, 0.8),
    marks: Marks | None = None,
) -> Frame:
    rows, columns = size
    x, y, z = map(float, position)
    return Frame(
        header=DicomHeader(Source(Path(f"{instance:03d}.dcm")), Tags({}), PLACE, None, None),
        coding=Coding(ExplicitVRLittleEndian, rows, columns, 1, 16, 12, signed=False, inverted=False),
        index=0,
        place=Place(rows, columns, (x, y, z), *axes, *spacing),
        marks=marks or Marks(),
        instance=instance,
    )


def pile(heights: Iterable[float], *, first: int = 1, marks: Marks | None = None) -> list[Frame]:
    """Axial slices above each other."""
    return [frame(n, (-50, -60, height), marks=marks) for n, height in enumerate(heights, first)]


def sort(frames: Sequence[Frame], *, kind: Kind | None = None) -> tuple[Stack, ...]:
    return stacks_of(frames, Rules("Series 4", kind, Settings().reading))


def numbers(stack: Stack) -> list[int | None]:
    return [frame.instance for frame in stack.frames]
