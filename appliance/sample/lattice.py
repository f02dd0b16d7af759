"""Smooth random and geometric fields, kept on a coarse grid and read at any place in the body.

A field is a pure function of its seed: the same seed gives the same anatomy on every grid that is laid
over it, which is what makes one head into a thick-sliced scan, a fine one and a follow-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Points in millimetres, right, anterior and superior; three arrays of one shape."""

    x: Floats
    y: Floats
    z: Floats

    def moved(self, dx: Floats, dy: Floats, dz: Floats) -> Places:
        """Shift every point."""
        return Places(self.x + dx, self.y + dy, self.z + dz)

    def part(self, chosen: NDArray[np.bool_]) -> Places:
        """Choose some of the points."""
        return Places(self.x[chosen], self.y[chosen], self.z[chosen])

    def within(self, low: tuple[float, float, float], high: tuple[float, float, float]) -> bool:
        """Say whether the points' box touches another box: what lies far away need not be computed."""
        return all(
            float(axis.max()) >= a and float(axis.min()) <= b
            for axis, a, b in zip((self.x, self.y, self.z), low, high, strict=True)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Several fields side by side on one coarse grid, read in between by trilinear interpolation."""

    values: Floats
    """``[i, j, k, field]``."""
    origin: tuple[float, float, float]
    pitch: float
    """Millimetres between neighbouring nodes."""

    def at(self, places: Places) -> list[Floats]:
        """Read every field at the points; outside the grid the nearest node counts."""
        shape = self.values.shape
        flat = self.values.reshape(-1, shape[3])
        base = np.zeros(places.x.size, dtype=np.int64)
        shares = []
        for axis, start, count in zip((places.x, places.y, places.z), self.origin, shape[:3], strict=True):
            position = np.clip((axis.ravel() - start) / self.pitch, 0.0, count - 1.001)
            node = position.astype(np.int64)
            base = base * count + node
            shares.append((position - node).astype(np.float32))
        blended = _blend(flat, base, shares, (shape[1] * shape[2], shape[2]))
        return [field.reshape(places.x.shape) for field in blended]


def _blend(flat: Floats, base: NDArray[np.int64], shares: list[Floats], steps: tuple[int, int]) -> Floats:
    along_x = []
    for i in (0, steps[0]):
        along_y = [
            _mix(_nodes(flat, base + (i + j)), _nodes(flat, base + (i + j + 1)), shares[2]) for j in (0, steps[1])
        ]
        along_x.append(_mix(along_y[0], along_y[1], shares[1]))
    return _mix(along_x[0], along_x[1], shares[0])


def _nodes(flat: Floats, index: NDArray[np.int64]) -> Floats:
    # One take of whole rows and a transposition are far cheaper than a take for each field.
    return np.ascontiguousarray(np.take(flat, index, axis=0).T)


def _mix(low: Floats, high: Floats, share: Floats) -> Floats:
    return low + share * (high - low)


def grid_places(low: tuple[float, float, float], high: tuple[float, float, float], pitch: float) -> Places:
    """Lay a regular grid over a box."""
    axes = [np.arange(a, b + pitch / 2, pitch, dtype=np.float32) for a, b in zip(low, high, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return Places(x, y, z)


def band_noise(shape: tuple[int, ...], wavelength: float, rng: np.random.Generator, *, spread: float = 0.3) -> Floats:
    """Make noise whose hills lie about ``wavelength`` nodes apart: mean 0, variance 1."""
    full = tuple(fft.next_fast_len(n, real=True) for n in shape)
    axes = [np.fft.fftfreq(n).astype(np.float32) for n in full[:-1]] + [np.fft.rfftfreq(full[-1]).astype(np.float32)]
    squares: Floats = np.zeros((1,) * len(full), dtype=np.float32)
    for n, axis in enumerate(axes):
        squares = squares + (axis * axis).reshape([-1 if n == m else 1 for m in range(len(full))])
    ring = np.exp(-0.5 * ((np.sqrt(squares) * wavelength - 1.0) / spread) ** 2)
    ring.flat[0] = 0.0
    noise = fft.irfftn(fft.rfftn(rng.standard_normal(full, dtype=np.float32)) * ring, s=full)
    noise = noise[tuple(slice(n) for n in shape)]
    unit: Floats = ((noise - noise.mean()) / noise.std()).astype(np.float32)
    return unit


class Grain:
    """Fine texture: a periodic block of noise, read at the nearest node. Cheap, for tissue that is never quite even."""

    _SIDE = 64

    def __init__(self, rng: np.random.Generator, *, wavelength: float = 4.0) -> None:
        self._block = band_noise((self._SIDE,) * 3, wavelength, rng, spread=0.5)

    def at(self, places: Places, *, pitch: float = 1.0) -> Floats:
        """Read the texture; a larger pitch makes it coarser."""
        mask = self._SIDE - 1
        i, j, k = (np.floor(axis / pitch).astype(np.int32) & mask for axis in (places.x, places.y, places.z))
        texture: Floats = self._block[i, j, k]
        return texture
