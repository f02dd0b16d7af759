"""A FLAIR → brain, ventricles and lesions on its own grid, measured. The same numbers as training's evaluation.

    canonical → brain network → brain mask → lesion network, a few slices at a time → back to the scan's grid → measured

Memory beyond the scan: four copies of it as 32-bit numbers at the worst moment, whatever its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.contracts import Kind
from appliance.errors import Unreadable
from appliance.measure.grid import bounding_box, in_255ths
from appliance.measure.lesions import measure_lesions
from appliance.models.spec import PreparedAs
from appliance.preprocess import (
    BrainInput,
    LesionInput,
    brain_from,
    canonical,
    prepare_brain,
    prepare_head,
    to_stack,
    turned,
    uncanonical,
)
from appliance.readers.in_parts import answered, in_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from appliance.contracts import Volume
    from appliance.measure.grid import Mask
    from appliance.measure.lesions import LesionFindings
    from appliance.preprocess import Axial, Floats, Prepared, Turn
    from appliance.readers.model import Model
    from appliance.settings import Lesions

BRAIN, VENTRICLE, LESION = "brain", "ventricle", "lesion"
"""Classes of the networks, and names of their thresholds."""
SMALLEST_LESION = "smallest_lesion_ml"
TOUCHING = np.ones((3, 3, 3), dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class LesionReading:
    """Everything that was found in one FLAIR; masks and the map lie on the scan's grid."""

    volume: Volume
    brain: Mask
    ventricle: Mask
    lesion: Mask
    probability: NDArray[np.uint8]
    """Of lesion, in 255ths."""
    found: LesionFindings


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Where the networks see brain, ventricles and lesions: as large as the scan, so nobody keeps it for long."""

    volume: Volume
    brain: Mask
    ventricle: Mask
    lesion: Mask
    likely: Floats
    """Probability of lesion, on the scan's grid."""
    turn: Turn
    axial_brain: Mask
    """On the turned scan, of which no copy is kept."""
    prepared: Prepared
    """What the lesion network was shown …"""
    prepared_as: LesionInput
    """… and how it was prepared."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionWork:
    """A reading, and what it was made from."""

    reading: LesionReading
    marked: Marked


class LesionReader:
    """Reads one FLAIR."""

    def __init__(self, model: Model, rule: Lesions) -> None:
        self._model = model
        self._rule = rule
        self._head = model.parameters(PreparedAs.HEAD, BrainInput)
        self._brain = model.parameters(PreparedAs.BRAIN, LesionInput)
        self._classes = model.output(PreparedAs.BRAIN).classes

    def accepts(self, given: Volume) -> bool:
        """Say whether this is a FLAIR of the brain."""
        return given.kind is Kind.BRAIN_FLAIR

    def read(self, given: Volume) -> LesionWork:
        """Find, measure and place the lesions of a scan."""
        marked = self.marked(given)
        return LesionWork(self.measured(marked), marked)

    def marked(self, given: Volume) -> Marked:
        """Ask the networks."""
        axial = canonical(given.voxels, given.geometry)
        axial_brain = self._find_brain(axial)
        self._model.rest()
        if not axial_brain.any():
            raise Unreadable("No brain was found in the scan.", advice="Check that it is a FLAIR of the head.")
        prepared = prepare_brain(axial, axial_brain, self._brain)
        ventricle, likely = self._find(prepared, given, axial.turn)
        self._model.rest()
        lesion = without_small(likely > self._limit(LESION), self._smallest(given))
        brain = _back(axial_brain, axial.turn)
        return Marked(given, brain, ventricle, lesion, likely, axial.turn, axial_brain, prepared, self._brain)

    def measured(self, marked: Marked) -> LesionReading:
        """Measure and place what was marked; no network is asked, so that others may be meanwhile."""
        volume, brain, ventricle, lesion = marked.volume, marked.brain, marked.ventricle, marked.lesion
        found = measure_lesions(lesion, brain, ventricle, volume.geometry, self._rule, marked.likely, volume.voxels)
        return LesionReading(volume, brain, ventricle, lesion, in_255ths(marked.likely), found)

    def _find_brain(self, axial: Axial) -> Mask:
        head = prepare_head(axial, self._head)
        answers = np.zeros(head.slices.shape, dtype=np.float32)
        place = self._model.output(PreparedAs.HEAD).classes.index(BRAIN)
        for some, told in self._answered(PreparedAs.HEAD, head):
            answers[some] = told[:, place]
        return brain_from(axial, answers, head, self._head)

    def _find(self, prepared: Prepared, given: Volume, turn: Turn) -> tuple[Mask, Floats]:
        """Ask about ventricle and lesion; the answers are written where they belong on the scan's axes."""
        ventricle = np.zeros(given.voxels.shape, dtype=np.bool_)
        likely = np.zeros(given.voxels.shape, dtype=np.float32)
        ventricle_stack, likely_stack = turned(ventricle, turn), turned(likely, turn)
        at_ventricle, at_lesion = (self._classes.index(name) for name in (VENTRICLE, LESION))
        for some, answers in self._answered(PreparedAs.BRAIN, prepared):
            ventricle_stack[some] = to_stack(answers[:, at_ventricle], prepared.placement) > self._limit(VENTRICLE)
            likely_stack[some] = to_stack(answers[:, at_lesion], prepared.placement)
        return ventricle, likely

    def _answered(self, prepared_as: PreparedAs, prepared: Prepared) -> Iterator[tuple[list[int], Floats]]:
        parts = in_parts(prepared.brain_slices)
        return answered(parts, prepared.batch, lambda shown: self._model.answer(prepared_as, shown))

    def _limit(self, name: str) -> float:
        return self._model.threshold(name)

    def _smallest(self, volume: Volume) -> float:
        return self._model.threshold(SMALLEST_LESION, 0.0) / volume.geometry.voxel_ml


def without_small(mask: Mask, smallest_voxels: float) -> Mask:
    """Drop connected parts below a size."""
    box = bounding_box(mask)
    if smallest_voxels <= 1 or box is None:
        return mask
    parts, count = ndimage.label(mask[box], TOUCHING)
    kept = np.bincount(parts.ravel(), minlength=count + 1) >= smallest_voxels
    kept[0] = False
    large = np.zeros_like(mask)
    large[box] = kept[parts]
    return large


def _back(mask: Mask, turn: Turn) -> Mask:
    return np.asarray(uncanonical(mask, turn), dtype=np.bool_)
