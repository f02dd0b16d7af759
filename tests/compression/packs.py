"""Packs of tiny invented brains for the tests."""

from __future__ import annotations

import numpy as np

from training.packed import BRAIN, LESION, VENTRICLE, Pack


def small_pack(patients: tuple[str, ...], size: int = 32, slices: int = 4) -> Pack:
    """Grey squares with a bright and a dark one inside, one scan a patient."""
    draw = np.random.default_rng(2)
    count = len(patients) * slices
    images = np.zeros((count, size, size), dtype=np.uint8)
    labels = np.zeros_like(images)
    inner, dark, bright = slice(4, size - 4), slice(8, 13), slice(18, 23)
    images[:, inner, inner] = 100 + draw.integers(0, 20, (count, size - 8, size - 8))
    images[:, dark, dark], images[:, bright, bright] = 20, 220
    labels[:, inner, inner] = BRAIN
    labels[:, dark, dark] |= VENTRICLE
    labels[:, bright, bright] |= LESION
    return Pack(
        images=images,
        labels=labels,
        weights=np.ones(count, dtype=np.float32),
        scan_of=np.repeat(np.arange(len(patients)), slices).astype(np.int32),
        keys=np.array(patients),
        patients=np.array(patients),
        known=np.full(len(patients), BRAIN | VENTRICLE | LESION, dtype=np.uint8),
        steps=np.ones(len(patients), dtype=np.int32),
        slice_mm=np.full(len(patients), 7.0, dtype=np.float32),
    )
