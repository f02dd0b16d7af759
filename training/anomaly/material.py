"""From a pack of brains to what anomaly methods learn from and are measured on.

Guarantees: a slice that is learned from has no lesion marked in it, nor in its neighbours, and belongs to a
patient with lesion masks or to one of the two unlabelled ones that look nearly lesion-free. They are slices of
patients: lesion-free slices, never healthy controls. Outside the brain every image is 0. Gliomas are never
learned from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from training.packed import BRAIN, LESION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from training.datasets.case import Case
    from training.packed import Pack

NEARLY_LESION_FREE = ("tabriz_unlabelled/sub-105549", "tabriz_unlabelled/sub-109654")
GLIOMAS = "glioma_tcga"
TUMOUR_VALUES = (1, 2, 3, 4)
"""Every part of an automatic tumour mask; it is no truth."""
THIN_MM = 2.0
EVERY = 3
"""Of thin slices, one in so many is kept: about 3 mm apart."""
EDGE_PX = 2
"""The brain's rim is left out everywhere, for every method alike: partial volume there is no anomaly."""
SMALLEST_SHARE = 0.04
"""Slices with less brain than this share of the matrix are not learned from."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Slices, where their brain lies, what is marked in them, and which may be learned from."""

    images: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    """The brain without its rim: the only place where anything is scored."""
    lesion: NDArray[np.bool_]
    scan_of: NDArray[np.int32]
    patients: NDArray[np.str_]
    """Of each scan, ``dataset/patient``."""
    free: NDArray[np.bool_]
    """For each slice: whether it may be learned from."""
    trusted: NDArray[np.bool_]
    """For each slice: whether its labels count."""

    def of(self, patient: str) -> NDArray[np.intp]:
        """Return the slices of a patient whose labels count."""
        return np.flatnonzero((self.patients[self.scan_of] == patient) & self.trusted)

    def lesion_free(self, patients: Iterable[str]) -> NDArray[np.intp]:
        """Return the slices of these patients that may be learned from."""
        return np.flatnonzero(np.isin(self.patients[self.scan_of], sorted(patients)) & self.free)


def cases_of(found: dict[str, list[Case]]) -> list[Case]:
    """Choose the scans: the labelled ones, two unlabelled ones, and the gliomas with their automatic masks."""
    labelled = [case for group in found.values() for case in group if case.lesion is not None]
    nearly = [case for group in found.values() for case in group if case.patient_key in NEARLY_LESION_FREE]
    gliomas = [with_tumour(case) for case in found.get(GLIOMAS, []) if case.name.endswith("_brain")]
    return labelled + nearly + gliomas


def with_tumour(case: Case) -> Case:
    """Take a glioma's automatic mask in the place of a lesion mask."""
    mask: Path = case.flair.parent / "tumour_auto.nii.gz"
    return replace(case, lesion=mask, lesion_values=TUMOUR_VALUES)


def material_of(pack: Pack) -> Material:
    """Keep what anomaly methods need of a pack."""
    kept = np.concatenate([thinned(pack, scan) for scan in range(len(pack.keys))])
    brain = (pack.labels & BRAIN) > 0
    lesion = (pack.labels & LESION) > 0
    trusted = pack.weights > 0
    return Material(
        images=np.where(brain, pack.images, np.uint8(0))[kept],
        inside=np.stack([ndimage.binary_erosion(brain[index], iterations=EDGE_PX) for index in kept]),
        lesion=lesion[kept],
        scan_of=pack.scan_of[kept],
        patients=pack.patients,
        free=(may_be_learned_from(pack, lesion) & trusted & (brain.mean(axis=(1, 2)) > SMALLEST_SHARE))[kept],
        trusted=trusted[kept],
    )


def thinned(pack: Pack, scan: int) -> NDArray[np.intp]:
    """Return a scan's slices: all of a thick stack, one in a few of a thin one."""
    first, last = pack.first_and_last(scan)
    return np.arange(first, last, EVERY if pack.slice_mm[scan] < THIN_MM else 1)


def may_be_learned_from(pack: Pack, lesion: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of each slice whether it and its neighbours in a thin stack are without lesion."""
    free = np.zeros(len(pack.images), dtype=bool)
    for scan, patient in enumerate(pack.patients):
        first, last = pack.first_and_last(scan)
        if patient.startswith(GLIOMAS) or not (pack.known[scan] & LESION or patient in NEARLY_LESION_FREE):
            continue
        marked = lesion[first:last].any(axis=(1, 2))
        reach = EVERY if pack.slice_mm[scan] < THIN_MM else 0
        near = ndimage.binary_dilation(marked, iterations=reach) if reach else marked
        free[first:last] = ~near
    return free
