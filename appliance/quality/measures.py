"""Everything that the gate's answer rests on, measured once; ``None`` where it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.contracts import Kind
from appliance.quality.contrast import bright_fluid_of
from appliance.quality.coverage import coverage_of
from appliance.quality.sections import sections_of
from appliance.quality.texture import clipping_of, ghosting_of, motion_of, noise_of, outline_of

if TYPE_CHECKING:
    from appliance.contracts import Volume
    from appliance.quality.coverage import Coverage


@dataclass(frozen=True, slots=True)
class Measures:
    """One scan in numbers, of which small is good."""

    coverage: Coverage | None = None
    """``None``: there is nothing in the picture, and all others are ``None`` too."""
    noise: float | None = None
    """Standard deviation against tissue."""
    clipping: float | None = None
    """Share of the tissue that is as bright as the brightest voxel."""
    ghosting: float | None = None
    """Brightness of a second image against the first."""
    motion: float | None = None
    """How much signal movement threw out of its place; a number without a unit."""
    outline_mm: float | None = None
    """Over how many millimetres the outline of the head rises from air to tissue; only of what is read as a brain."""
    bright_fluid: float | None = None
    """Share of bright voxels less dark ones, deep inside a head; only of what is read as a brain."""


def measure_quality(volume: Volume) -> Measures:
    """Measure a volume in a fraction of a second."""
    sections = sections_of(volume.voxels)
    coverage = coverage_of(volume.voxels, volume.geometry) if sections else None
    if sections is None or coverage is None:
        return Measures()
    noise = noise_of(sections)
    is_brain = volume.kind is Kind.BRAIN_FLAIR
    pixel_mm = volume.geometry.spacing_mm[:2]
    return Measures(
        coverage=coverage,
        noise=noise,
        clipping=clipping_of(sections),
        ghosting=ghosting_of(sections),
        motion=motion_of(sections, noise or 0.0),
        outline_mm=outline_of(sections, pixel_mm) if is_brain else None,
        bright_fluid=bright_fluid_of(sections, pixel_mm) if is_brain else None,
    )
