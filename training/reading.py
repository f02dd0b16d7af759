"""A whole scan read by two networks, as the clinic reads it: brain first, then ventricles and lesions.

The networks may live in PyTorch or in ONNX Runtime: both are a function from prepared slices to probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import ndimage

from appliance.preprocess import (
    BrainInput,
    Floats,
    LesionInput,
    Mask,
    Prepared,
    brain_from,
    canonical,
    prepare_brain,
    prepare_head,
    to_stack,
    uncanonical,
)
from training.measures import TOUCHING
from training.packed import OUTPUTS

if TYPE_CHECKING:
    from appliance.contracts import Geometry, Voxels

Answer: TypeAlias = Callable[[Prepared, Iterable[int]], Floats]
"""Probabilities ``[slice, outputs, rows, columns]``; 0 for slices that were not asked for."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Two networks, how their inputs are prepared and how their answers become masks."""

    find_brain: Answer
    find_lesions: Answer
    brain_input: BrainInput
    lesion_input: LesionInput
    thresholds: tuple[float, ...]
    smallest_lesion_ml: float


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What was found in one scan, on the scan's own grid."""

    probabilities: dict[str, Floats]
    masks: dict[str, Mask]


def read(reader: Reader, voxels: Voxels, geometry: Geometry) -> Reading:
    """Read one scan."""
    axial = canonical(voxels, geometry)
    head = prepare_head(axial, reader.brain_input)
    brain = brain_from(axial, reader.find_brain(head, range(len(head.slices)))[:, 0], head, reader.brain_input)
    prepared = prepare_brain(axial, brain, reader.lesion_input)
    answers = reader.find_lesions(prepared, prepared.brain_slices)
    probabilities = {
        name: uncanonical(to_stack(answers[:, place], prepared.placement), axial.turn).astype(np.float32)
        for place, name in enumerate(OUTPUTS)
    }
    found = {name: probabilities[name] > limit for name, limit in zip(OUTPUTS, reader.thresholds, strict=True)}
    found["brain"] = uncanonical(brain, axial.turn).astype(bool)
    found["lesion"] = without_small(found["lesion"], reader.smallest_lesion_ml / geometry.voxel_ml)
    return Reading(probabilities, found)


def without_small(mask: Mask, smallest_voxels: float) -> Mask:
    """Drop connected parts below a size."""
    if smallest_voxels <= 1:
        return mask
    parts, count = ndimage.label(mask, TOUCHING)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    kept = sizes >= smallest_voxels
    kept[0] = False
    return kept[parts]
