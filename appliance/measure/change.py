"""Two studies' lesions and their alignment → which are new, grew, shrank, went, or stayed.

Lesions are matched as groups: what was one lesion may be two today and the other way round, and a confluent
mass is not always taken apart in the same way. A new lesion that fuses with an old one therefore shows as
growth. Volumes are compared as measured on each study's own grid, never after resampling.

Guarantees: every lesion of both studies is in exactly one group; where one study does not show the place, the
lesion is ``NOT_COVERED`` and never new or resolved.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from appliance.measure.grid import bounding_box, inside, inverse, places_mm, widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.contracts import Affine, Geometry
    from appliance.measure.align import Alignment
    from appliance.measure.grid import Labels, Place
    from appliance.measure.lesions import LesionFindings
    from appliance.settings import Change

SAME_SHARE = 0.5
"""Two lesions are the same if this share of one of them lies in, or within the tolerance of, the other."""
UNEQUAL_VOXELS = 2.0
"""From this ratio of voxel volumes on, differences in size may come from the scans themselves."""


class Fate(StrEnum):
    """What became of a lesion."""

    NEW = "new"
    ENLARGING = "enlarging"
    SHRINKING = "shrinking"
    RESOLVED = "resolved"
    STABLE = "stable"
    NOT_COVERED = "not covered"
    """One of the two studies does not show this place."""


@dataclass(frozen=True, slots=True)
class Known:
    """One lesion of a study, as far as another study is compared with it."""

    number: int
    """Its value in the labels; they count from 1 without gaps."""
    volume_ml: float
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """The lesions of one study, on its grid; also of one that is only known from its files."""

    lesions: tuple[Known, ...]
    """In the order of their numbers."""
    candidates: tuple[Place, ...]
    labels: Labels
    geometry: Geometry

    @property
    def volume_ml(self) -> float:
        """All lesions together."""
        return sum(lesion.volume_ml for lesion in self.lesions)


def study_of(findings: LesionFindings, geometry: Geometry) -> Study:
    """Take from findings what another study is compared with."""
    return Study(
        tuple(Known(lesion.number, lesion.volume_ml, lesion.place) for lesion in findings.lesions),
        tuple(candidate.place for candidate in findings.candidates),
        findings.labels,
        geometry,
    )


@dataclass(frozen=True, slots=True)
class ChangedLesion:
    """One group of lesions that are the same."""

    fate: Fate
    now: tuple[int, ...]
    """Their numbers in today's findings."""
    before: tuple[int, ...]
    """Their numbers in the earlier findings."""
    now_ml: float
    before_ml: float
    centre_mm: tuple[float, float, float]
    """In today's RAS frame."""
    unsure_before: bool
    """Whether the earlier study had a candidate here: then new may mean missed before."""


@dataclass(frozen=True, slots=True)
class LesionChange:
    """Everything that is said about change."""

    lesions: tuple[ChangedLesion, ...]
    """New ones first, then in the order of ``Fate``; in each, the largest first."""
    now_ml: float
    before_ml: float
    correlation: float
    """Of the two aligned scans inside the brain."""
    rule: str
    notes: tuple[str, ...]

    def count(self, fate: Fate) -> int:
        """Count the lesions of one fate."""
        return sum(lesion.fate is fate for lesion in self.lesions)


def compare_lesions(now: Study, before: Study, alignment: Alignment, rule: Change) -> LesionChange:
    """Match the lesions of two aligned studies and say what became of each."""
    back = inverse(alignment.matrix)
    links = _overlaps(now, before, alignment.matrix, rule) | {
        (mine, theirs) for theirs, mine in _overlaps(before, now, back, rule)
    }
    groups = _groups(links, len(now.lesions), len(before.lesions))
    order = list(Fate)
    changed = [_judged(mine, theirs, now, before, alignment.matrix, rule) for mine, theirs in groups]
    changed.sort(key=lambda lesion: (order.index(lesion.fate), -max(lesion.now_ml, lesion.before_ml)))
    return LesionChange(
        lesions=tuple(changed),
        now_ml=now.volume_ml,
        before_ml=before.volume_ml,
        correlation=alignment.correlation,
        rule=rule_in_words(rule),
        notes=_notes(now.geometry, before.geometry),
    )


def rule_in_words(rule: Change) -> str:
    """Put the rule as the report prints it."""
    return (
        f"Lesions within {rule.same_place_mm:g} mm of each other after rigid alignment are the same. One has changed "
        f"if its volume differs by at least {rule.min_change_ml:g} ml and by {rule.small_change_share:.0%} (from "
        f"{rule.large_from_ml:g} ml on: {rule.large_change_share:.0%}). A new lesion that fuses with an old one shows "
        "as growth."
    )


def fate_of(now_ml: float, before_ml: float, rule: Change) -> Fate:
    """Judge a lesion that both studies show."""
    large = max(now_ml, before_ml) >= rule.large_from_ml
    least = max(rule.min_change_ml, before_ml * (rule.large_change_share if large else rule.small_change_share))
    if now_ml - before_ml >= least:
        return Fate.ENLARGING
    return Fate.SHRINKING if before_ml - now_ml >= least else Fate.STABLE


def _overlaps(of: Study, over: Study, matrix: Affine, rule: Change) -> set[tuple[int, int]]:
    """List the pairs of which one lies, in a large enough share, in or near the other."""
    widened_labels = _widened(over.labels, over.geometry, rule.same_place_mm)
    pairs = set()
    for lesion in of.lesions:
        indices = _indices(of, lesion.number, matrix, over.geometry)
        under = _read(widened_labels, indices)
        counts = np.bincount(under)
        for other in np.flatnonzero(counts[1:]) + 1:
            smaller = min(len(under), over.lesions[other - 1].volume_ml / of.geometry.voxel_ml)
            if counts[other] >= SAME_SHARE * smaller:
                pairs.add((lesion.number, int(other)))
    return pairs


def _indices(of: Study, number: int, matrix: Affine, target: Geometry) -> NDArray[np.intp]:
    """Take a lesion's voxels to the other study's grid."""
    place = of.lesions[number - 1].place
    box = tuple(slice(a, b + 1) for a, b in zip(place.first, place.last, strict=True))
    voxels = np.argwhere(of.labels[box] == number) + place.first
    to_index = inverse(target.affine) @ matrix @ of.geometry.affine
    return np.rint(places_mm(to_index, voxels)).astype(np.intp)


def _read(labels: Labels, indices: NDArray[np.intp]) -> Labels:
    covered = inside(indices, labels.shape)
    under = np.zeros(len(indices), dtype=np.int32)
    under[covered] = labels[tuple(indices[covered].T)]
    return under


def _widened(labels: Labels, geometry: Geometry, by_mm: float) -> Labels:
    """Let every lesion reach as far as the tolerance; where two meet, the nearer one has the voxel.

    Across thick slices it reaches the next slice: where slices fall differently, a lesion moves by one.
    """
    box = bounding_box(labels > 0)
    if box is None:
        return labels
    steps = [min(gap, by_mm) for gap in geometry.spacing_mm]
    around = widened(box, [int(by_mm / step) + 1 for step in steps], labels.shape)
    away, nearest = ndimage.distance_transform_edt(labels[around] == 0, sampling=steps, return_indices=True)
    wider = np.zeros_like(labels)
    wider[around] = np.where(away <= by_mm, labels[around][tuple(nearest)], 0)
    return wider


def _groups(links: set[tuple[int, int]], mine: int, theirs: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Put together all lesions that are linked, directly or through others."""
    pairs = np.array(sorted(links), dtype=np.intp).reshape(-1, 2)
    ends = (pairs[:, 0] - 1, pairs[:, 1] - 1 + mine)
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(mine + theirs, mine + theirs))
    count, member = connected_components(graph, directed=False)
    groups = []
    for group in range(count):
        members = np.flatnonzero(member == group)
        now, before = members[members < mine] + 1, members[members >= mine] - mine + 1
        groups.append((tuple(int(n) for n in now), tuple(int(n) for n in before)))
    return groups


def _judged(
    mine: tuple[int, ...], theirs: tuple[int, ...], now: Study, before: Study, matrix: Affine, rule: Change
) -> ChangedLesion:
    now_ml = sum(now.lesions[number - 1].volume_ml for number in mine)
    before_ml = sum(before.lesions[number - 1].volume_ml for number in theirs)
    back = inverse(matrix)
    if mine and theirs:
        fate = fate_of(now_ml, before_ml, rule)
    elif mine:
        fate = Fate.NEW if _is_covered(now, mine[0], matrix, before.geometry) else Fate.NOT_COVERED
    else:
        fate = Fate.RESOLVED if _is_covered(before, theirs[0], back, now.geometry) else Fate.NOT_COVERED
    if mine:
        centre = np.array(now.lesions[mine[0] - 1].place.centre_mm)
    else:
        centre = places_mm(back, np.array(before.lesions[theirs[0] - 1].place.centre_mm))
    x, y, z = (float(value) for value in centre)
    unsure = fate is Fate.NEW and _had_candidate(before, places_mm(matrix, centre), rule)
    return ChangedLesion(fate, mine, theirs, now_ml, before_ml, (x, y, z), unsure)


def _is_covered(of: Study, number: int, matrix: Affine, target: Geometry) -> bool:
    return bool(inside(_indices(of, number, matrix, target), target.shape).mean() >= SAME_SHARE)


def _had_candidate(before: Study, centre_mm: NDArray[np.float64], rule: Change) -> bool:
    """Say whether a place is inside, or within the tolerance of, a candidate's box."""
    index = places_mm(inverse(before.geometry.affine), centre_mm)
    reach = 0.5 + rule.same_place_mm / np.array(before.geometry.spacing_mm)
    return any(
        bool(((index >= candidate.first - reach) & (index <= candidate.last + reach)).all())
        for candidate in before.candidates
    )


def _notes(now: Geometry, before: Geometry) -> tuple[str, ...]:
    ratio = max(now.voxel_ml / before.voxel_ml, before.voxel_ml / now.voxel_ml)
    if ratio < UNEQUAL_VOXELS:
        return ()
    note = (
        f"The voxels of the two studies differ {ratio:.1f}-fold in volume: growth may come from the scans themselves."
    )
    return (note,)
