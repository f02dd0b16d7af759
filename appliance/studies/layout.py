"""Where the images of one series lie → how they are stacked, as far as headers tell."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Plane
from appliance.recognition.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from appliance.headers.image import DicomHeader, Place

SAME_DIRECTION = 0.01
"""How far the numbers of two orientations may differ that are meant to be one."""
SAME_PLACE_MM = 0.01
MOST_DIRECTIONS = 64
"""No stack has more; all further ones are counted as the last."""
UNKNOWN = float("nan")
PLANES = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)
"""Which plane is seen along the patient's left, back and head."""


class Layout:
    """Collects the places of a series' images: 25 bytes for each."""

    __slots__ = ("_direction_of", "_directions", "_places", "columns", "pixel_spacing", "rows", "thickness_mm")

    def __init__(self, header: DicomHeader) -> None:
        self.rows, self.columns = header.rows, header.columns
        self.pixel_spacing = header.pixel_spacing
        self.thickness_mm = header.tags.positive("SpacingBetweenSlices") or header.tags.positive("SliceThickness")
        self._directions: list[tuple[float, ...]] = []
        self._direction_of = array("B")
        self._places = array("d")

    def add(self, header: DicomHeader) -> None:
        """Take in one file's places."""
        for place in header.places:
            self._direction_of.append(self._number_of(place))
            self._places.extend(place.position or (UNKNOWN, UNKNOWN, UNKNOWN))
        unplaced = max(0, header.frames - len(header.places))
        self._direction_of.extend([0] * unplaced)
        self._places.extend([UNKNOWN] * 3 * unplaced)

    @property
    def images(self) -> int:
        """How many images there are: files, or the frames of multi-frame files."""
        return len(self._direction_of)

    def planes(self) -> set[Plane]:
        """Name every anatomical plane that some of the images lie in."""
        return {_plane(_normal(direction)) for direction in self._directions}

    def stack(self, echoes: int) -> Stack:
        """Describe how the images lie; ``echoes`` is how many echo times there are."""
        gaps = [gap for places in self._depths() for gap in np.diff(places)]
        slices = sum(map(len, self._depths())) or self.images
        through = float(np.median(gaps)) if gaps else self.thickness_mm
        return Stack(
            rows=self.rows,
            columns=self.columns,
            slices=slices,
            plane=_plane(_normal(self._directions[self._commonest()])) if self._directions else None,
            spacing_mm=_spacing(self.pixel_spacing, through),
            directions=max(1, len(self._directions)),
            repeats=max(echoes, round(self.images / slices)),
        )

    def _number_of(self, place: Place) -> int:
        if place.row is None or place.column is None:
            return 0
        direction = (*place.row, *place.column)
        for number, known in enumerate(self._directions):
            if max(abs(a - b) for a, b in zip(direction, known, strict=True)) <= SAME_DIRECTION:
                return number
        if len(self._directions) < MOST_DIRECTIONS:
            self._directions.append(direction)
        return len(self._directions) - 1

    def _commonest(self) -> int:
        return int(np.bincount(np.frombuffer(self._direction_of, np.uint8)).argmax())

    def _depths(self) -> Iterator[NDArray[np.float64]]:
        """Give, for each direction, how deep its slices lie, each depth once."""
        places = np.frombuffer(self._places).reshape(-1, 3)
        numbers = np.frombuffer(self._direction_of, np.uint8)
        for number, direction in enumerate(self._directions):
            depths = np.sort(places[numbers == number] @ _normal(direction))
            depths = depths[np.isfinite(depths)]
            yield depths[np.concatenate([[True], np.diff(depths) > SAME_PLACE_MM])] if depths.size else depths


def _normal(direction: tuple[float, ...]) -> NDArray[np.float64]:
    return np.cross(direction[:3], direction[3:])


def _plane(normal: NDArray[np.float64]) -> Plane:
    return PLANES[int(np.argmax(np.abs(normal)))]


def _spacing(pixels: tuple[float, float] | None, through: float | None) -> tuple[float, float, float] | None:
    if pixels is None or through is None:
        return None
    between_rows, between_columns = pixels
    return (between_columns, between_rows, through)
