"""One slice through k-space: resolution, fat's shift, movement and noise, which all happen there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

if TYPE_CHECKING:
    from appliance.sample.lattice import Floats

Spectrum: TypeAlias = NDArray[np.complexfloating[Any, Any]]

_INTERLEAVED = 8
"""Lines are acquired in this many passes, so neighbours in k-space are far apart in time."""


def to_kspace(image: Floats) -> Spectrum:
    """Go to k-space."""
    spectrum: Spectrum = fft.fft2(image)
    return spectrum


def magnitude(spectrum: Spectrum) -> Floats:
    """Come back, as scanners do, without the phase."""
    image: Floats = np.abs(fft.ifft2(spectrum)).astype(np.float32)
    return image


def shifted(spectrum: Spectrum, axis: int, pixels: float) -> Spectrum:
    """Move the image along an axis."""
    moved: Spectrum = spectrum * np.exp(-2j * np.pi * _frequencies(spectrum.shape, axis) * pixels).astype(np.complex64)
    return moved


def window(shape: tuple[int, ...], phase: int, resolution: float) -> Floats:
    """Keep the acquired part of k-space, with the soft shoulders that reconstructions put on it."""
    return _shoulder(shape, phase, 0.5 * resolution) * _shoulder(shape, 1 - phase, 0.5)


def noise(shape: tuple[int, ...], deviation: float, rng: np.random.Generator) -> Spectrum:
    """Draw noise that has a deviation in each channel of the image."""
    parts = rng.standard_normal((2, *shape), dtype=np.float32) * np.float32(deviation * np.sqrt(np.prod(shape)))
    channels: Spectrum = parts[0] + np.complex64(1j) * parts[1]
    return channels


def restless(spectrum: Spectrum, phase: int, pixels: float, rng: np.random.Generator) -> Spectrum:
    """Give each line the phase that a patient who breathes and jerks gives it: that is what makes ghosts."""
    shape = spectrum.shape
    track = pixels * _track(shape[phase], rng)
    shifts = np.empty_like(track)
    shifts[np.argsort(np.arange(len(track)) % _INTERLEAVED, kind="stable")] = track
    shifts = shifts.reshape([-1 if n == phase else 1 for n in range(2)])
    ramp = 0.8 * _frequencies(shape, phase) + 0.6 * _frequencies(shape, 1 - phase)
    moved: Spectrum = spectrum * np.exp(-2j * np.pi * ramp * shifts).astype(np.complex64)
    return moved


def _track(lines: int, rng: np.random.Generator) -> Floats:
    time = np.arange(lines) / lines
    breath = np.sin(2 * np.pi * (rng.uniform(7, 13) * time + rng.uniform()))
    jolts = np.cumsum(rng.standard_normal(lines) * (rng.uniform(size=lines) < 6 / lines))
    track: Floats = (0.5 * breath + 0.5 * jolts / (np.abs(jolts).max() + 1e-6)).astype(np.float32)
    return track


def _frequencies(shape: tuple[int, ...], axis: int) -> Floats:
    values: Floats = np.fft.fftfreq(shape[axis]).astype(np.float32)
    return values.reshape([-1 if n == axis else 1 for n in range(2)])


def _shoulder(shape: tuple[int, ...], axis: int, edge: float) -> Floats:
    frequency = np.abs(_frequencies(shape, axis))
    inner = 0.62 * edge
    t = np.clip((frequency - inner) / (edge - inner), 0.0, 1.0)
    kept: Floats = np.where(frequency <= edge, 0.5 + 0.5 * np.cos(np.pi * t * 0.82), 0.0).astype(np.float32)
    return kept
