"""Lesion-free slices made unlike themselves, in ways whose right answer is known.

Coarse noise (Kascenas et al. 2022) teaches a network to restore; lesions drawn by chance and pieces of
other slices teach it to point. No mark of any reader is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Spoiler = Callable[["Floats", "Floats", np.random.Generator], tuple["Floats", "Floats"]]
    """(slice, other slice, draw) → (spoilt slice, where: 0 … 1)."""

NOISE_CELL_PX = 12
NOISE_STRENGTH = 0.2
"""In units of the network's input, where one robust standard deviation is 0.1."""
MOST_LESIONS = 8
BRIGHTER = (0.08, 0.45)
DARKER_SHARE = 0.1
PATCH_SHARE = 0.2
"""How often a piece of another slice is pasted instead of a lesion."""


def untouched(image: Floats, _other: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Leave a slice as it is."""
    return image, np.zeros_like(image)


def coarse_noise(image: Floats, _other: Floats, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Add noise with a grain of several millimetres, inside the brain."""
    cells = [side // NOISE_CELL_PX + 2 for side in image.shape]
    grain = draw.normal(size=cells).astype(np.float32)
    smooth = ndimage.zoom(grain, NOISE_CELL_PX, order=1)
    top, left = draw.integers(0, NOISE_CELL_PX, size=2)
    noise = smooth[top : top + image.shape[0], left : left + image.shape[1]]
    return np.clip(image + NOISE_STRENGTH * noise * (image > 0), 0.0, 1.0), np.zeros_like(image)


def drawn_lesions(image: Floats, other: Floats, draw: np.random.Generator) -> tuple[Floats, Floats]:
    """Add a few lesions of any shape and size, mostly bright, now and then a foreign piece."""
    where = np.zeros_like(image)
    spoilt = image
    for _ in range(draw.integers(0, MOST_LESIONS)):
        shape = blob(image > 0, draw)
        spoilt = foreign(spoilt, other, shape, draw) if draw.random() < PATCH_SHARE else changed(spoilt, shape, draw)
        where = np.maximum(where, shape)
    seen = np.abs(ndimage.gaussian_filter(spoilt - image, 1.0)) > 0.02
    return spoilt, ((where > 0.5) & seen & (image > 0)).astype(np.float32)


def blob(brain: NDArray[np.bool_], draw: np.random.Generator) -> Floats:
    """Draw one soft-edged shape somewhere in the brain: 1 inside, 0 outside."""
    places = np.flatnonzero(brain)
    if not len(places):
        return np.zeros(brain.shape, dtype=np.float32)
    row, column = np.unravel_index(places[draw.integers(len(places))], brain.shape)
    radius = float(np.exp(draw.uniform(np.log(1.2), np.log(6.0 if draw.random() < 0.85 else 24.0))))
    reach = int(3 * radius + 4)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    angle, longer = draw.uniform(0, np.pi), draw.uniform(1.0, 2.5)
    along = (rows * np.cos(angle) + columns * np.sin(angle)) / longer
    across = -rows * np.sin(angle) + columns * np.cos(angle)
    uneven = ndimage.gaussian_filter(draw.normal(size=rows.shape), max(radius / 2, 0.7)).astype(np.float32)
    distance = np.hypot(along, across) / radius + 0.35 * uneven / max(float(uneven.std()), 1e-6)
    soft = np.clip((1.0 - distance) * radius / draw.uniform(0.8, 2.0) + 0.5, 0.0, 1.0)
    return placed(soft, (int(row) - reach, int(column) - reach), brain.shape)


def placed(piece: Floats, corner: tuple[int, int], shape: tuple[int, ...]) -> Floats:
    """Lay a piece onto an empty slice, cut off at its borders."""
    sheet = np.zeros(shape, dtype=np.float32)
    first = [max(start, 0) for start in corner]
    last = [min(start + side, limit) for start, side, limit in zip(corner, piece.shape, shape, strict=True)]
    rows, columns = (slice(a, b) for a, b in zip(first, last, strict=True))
    from_rows, from_columns = (slice(a - c, b - c) for a, b, c in zip(first, last, corner, strict=True))
    sheet[rows, columns] = piece[from_rows, from_columns]
    return sheet


def changed(image: Floats, shape: Floats, draw: np.random.Generator) -> Floats:
    """Make the tissue inside a shape brighter, seldom darker, with a little texture of its own."""
    change = draw.uniform(*BRIGHTER) * (-1.0 if draw.random() < DARKER_SHARE else 1.0)
    texture = 1.0 + 0.15 * ndimage.gaussian_filter(draw.normal(size=image.shape), 1.0).astype(np.float32)
    return np.clip(image + change * shape * texture * (image > 0), 0.0, 1.0).astype(np.float32)


def foreign(image: Floats, other: Floats, shape: Floats, draw: np.random.Generator) -> Floats:
    """Blend a piece of another slice in."""
    share = draw.uniform(0.5, 1.0) * shape * ((image > 0) & (other > 0))
    return (image * (1 - share) + other * share).astype(np.float32)
