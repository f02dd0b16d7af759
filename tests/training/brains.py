"""Small brains made for the tests: bright blobs in a grey ball, on disk or packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from training.packed import BRAIN, LESION, VENTRICLE, Pack

if TYPE_CHECKING:
    from pathlib import Path

SPACING = (4.0, 4.0, 7.0)


def ball(shape: tuple[int, ...], radius: float, middle: tuple[float, ...] = (0.5, 0.5, 0.5)) -> np.ndarray:
    """Voxels within a share of half the smallest side from a point given in shares of the shape."""
    axes = [np.arange(n) / n - centre for n, centre in zip(shape, middle, strict=True)]
    return sum(axis**2 for axis in np.meshgrid(*axes, indexing="ij")) <= (radius / 2) ** 2


def brain_volume(seed: int, shape: tuple[int, int, int] = (48, 56, 10)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voxels, lesion and ventricle of one made-up skull-stripped scan."""
    draw = np.random.default_rng(seed)
    brain = ball(shape, 0.8)
    ventricle = ball(shape, 0.25)
    across, along = draw.uniform(-0.08, 0.08, 2)
    place = (0.74 + across, 0.5 + along, 0.5)
    lesion = ball(shape, 0.24, place) & brain & ~ventricle
    values = 100.0 * brain - 70.0 * ventricle + 80.0 * lesion + draw.normal(0, 4, shape) * brain
    return np.where(brain, np.maximum(values, 1.0), 0.0).astype(np.float32), lesion, ventricle


def write_patient(folder: Path, seed: int, *, ventricles: bool = True, spacing: tuple[float, ...] = SPACING) -> Path:
    """A folder like those under ``shared/data/brain``."""
    voxels, lesion, ventricle = brain_volume(seed)
    folder.mkdir(parents=True)
    affine = np.diag([*spacing, 1.0])
    save(voxels, affine, folder / "flair.nii.gz")
    save(lesion.astype(np.uint8), affine, folder / "lesion.nii.gz")
    if ventricles:
        save(ventricle.astype(np.uint8), affine, folder / "ventricle.nii.gz")
    return folder


def save(values: np.ndarray, affine: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(values, affine), path)


def small_pack(patients: tuple[str, ...] = ("a/1", "a/2", "b/3"), size: int = 32, slices: int = 6) -> Pack:
    """A pack of tiny scans; those of data set ``b`` are thin and have no ventricle labels."""
    images, labels, scan_of = [], [], []
    for number in range(len(patients)):
        voxels, lesion, ventricle = brain_volume(number, (size, size, slices))
        images.append(np.clip(voxels.transpose(2, 1, 0), 0, 255).astype(np.uint8))
        bits = (voxels > 0) * BRAIN + ventricle * VENTRICLE + lesion * LESION
        labels.append(bits.transpose(2, 1, 0).astype(np.uint8))
        scan_of += [number] * slices
    thin = np.array([name.startswith("b/") for name in patients])
    return Pack(
        images=np.concatenate(images),
        labels=np.concatenate(labels),
        weights=np.ones(len(scan_of), dtype=np.float32),
        scan_of=np.array(scan_of, dtype=np.int32),
        keys=np.array(patients),
        patients=np.array(patients),
        known=np.where(thin, BRAIN | LESION, BRAIN | LESION | VENTRICLE).astype(np.uint8),
        steps=np.where(thin, 2, 1).astype(np.int32),
        slice_mm=np.where(thin, 1.0, 7.0).astype(np.float32),
    )
