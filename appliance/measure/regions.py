"""Where each lesion lies: its gap to the ventricles and to the brain's outer surface, in millimetres.

The cortex itself is not outlined by any model here. Its place is taken by the surface of the brain mask, with
the ventricles and holes filled and the sulci left out, which are dark on FLAIR and open to the outside. Sulci
narrower than a voxel are not seen, so that lesions at their bottom are called paraventricular. The result says
so (``rule_in_words``).

Gaps are between voxels' boxes, through the scan's own affine. Across thick slices the surface is only looked
for within the slice, because near the vertex every voxel has a neighbouring slice that is already outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from appliance.measure.grid import Box, Labels, Mask, bounding_box, grown, widened

if TYPE_CHECKING:
    from appliance.contracts import Geometry, Voxels
    from appliance.measure.components import Numbered
    from appliance.settings import Lesions


class Region(StrEnum):
    """The three that MS reports tell apart, by their usual short names."""

    PERIVENTRICULAR = "PEWMH"
    PARAVENTRICULAR = "PAWMH"
    JUXTACORTICAL = "JCWMH"


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far one lesion is from the two surfaces, up to ``reach_mm``; ``None`` where there is no such surface."""

    to_ventricle_mm: float | None
    to_surface_mm: float | None


def rule_in_words(rule: Lesions) -> str:
    """Put the rule as the report prints it."""
    return (
        f"Periventricular (PEWMH): at most {rule.periventricular_mm:g} mm from the ventricles. "
        f"Juxtacortical (JCWMH): otherwise at most {rule.juxtacortical_mm:g} mm from the surface of the brain, which "
        "stands for the cortex (narrow sulci are not seen). Paraventricular (PAWMH): all others. "
        f"Spots below {rule.min_volume_mm3:g} mm³ are not counted."
    )


def region_of(gaps: Gaps, rule: Lesions) -> Region | None:
    """Apply the rule; ``None`` where no ventricle was found, so that nothing can be said."""
    if gaps.to_ventricle_mm is None:
        return None
    if gaps.to_ventricle_mm <= rule.periventricular_mm:
        return Region.PERIVENTRICULAR
    if gaps.to_surface_mm is not None and gaps.to_surface_mm <= rule.juxtacortical_mm:
        return Region.JUXTACORTICAL
    return Region.PARAVENTRICULAR


def without_sulci(brain: Mask, ventricle: Mask, flair: Voxels, rule: Lesions) -> Mask:
    """Leave out of the brain what is as dark as fluid, but for the ventricles and their rim."""
    box = bounding_box(brain, margin=1)
    if box is None:
        return brain
    inside = flair[box].astype(np.float32, copy=False)
    dark = brain[box] & (inside < rule.sulcus_below * np.median(inside[brain[box]]))
    tissue = brain.copy()
    tissue[box] &= ~dark | grown(grown(ventricle[box]), (0, 1))
    return tissue


def measure_gaps(
    lesions: Numbered, brain: Mask, ventricle: Mask, geometry: Geometry, rule: Lesions
) -> tuple[Gaps, ...]:
    """Measure every lesion's gaps, in the order of their numbers; ``brain`` must include lesions and ventricles."""
    box = bounding_box(brain, margin=1)
    if lesions.count == 0 or box is None:
        return ()
    labels = lesions.labels[box]
    touching_ventricle = grown(ventricle[box])
    touching_outside = _outer_rim(brain[box], geometry, rule.thick_slices_from_mm)
    reach = reach_mm(rule)
    return tuple(
        Gaps(
            _gap(labels, number, place, touching_ventricle, geometry, reach),
            _gap(labels, number, place, touching_outside, geometry, reach),
        )
        for number, place in enumerate(ndimage.find_objects(labels), start=1)
    )


def reach_mm(rule: Lesions) -> float:
    """Say how far is looked; a gap of this much stands for this much or more."""
    return 2 * max(rule.periventricular_mm, rule.juxtacortical_mm)


def _gap(labels: Labels, number: int, place: Box, target: Mask, geometry: Geometry, reach: float) -> float | None:
    """Find the target nearest to any voxel of a lesion by spacing, then measure that step by the affine."""
    margin = [int(reach / gap) + 1 for gap in geometry.spacing_mm]
    around = widened(place, margin, labels.shape)
    if not target[around].any():
        return reach if target.any() else None
    nearest = ndimage.distance_transform_edt(
        ~target[around], sampling=geometry.spacing_mm, return_distances=False, return_indices=True
    )
    voxels = np.argwhere(labels[around] == number)
    steps = voxels - nearest[:, *voxels.T].T
    return min(reach, float(np.linalg.norm(steps @ geometry.affine[:3, :3].T, axis=1).min()))


def _outer_rim(brain: Mask, geometry: Geometry, thick_from_mm: float) -> Mask:
    """Mark the brain's voxels that touch the outside; holes and the scan's border are no surface of the brain."""
    outside = _outside(brain)
    thin = [axis for axis, gap in enumerate(geometry.spacing_mm) if gap < thick_from_mm]
    rim: Mask = grown(outside, thin or (0, 1, 2)) & brain
    return rim


def _outside(brain: Mask) -> Mask:
    pieces, _ = ndimage.label(np.pad(~brain, 1, constant_values=True))
    outside: Mask = (pieces == pieces[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return outside
