"""Axial slices → for each disc level the slice at the disc, the canal in it, and a grade for each structure.

Which slice belongs to which disc is told by the sagittal series of the same examination where there is one: a
disc's middle lies in the patient's millimetres, and so do the slices. Without it, each block of slices that the
scanner angled along one disc is a level, counted from the lowest; in one continuous stack levels cannot be told,
and the slices that look narrowest are shown instead, by their height.

A crop and its mirror image are graded and averaged, as in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from appliance.contracts import Kind, Plane
from appliance.errors import Unreadable
from appliance.measure.grid import inverse, places_mm
from appliance.measure_spine import LEVEL_NAMES
from appliance.models.spec import PreparedAs
from appliance.readers.grades import Grade, most_probable
from appliance.readers.stack import Stack, stacked
from appliance.spine_inputs import (
    SpineCropInput,
    SpineLocatorInput,
    at_spacing,
    axial_crop,
    from_locator,
    locator_input,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.contracts import Volume
    from appliance.preprocess import Floats
    from appliance.readers.model import Model
    from appliance.readers.spine_sagittal import SagittalReading

LEFT, RIGHT = "left_", "right_"
DISC, CANAL = 0, 1
"""Landmarks of the locator, in the order of its classes."""
NEAREST_MM, FARTHEST_MM, MOST_ASIDE_MM = 8.0, 50.0, 15.0
"""How far the canal's middle lies behind the disc's, and beside it, in anybody."""
LEVELS_APART_MM = 28.0
"""Lumbar discs are at least this far from each other."""
LARGEST_GAP_MM = 4.0
"""A slice farther from a disc's middle than this, or than its own thickness, does not show the disc."""


@dataclass(frozen=True, slots=True, eq=False)
class AxialGiven:
    """All axial stacks of one series, and the sagittal reading of the same examination."""

    series: tuple[str, ...]
    """``SeriesRead.id`` of each."""
    volumes: tuple[Volume, ...]
    sagittal: SagittalReading | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One slice that is to be graded, and as what."""

    stack: int
    index: int
    number: int
    level: str
    named_by: str


@dataclass(frozen=True, slots=True, eq=False)
class LevelRead:
    """One level as it was graded."""

    chosen: Chosen
    canal: tuple[float, float]
    """Row and column in the slice's own pixels."""
    crop: Floats
    """The window that was graded, as the network was shown it."""
    grades: tuple[Grade, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AxialReading:
    """Everything that was found in one axial series."""

    given: AxialGiven
    stacks: tuple[Stack, ...]
    levels: tuple[LevelRead, ...]
    """From the lowest upward."""
    crop_mm: tuple[float, float]
    lift_mm: float
    """How far in front of the canal the window's middle lies."""
    notes: tuple[str, ...]


class AxialReader:
    """Reads the axial slices of one series."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._look = model.parameters(PreparedAs.SPINE_AXIAL_LOCATOR, SpineLocatorInput)
        self._crop = model.parameters(PreparedAs.SPINE_AXIAL_CROP, SpineCropInput)

    def accepts(self, given: AxialGiven) -> bool:
        """Say whether these are axial slices of the spine."""
        return bool(given.volumes) and all(volume.kind is Kind.SPINE_AXIAL for volume in given.volumes)

    def read(self, given: AxialGiven) -> AxialReading:
        """Choose a slice for each level and grade it."""
        stacks = tuple(stacked(volume, Plane.AXIAL) for volume in given.volumes)
        chosen, notes = choose(stacks, given)
        read = [self._read(stacks[one.stack], one) for one in chosen]
        levels = tuple(level for level in read if isinstance(level, LevelRead))
        strange = tuple(sentence for sentence in read if isinstance(sentence, str))
        if not levels:
            raise Unreadable(
                "No spinal canal was found in the slices at the discs.",
                advice="Check that they are axial slices of the lumbar spine.",
            )
        crop_mm = (self._crop.rows * self._crop.spacing_mm, self._crop.columns * self._crop.spacing_mm)
        lift_mm = self._crop.lift * self._crop.spacing_mm
        return AxialReading(given, stacks, levels, crop_mm, lift_mm, (*notes, *strange))

    def _read(self, stack: Stack, chosen: Chosen) -> LevelRead | str:
        """Grade one slice, or say why it is not believed."""
        picture = np.maximum(np.asarray(stack.voxels[chosen.index], dtype=np.float32), 0)
        image = at_spacing(picture, stack.in_plane_mm, self._crop.spacing_mm)
        disc, canal = self._landmarks(image)
        if not is_believable(disc, canal, self._crop.spacing_mm):
            return (
                f"{chosen.level}: disc and canal were not found where they can be in slice "
                f"{stack.slice_number(chosen.index)}, so it is not graded."
            )
        crop = axial_crop(image, canal, self._crop)
        row, column = (
            (place + 0.5) * before / after - 0.5
            for place, before, after in zip(canal, picture.shape, image.shape, strict=True)
        )
        return LevelRead(chosen, (row, column), crop, self._graded(crop))

    def _landmarks(self, image: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
        maps = self._model.answer(PreparedAs.SPINE_AXIAL_LOCATOR, locator_input(image, self._look)[None, None])[0]
        disc, canal = (
            from_locator(_middle_of(maps[k], self._look.side), image.shape, self._look) for k in (DISC, CANAL)
        )
        return disc, canal

    def _graded(self, crop: Floats) -> tuple[Grade, ...]:
        both = np.ascontiguousarray(np.stack([crop, crop[:, ::-1]])[:, None])
        plain, mirrored = self._model.answer(PreparedAs.SPINE_AXIAL_CROP, both)
        classes = self._model.output(PreparedAs.SPINE_AXIAL_CROP).classes
        swapped = mirrored[[classes.index(_other_side(name)) for name in classes]]
        return most_probable(classes, (plain + swapped) / 2)


def choose(stacks: Sequence[Stack], given: AxialGiven) -> tuple[list[Chosen], list[str]]:
    """Choose the slices to grade, the lowest first, and say what must be known about it."""
    if given.sagittal is not None and _same_frame(given):
        found = _by_sagittal(stacks, given.sagittal)
        if found:
            return found, []
        return _by_blocks(stacks), ["The sagittal series shows other levels than these slices."]
    return _by_blocks(stacks), ["Without a sagittal series of the same examination, levels are counted, not seen."]


def is_believable(disc: tuple[float, float], canal: tuple[float, float], spacing_mm: float) -> bool:
    """Say whether a canal can lie so behind a disc."""
    behind, aside = (spacing_mm * (c - d) for c, d in zip(canal, disc, strict=True))
    return NEAREST_MM <= behind <= FARTHEST_MM and abs(aside) <= MOST_ASIDE_MM


def _same_frame(given: AxialGiven) -> bool:
    assert given.sagittal is not None  # the caller has looked
    frame = given.sagittal.volume.geometry.frame_of_reference_uid
    return all(volume.geometry.frame_of_reference_uid in {None, frame} for volume in given.volumes)


def _by_sagittal(stacks: Sequence[Stack], sagittal: SagittalReading) -> list[Chosen]:
    """Take for each disc the slice that passes nearest to its middle."""
    chosen = []
    for read in sagittal.discs:
        place = np.array(sagittal.stack.place_mm(sagittal.index, *read.disc.centre))
        nearest = min(
            ((*_nearest_slice(stack, place), at) for at, stack in enumerate(stacks)), key=lambda found: found[1]
        )
        index, gap, at = nearest
        if gap <= max(LARGEST_GAP_MM, stacks[at].spacing_mm[0] / 2):
            why = f"It passes {gap:.1f} mm from the disc’s middle on the sagittal series."
            chosen.append(Chosen(at, index, read.disc.number, read.disc.name, why))
    return chosen


def _nearest_slice(stack: Stack, place_mm: np.ndarray) -> tuple[int, float]:
    """Give the slice nearest to a place, and its distance; far away where the place is outside the slices."""
    index = places_mm(inverse(stack.to_mm), place_mm)
    nearest = int(np.clip(round(float(index[0])), 0, len(stack.voxels) - 1))
    inside = all(0 <= at + 0.5 <= size for at, size in zip(index[1:], stack.voxels.shape[1:], strict=True))
    return nearest, abs(float(index[0]) - nearest) * stack.spacing_mm[0] if inside else np.inf


def _by_blocks(stacks: Sequence[Stack]) -> list[Chosen]:
    """Take the middle slice of each block; of a long one, a slice for every disc's distance."""
    by_height = sorted(
        (
            (stack.place_mm(index, *_middle(stack))[2], at, index)
            for at, stack in enumerate(stacks)
            for index in _picks(stack)
        )
    )
    named_by = "Counted from the lowest block of slices, which is taken for L5/S1."
    names = [
        LEVEL_NAMES[n] if len(stacks) > 1 and n < len(LEVEL_NAMES) else f"level {n + 1}" for n in range(len(by_height))
    ]
    return [
        Chosen(at, index, number, name, named_by)
        for number, ((_, at, index), name) in enumerate(zip(by_height, names, strict=True), start=1)
    ]


def _picks(stack: Stack) -> list[int]:
    length = len(stack.voxels) * stack.spacing_mm[0]
    count = max(1, round(length / LEVELS_APART_MM))
    return [int((n + 0.5) * len(stack.voxels) / count) for n in range(count)]


def _middle(stack: Stack) -> tuple[float, float]:
    return ((stack.voxels.shape[1] - 1) / 2, (stack.voxels.shape[2] - 1) / 2)


def _middle_of(scores: Floats, side: int) -> tuple[float, float]:
    """Take the mean place under a softmaxed map, in pixels of the input."""
    weights = special.softmax(scores.astype(np.float64))
    stride = side / scores.shape[0]
    row, column = (
        float((weights.sum(axis=1 - axis) * np.arange(scores.shape[axis])).sum() + 0.5) * stride - 0.5
        for axis in (0, 1)
    )
    return (row, column)


def _other_side(name: str) -> str:
    if name.startswith(LEFT):
        return RIGHT + name.removeprefix(LEFT)
    return LEFT + name.removeprefix(RIGHT) if name.startswith(RIGHT) else name
