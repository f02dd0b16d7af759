"""A sagittal series → one slice near the middle, its discs numbered, the canal's widths, and a grade for each disc.

Every slice is segmented; the one that is measured shows the most canal, which lies in the middle plane: off it,
joints and nerve roots look like discs and canal. Numbers come from ``measure_spine``, the same code that training
measures with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Kind, Plane, Weighting
from appliance.errors import Unreadable
from appliance.measure_spine import CANAL, Disc, LevelMeasure, find_discs, measure_levels
from appliance.models.spec import PreparedAs
from appliance.readers.grades import Grade, disc_grades, pfirrmann_cuts
from appliance.readers.stack import Stack, stacked
from appliance.spine_inputs import (
    SpineDiscInput,
    SpineSagittalInput,
    averaged,
    disc_facts,
    disc_inputs,
    disc_patches,
    sagittal_input,
    sagittal_labels_back,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Volume
    from appliance.measure_spine import Labels
    from appliance.preprocess import Floats
    from appliance.readers.model import Model

FEWEST_DISCS = 2
"""With fewer there is nothing to number and nothing to compare a width with."""
SLICE_RULE = (
    "Of all slices that show discs, the one that shows the most of the spinal canal, which lies in the middle plane."
)
BRIGHTEST_PERCENT = 99.5
EIGHT_BITS = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class DiscRead:
    """One disc, what was measured at it and how it was graded."""

    disc: Disc
    level: LevelMeasure | None
    """``None`` where no canal was found behind it."""
    grades: tuple[Grade, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SagittalReading:
    """Everything that was found in one sagittal series."""

    volume: Volume
    stack: Stack
    labels: NDArray[np.uint8]
    """Of every slice, on the stack: 1 vertebra, 2 disc, 3 canal."""
    index: int
    """The slice of the stack that was measured."""
    discs: tuple[DiscRead, ...]
    """From the lowest upward."""

    @property
    def picture(self) -> Floats:
        """The slice that was measured."""
        return np.asarray(self.stack.voxels[self.index], dtype=np.float32)


class SagittalReader:
    """Reads one sagittal series."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._how = model.parameters(PreparedAs.SPINE_SAGITTAL, SpineSagittalInput)

    def accepts(self, given: Volume) -> bool:
        """Say whether this is a sagittal series of the spine."""
        return given.kind is Kind.SPINE_SAGITTAL

    def read(self, given: Volume) -> SagittalReading:
        """Segment, choose a slice, measure and grade."""
        stack = stacked(given, Plane.SAGITTAL)
        labels = np.stack([self._segmented(np.asarray(picture, dtype=np.float32)) for picture in stack.voxels])
        index = best_slice(labels)
        if index is None:
            raise Unreadable(
                "No lumbar discs were found in the scan.",
                advice="Check that it is a sagittal series of the lumbar spine.",
            )
        discs = find_discs(labels[index])
        levels = {level.disc.number: level for level in measure_levels(labels[index], stack.in_plane_mm)}
        grades = self._graded(stack.voxels[index], labels[index], discs, levels, given.weighting)
        read = tuple(DiscRead(disc, levels.get(disc.number), grades.get(disc.number, ())) for disc in discs)
        return SagittalReading(given, stack, labels, index, read)

    def _segmented(self, picture: Floats) -> NDArray[np.uint8]:
        shown = sagittal_input(np.maximum(picture, 0), self._how)[None, None]
        said = self._model.answer(PreparedAs.SPINE_SAGITTAL, shown)[0]
        return sagittal_labels_back(said.argmax(0).astype(np.uint8), picture.shape, self._how)

    def _graded(
        self,
        picture: NDArray[np.generic],
        labels: Labels,
        discs: tuple[Disc, ...],
        levels: dict[int, LevelMeasure],
        weighting: Weighting | None,
    ) -> dict[int, tuple[Grade, ...]]:
        """Grade every disc, if the package can."""
        if not self._model.has(PreparedAs.SPINE_DISC):
            return {}
        how = self._model.parameters(PreparedAs.SPINE_DISC, SpineDiscInput)
        pixels = in_eight_bits(picture)
        roots = np.sqrt(pixels)
        told = [float(weighting is Weighting.T1), float(weighting is not Weighting.T1)]
        facts = disc_facts(pixels, labels, discs, {number: level.ratio for number, level in levels.items()})
        shown = [
            disc_inputs(disc_patches(roots, disc, how), np.array([*known, *told], dtype=np.float32))
            for disc, known in zip(discs, facts, strict=True)
        ]
        said = averaged(self._model.answer(PreparedAs.SPINE_DISC, np.concatenate(shown)), len(discs))
        classes = self._model.output(PreparedAs.SPINE_DISC).classes
        cuts = pfirrmann_cuts(self._model.spec.thresholds)
        return {disc.number: disc_grades(classes, row, cuts) for disc, row in zip(discs, said, strict=True)}


def best_slice(labels: NDArray[np.uint8]) -> int | None:
    """Choose the slice to measure; ``None`` where no slice shows discs and canal."""
    canal = (labels == CANAL).sum(axis=(1, 2))
    for index in np.argsort(-canal, kind="stable"):
        if canal[index] and len(find_discs(labels[index])) >= FEWEST_DISCS:
            return int(index)
    return None


def in_eight_bits(picture: NDArray[np.generic]) -> Floats:
    """Bring grey values to 0 … 255, as the pictures had them that the disc grader learnt from."""
    pixels = np.maximum(np.asarray(picture, dtype=np.float32), 0)
    brightest = max(float(np.percentile(pixels, BRIGHTEST_PERCENT)), 1e-6)
    return np.minimum(pixels * np.float32(EIGHT_BITS / brightest), np.float32(EIGHT_BITS))
