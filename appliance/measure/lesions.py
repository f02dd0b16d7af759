"""Masks and probabilities on the scan's grid → lesions counted, measured, placed and graded.

Guarantees: every voxel of the lesion mask is in exactly one counted lesion or in the volume named as too
small to count; what the model half believed is a ``Candidate``, never silently dropped; every volume comes
from the determinant of the scan's affine, every distance from the affine itself; without probabilities
confidence is ``None``, not one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.candidates import Candidate, find_candidates
from appliance.measure.components import number_lesions
from appliance.measure.grid import Labels, Mask, Place, place_of, start_of
from appliance.measure.regions import Region, measure_gaps, region_of, rule_in_words, without_sulci
from appliance.measure.severity import Severity, severity_in_words, severity_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Geometry, Voxels
    from appliance.measure.components import Numbered
    from appliance.measure.regions import Gaps
    from appliance.settings import Lesions


@dataclass(frozen=True, slots=True)
class Lesion:
    """One counted lesion."""

    number: int
    """From 1, the largest first; its value in ``LesionFindings.labels``."""
    volume_ml: float
    region: Region | None
    """``None`` where no ventricle was found in the scan."""
    to_ventricle_mm: float | None
    to_surface_mm: float | None
    place: Place
    confidence: float | None
    """Mean probability of its voxels."""
    sure: bool | None
    """Whether the confidence reaches the setting ``lesions.sure_from``."""


@dataclass(frozen=True, slots=True)
class RegionLoad:
    """All lesions of one region together."""

    region: Region
    count: int
    volume_ml: float


@dataclass(frozen=True, slots=True, eq=False)
class LesionFindings:
    """Everything that is said about the lesions of one scan."""

    lesions: tuple[Lesion, ...]
    candidates: tuple[Candidate, ...]
    """What the model was unsure of: for a human to look at, in no count and no volume."""
    by_region: tuple[RegionLoad, ...]
    volume_ml: float
    too_small_ml: float
    """Of spots below the least size; not in ``volume_ml``."""
    brain_ml: float
    """Of the brain with its ventricles."""
    ventricle_ml: float
    share_of_brain: float | None
    ventricle_share: float | None
    severity: Severity
    rules: tuple[str, ...]
    """The rules that were applied, with their numbers, as the report prints them."""
    notes: tuple[str, ...]
    """What a reader must know about these numbers."""
    labels: Labels
    """On the scan's grid: a lesion's number, or 0."""


def measure_lesions(
    lesion: Mask,
    brain: Mask,
    ventricle: Mask,
    geometry: Geometry,
    rule: Lesions,
    probability: NDArray[np.float32] | None = None,
    flair: Voxels | None = None,
) -> LesionFindings:
    """Count, measure, place and grade the lesions of one scan; without ``flair`` no sulcus is seen."""
    _require_same_grid(geometry, lesion, brain, ventricle, probability, flair)
    numbered = number_lesions(lesion, geometry, rule)
    head = brain | ventricle
    tissue = head if flair is None else without_sulci(head, ventricle, flair, rule)
    gaps = measure_gaps(numbered, tissue | lesion, ventricle, geometry, rule)
    lesions = _largest_first(numbered, gaps, geometry, rule, probability) if numbered.count else ()
    brain_ml = np.count_nonzero(head) * geometry.voxel_ml
    ventricle_ml = np.count_nonzero(ventricle) * geometry.voxel_ml
    volume_ml = sum(lesion.volume_ml for lesion in lesions)
    return LesionFindings(
        lesions=lesions,
        candidates=() if probability is None else find_candidates(probability, lesion, geometry, rule),
        by_region=tuple(_load(region, lesions) for region in Region),
        volume_ml=volume_ml,
        too_small_ml=numbered.too_small * geometry.voxel_ml,
        brain_ml=brain_ml,
        ventricle_ml=ventricle_ml,
        share_of_brain=volume_ml / brain_ml if brain_ml else None,
        ventricle_share=ventricle_ml / brain_ml if brain_ml else None,
        severity=severity_of(len(lesions), volume_ml, rule),
        rules=(rule_in_words(rule), severity_in_words(rule)),
        notes=_notes(numbered, head, ventricle_ml, geometry),
        labels=numbered.labels,
    )


def _largest_first(
    numbered: Numbered,
    gaps: tuple[Gaps, ...],
    geometry: Geometry,
    rule: Lesions,
    probability: NDArray[np.float32] | None,
) -> tuple[Lesion, ...]:
    """Describe the lesions and renumber their labels in that order."""
    inside = numbered.labels[numbered.box]
    sizes = np.bincount(inside.ravel(), minlength=numbered.count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    renumbered = np.zeros(numbered.count + 1, dtype=np.int32)
    renumbered[order + 1] = np.arange(1, numbered.count + 1)
    inside[...] = renumbered[inside]
    start = start_of(numbered.box)
    return tuple(
        _lesion(
            number,
            np.argwhere(inside[place] == number) + start_of(place) + start,
            gaps[old],
            geometry,
            rule,
            probability,
        )
        for number, (old, place) in enumerate(zip(order, ndimage.find_objects(inside), strict=True), start=1)
    )


def _lesion(
    number: int,
    indices: NDArray[np.intp],
    gaps: Gaps,
    geometry: Geometry,
    rule: Lesions,
    probability: NDArray[np.float32] | None,
) -> Lesion:
    confidence = None if probability is None else float(probability[tuple(indices.T)].mean(dtype=np.float64))
    place = place_of(indices, geometry)
    return Lesion(
        number=number,
        volume_ml=len(indices) * geometry.voxel_ml,
        region=region_of(gaps, rule),
        to_ventricle_mm=gaps.to_ventricle_mm,
        to_surface_mm=gaps.to_surface_mm,
        place=place,
        confidence=confidence,
        sure=None if confidence is None else confidence >= rule.sure_from,
    )


def _load(region: Region, lesions: tuple[Lesion, ...]) -> RegionLoad:
    volumes = [lesion.volume_ml for lesion in lesions if lesion.region is region]
    return RegionLoad(region, len(volumes), sum(volumes))


def _notes(numbered: Numbered, brain: Mask, ventricle_ml: float, geometry: Geometry) -> tuple[str, ...]:
    notes = []
    if not brain.any():
        notes.append("No brain was found in this scan, so no share of the brain can be given.")
    if not ventricle_ml:
        notes.append("No ventricle was found in this scan, so lesions are not assigned to regions.")
    outside_ml = np.count_nonzero((numbered.labels[numbered.box] > 0) & ~brain[numbered.box]) * geometry.voxel_ml
    if brain.any() and outside_ml:
        notes.append(f"{outside_ml:.2f} ml of the lesions lie outside the brain as it was outlined: look at them.")
    return tuple(notes)


def _require_same_grid(geometry: Geometry, *arrays: NDArray[np.generic] | None) -> None:
    for array in arrays:
        if array is not None and array.shape != geometry.shape:
            raise ValueError(f"a mask of shape {array.shape} does not lie on a grid of shape {geometry.shape}")
