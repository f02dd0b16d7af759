"""Scans → packs: the whole heads for the brain network, the brains for the lesion networks.

The lesion pack keeps the head around the brain: whether it is masked away, and how tightly, is drawn
anew for every training sample.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from appliance.preprocess import (
    Axial,
    BrainInput,
    Floats,
    LesionInput,
    Mask,
    Placement,
    Prepared,
    brain_from,
    canonical,
    into_matrix,
    prepare_brain,
    prepare_head,
)
from training.datasets.case import Case, Scan, load
from training.packed import BRAIN, LESION, VENTRICLE, Pack, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from appliance.contracts import Geometry

VERTEX_SHARE = 0.85
"""Weak brain masks leak into the scalp above this part of a stack …"""
VERTEX_WEIGHT = 0.3
"""… and count for this much there."""
WHOLE_HEAD = 1000.0
"""A margin in millimetres that leaves nothing out."""


def pack_heads(cases: Iterable[Case], spec: BrainInput) -> Pack:
    """Return the whole heads of the cases whose brain is labelled, or whose skull was removed before."""
    return joined([_head_of(load(case), spec) for case in cases])


def pack_brains(
    cases: Iterable[Case], spec: LesionInput, brain_spec: BrainInput, find_brain: Callable[[Case, Prepared], Floats]
) -> Pack:
    """Return the brains, found as the clinic finds them; ``find_brain`` runs a network that never saw the case."""
    parts = []
    for case in cases:
        scan = load(case)
        axial = canonical(scan.voxels, scan.geometry)
        head = prepare_head(axial, brain_spec)
        brain = brain_from(axial, find_brain(case, head), head, brain_spec)
        parts.append(_brain_of(scan, axial, brain, spec))
    return joined(parts)


def _head_of(scan: Scan, spec: BrainInput) -> Pack:
    axial = canonical(scan.voxels, scan.geometry)
    head = prepare_head(axial, spec)
    truth = axial.voxels > 0 if scan.brain is None else turned(scan.brain, scan.geometry)
    labels = _bit(truth, head.placement, BRAIN)
    height = np.linspace(0.0, 1.0, len(labels))
    weak = scan.brain is not None and scan.case.brain_transform is None
    weights = np.where((height > VERTEX_SHARE) & weak, VERTEX_WEIGHT, 1.0).astype(np.float32)
    bounded = np.clip(head.slices / spec.ceiling, 0.0, 1.0)
    return _pack_of(scan, bounded, labels, weights, head.step, BRAIN, axial.spacing_mm[0])


def _brain_of(scan: Scan, axial: Axial, brain: Mask, spec: LesionInput) -> Pack:
    prepared = prepare_brain(axial, brain, replace(spec, margin_mm=WHOLE_HEAD))
    labels, known = _bit(brain, prepared.placement, BRAIN), BRAIN
    for truth, bit in ((scan.ventricle, VENTRICLE), (scan.lesion, LESION)):
        if truth is not None:
            labels |= _bit(turned(truth, scan.geometry), prepared.placement, bit)
            known |= bit
    kept = np.array(prepared.brain_slices)
    first, last = int(kept.min()), int(kept.max()) + 1
    trusted = canonical(np.broadcast_to(scan.trusted, scan.geometry.shape), scan.geometry).voxels[:, 0, 0]
    weights = trusted.astype(np.float32)[first:last]
    return _pack_of(
        scan, prepared.slices[first:last], labels[first:last], weights, prepared.step, known, axial.spacing_mm[0]
    )


def turned(mask: Mask, geometry: Geometry) -> Mask:
    """Return a mask on the axial stack of its scan."""
    return canonical(mask.astype(np.float32), geometry).voxels > 0.5


def _bit(mask: Mask, placement: Placement, bit: int) -> np.ndarray:
    return ((into_matrix(mask.astype(np.float32), placement) > 0.5) * bit).astype(np.uint8)


def _pack_of(
    scan: Scan, images: Floats, labels: np.ndarray, weights: np.ndarray, step: int, known: int, slice_mm: float
) -> Pack:
    return Pack(
        images=np.rint(images * 255.0).astype(np.uint8),
        labels=labels,
        weights=weights,
        scan_of=np.zeros(len(images), dtype=np.int32),
        keys=np.array([scan.case.key]),
        patients=np.array([scan.case.patient_key]),
        known=np.array([known], dtype=np.uint8),
        steps=np.array([step], dtype=np.int32),
        slice_mm=np.array([slice_mm], dtype=np.float32),
    )
