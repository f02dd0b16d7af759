"""A FLAIR and its masks as axial slices, hanging as a radiologist hangs them, cut to the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.contracts import Plane
from appliance.measure.grid import FULL, bounding_box, inverse, places_mm, widened
from appliance.pictures.canvas import Canvas, Window, window_of
from appliance.readers.brain_record import slice_axis
from appliance.readers.stack import stacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.measure.grid import Labels, Mask
    from appliance.pictures.canvas import Point
    from appliance.readers.lesions import LesionReading

MARGIN_MM = 12.0
"""Around the brain."""
APART_MM = 9.0
"""Key slices are not nearer to each other than this."""
EVERY = 11
"""One voxel in so many is enough to choose a window."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One slice's masks."""

    labels: Labels
    ventricle: Mask
    candidate: Mask

    @property
    def numbers(self) -> list[int]:
        """Of the lesions in it, the largest here first."""
        counts = np.bincount(self.labels.ravel())
        return [int(number) for number in np.argsort(-counts, kind="stable") if number and counts[number]]


class AxialView:
    """One reading, to be drawn."""

    def __init__(self, reading: LesionReading) -> None:
        self._stack = stacked(reading.volume, Plane.AXIAL)
        brain = self._stack.turned(reading.brain)
        box = bounding_box(brain)
        assert box is not None  # a reading has a brain
        margins = [0, *(int(MARGIN_MM / mm) for mm in self._stack.in_plane_mm)]
        _, self._rows, self._columns = widened(box, margins, brain.shape)
        self._brain = brain
        self._labels = self._stack.turned(reading.found.labels)
        self._ventricle = self._stack.turned(reading.ventricle)
        self._candidates = self._stack.turned(_candidates(reading))
        self._is_of_the_series = self._stack.order[0] == slice_axis(reading.volume)
        self.window = window_of(self._stack.voxels[brain][::EVERY])

    @property
    def in_plane_mm(self) -> tuple[float, float]:
        """The size of a pixel."""
        return self._stack.in_plane_mm

    def canvas(self, index: int) -> Canvas:
        """Draw the plain slice."""
        drawn = Canvas(self.cut(self._stack.voxels[index]), self.in_plane_mm, self.window)
        drawn.edges("R", "L", self.where(index))
        return drawn

    def sheet(self, index: int) -> Sheet:
        """Return what was found in one slice."""
        return Sheet(self.cut(self._labels[index]), self.cut(self._ventricle[index]), self.cut(self._candidates[index]))

    def cut(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Cut a whole slice to what is shown of it."""
        return picture[self._rows, self._columns]

    def window_for(self, other: NDArray[np.float32], index: int) -> Window:
        """Choose a window in which another scan's brain is as bright as this one's in the same slice."""
        inside = self.cut(self._brain[index]) & (other > 0)
        if not inside.any():
            return self.window
        own = float(np.median(self.cut(self._stack.voxels[index])[inside]))
        gain = float(np.median(other[inside])) / max(own, 1e-6)
        return Window(self.window.low * gain, self.window.high * gain)

    def scores(self, values: NDArray[np.uint8], index: int) -> NDArray[np.float32]:
        """Return one slice of a map that is kept in 255ths on the scan's grid."""
        return np.asarray(self.cut(self._stack.turned(values)[index]), dtype=np.float32) / np.float32(FULL)

    def fullest(self, mask: Mask) -> int:
        """Say in which slice a mask on the scan's grid fills most."""
        return int(np.count_nonzero(self._stack.turned(mask), axis=(1, 2)).argmax())

    def key_slices(self, most: int) -> list[int]:
        """Choose the slices with most lesion, not too near to each other; without any, the one with most brain."""
        areas = np.count_nonzero(self._labels, axis=(1, 2))
        if not areas.any():
            return [int(np.count_nonzero(self._brain, axis=(1, 2)).argmax())]
        reach = max(1, round(APART_MM / self._stack.spacing_mm[0]))
        chosen: list[int] = []
        for index in np.argsort(-areas, kind="stable"):
            if len(chosen) < most and areas[index] and all(abs(index - other) >= reach for other in chosen):
                chosen.append(int(index))
        return sorted(chosen)

    def where(self, index: int) -> str:
        """Say which slice this is, in words."""
        if self._is_of_the_series:
            return f"Slice {self._stack.slice_number(index)} of {len(self._stack.voxels)}"
        return f"Axial cut at {self._stack.place_mm(index, 0, 0)[2]:.0f} mm"

    def slice_number(self, index: int) -> int | None:
        """Say which slice of the series this is; ``None`` where the series was not taken axially."""
        return self._stack.slice_number(index) if self._is_of_the_series else None

    def index_of(self, place_mm: tuple[float, float, float]) -> int:
        """Say in which slice a place of the patient is."""
        index = round(float(self._at(place_mm)[0]))
        return min(max(index, 0), len(self._stack.voxels) - 1)

    def point_of(self, place_mm: tuple[float, float, float]) -> Point:
        """Say where in its slice a place of the patient is."""
        _, row, column = self._at(place_mm)
        return (float(row) - self._rows.start, float(column) - self._columns.start)

    def places_mm(self, index: int) -> NDArray[np.float64]:
        """Return where every pixel of a slice lies in the patient: ``[row, column, (x, y, z)]``."""
        rows, columns = np.mgrid[self._rows, self._columns]
        at = np.stack([np.full_like(rows, index), rows, columns], axis=-1)
        return places_mm(self._stack.to_mm, at.astype(np.float64))

    def _at(self, place_mm: tuple[float, float, float]) -> NDArray[np.float64]:
        return places_mm(inverse(self._stack.to_mm), np.array(place_mm))


def _candidates(reading: LesionReading) -> Mask:
    """Mark on the scan's grid what the model was unsure of."""
    marked = np.zeros(reading.lesion.shape, dtype=np.bool_)
    for candidate in reading.found.candidates:
        place = candidate.place
        box = tuple(slice(first, last + 1) for first, last in zip(place.first, place.last, strict=True))
        marked[box] |= (reading.probability[box] >= FULL * candidate.mean_probability / 2) & ~reading.lesion[box]
    return marked
