"""Lesion-free slices as training samples: each drawn, moved and spoilt by its own number and the run's seed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch.utils.data import Dataset

from appliance.errors import Misuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.anomaly.material import Material
    from training.anomaly.spoil import Spoiler


class Sample(NamedTuple):
    """One training sample, ``[1, rows, columns]`` each."""

    clean: torch.Tensor
    given: torch.Tensor
    """What the network is shown: the clean slice, or the spoilt one."""
    where: torch.Tensor
    """1 where it was spoilt on purpose."""
    brain: torch.Tensor


class LesionFree(Dataset[Sample]):
    """Samples of lesion-free slices; data sets count alike, however many slices each has."""

    def __init__(
        self,
        material: Material,
        indices: NDArray[np.intp],
        spoiler: Spoiler,
        *,
        count: int,
        seed: int,
        crop: int | None,
    ) -> None:
        if not len(indices):
            raise Misuse("There is no lesion-free slice to learn from.", advice="Use more patients in the split.")
        self.material, self.indices, self.spoiler = material, indices, spoiler
        self.count, self.seed, self.crop = count, seed, crop
        datasets = np.array([name.split("/")[0].removesuffix("_unlabelled") for name in material.patients])
        of_slice = datasets[material.scan_of[indices]]
        chance = sum((of_slice == name) / max((of_slice == name).sum(), 1) for name in np.unique(of_slice))
        self.chance = chance / chance.sum()

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Sample:
        draw = np.random.default_rng((self.seed, number))
        clean, other = self._drawn(draw), self._drawn(draw)
        given, where = self.spoiler(clean, other, draw)
        parts = (clean, given, where, (clean > 0).astype(np.float32))
        return Sample(*(torch.from_numpy(np.ascontiguousarray(part))[None] for part in parts))

    def _drawn(self, draw: np.random.Generator) -> NDArray[np.float32]:
        image = self.material.images[draw.choice(self.indices, p=self.chance)].astype(np.float32) / np.float32(255)
        image = image[:, ::-1] if draw.random() < 0.5 else image
        image = np.roll(image, draw.integers(-6, 7, size=2), axis=(0, 1))
        return relit(halved(image) if self.crop is None else self._cropped(image, draw), draw)

    def _cropped(self, image: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
        top, left = (int(draw.integers(0, side - self.crop + 1)) for side in image.shape)
        return image[top : top + self.crop, left : left + self.crop]


def relit(image: NDArray[np.float32], draw: np.random.Generator) -> NDArray[np.float32]:
    """Change contrast, brightness, sharpness and noise a little, inside the brain."""
    brain = image > 0
    image = (image ** draw.uniform(0.9, 1.1) * draw.uniform(0.92, 1.08) + draw.uniform(-0.02, 0.02)) * brain
    image = ndimage.gaussian_filter(image, draw.uniform(0.0, 0.8), truncate=3.0) * brain
    noise = draw.standard_normal(image.shape, dtype=np.float32)
    return np.clip(image + np.float32(0.02 * draw.random()) * noise * brain, 0.0, 1.0).astype(np.float32)


def halved(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average two by two."""
    rows, columns = images.shape[-2:]
    blocks = images.reshape(*images.shape[:-2], rows // 2, 2, columns // 2, 2)
    return blocks.mean(axis=(-3, -1), dtype=np.float32)
