"""What can be wrong with a scan, at a strength from 0 (nothing) to 1 (nobody would read it).

They work on any volume, a phantom's or a patient's, so that the quality gate is measured on both.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from appliance.sample import kspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from appliance.sample.lattice import Floats
    from appliance.sample.scan_spec import Timing


class Artefact(StrEnum):
    """Those that leave the grid as it is."""

    MOTION = "motion"
    """The patient moved between the lines of a slice."""
    GHOSTING = "ghosting"
    """A faint second image, half a field of view away: pulsation, or a badly tuned scanner."""
    NOISE = "noise"
    CLIPPING = "clipping"
    """Everything bright is equally white."""


def spoil(voxels: Floats, artefact: Artefact, strength: float, *, seed: int = 0, phase_axis: int = 0) -> Floats:
    """Spoil every slice of ``voxels[i, j, k]``."""
    if strength <= 0:
        return voxels
    if artefact is Artefact.CLIPPING:
        return _clipped(voxels, strength)
    rng = np.random.default_rng([seed, 41])
    change = _CHANGES[artefact]
    bright = _brightness(voxels)
    slices = [change(voxels[:, :, k], strength, bright, phase_axis, rng) for k in range(voxels.shape[2])]
    return np.stack(slices, axis=2).astype(np.float32)


def cropped(voxels: Floats, affine: NDArray[np.float64], strength: float) -> tuple[Floats, NDArray[np.float64]]:
    """Cut off the front of the field of view and slices from both ends."""
    front, ends = (round(strength * share * voxels.shape[axis]) for axis, share in ((1, 0.4), (2, 0.3)))
    moved = affine.copy()
    moved[:3, 3] = affine[:3] @ [0.0, front, ends, 1.0]
    return voxels[:, front:, ends : voxels.shape[2] - ends], moved


def lost_slices(count: int, strength: float, *, seed: int = 0) -> tuple[int, ...]:
    """Name the inner slices that are lost: one at the faintest, a third of them at 1."""
    lost = min(count - 2, max(1, round(strength * count / 3))) if strength > 0 else 0
    rng = np.random.default_rng([seed, 42])
    return tuple(sorted(int(k) + 1 for k in rng.permutation(count - 2)[:lost]))


def wrong_timing(timing: Timing, strength: float) -> Timing:
    """Move an inversion sequence toward one that no longer darkens fluid: at 1 it is a plain T2."""
    if timing.inversion_ms is None:
        return timing
    return replace(timing, inversion_ms=max(timing.inversion_ms * (1.0 - strength), 1.0))


def _brightness(voxels: Floats) -> float:
    middle = float(voxels.mean())
    return float(np.median(voxels[voxels > middle]))


def _clipped(voxels: Floats, strength: float) -> Floats:
    bright = _brightness(voxels)
    ceiling = bright * 10.0 ** (0.45 - 0.8 * strength)
    return np.minimum(voxels, np.float32(ceiling))


def _motion(image: Floats, strength: float, _bright: float, phase: int, rng: np.random.Generator) -> Floats:
    return kspace.magnitude(kspace.restless(kspace.to_kspace(image), phase, 5.0 * strength, rng))


def _ghosting(image: Floats, strength: float, _bright: float, phase: int, _rng: np.random.Generator) -> Floats:
    # Every second line a little weaker: that folds the image over by half its width.
    spectrum = kspace.to_kspace(image)
    lines = np.arange(image.shape[phase]).reshape([-1 if n == phase else 1 for n in range(2)])
    return kspace.magnitude(spectrum * (1.0 - 0.45 * strength * (lines % 2)).astype(np.float32))


def _noise(image: Floats, strength: float, bright: float, _phase: int, rng: np.random.Generator) -> Floats:
    return kspace.magnitude(kspace.to_kspace(image) + kspace.noise(image.shape, 0.35 * strength * bright, rng))


_CHANGES: dict[Artefact, Callable[[Floats, float, float, int, np.random.Generator], Floats]] = {
    Artefact.MOTION: _motion,
    Artefact.GHOSTING: _ghosting,
    Artefact.NOISE: _noise,
}
