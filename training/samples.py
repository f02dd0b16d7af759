"""Which samples a run sees, and in which order: decided by the seed alone, so a resumed run sees the same.

``Plan`` is the sampler: epoch ``e`` of a run always yields the same pairs of slice and seed. ``Slices``
turns a pair into an augmented sample; ``WholeSlices`` gives the slices as they are, for validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from training.augment import Augmentation, change_head, change_intensities, grown, mask_out, move, transplant
from training.packed import BRAIN, LESION, VENTRICLE, Pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.augment import Draw, Sample

THIN_MM = 2.0
"""Thinner slices can be averaged into thicker ones."""
BITS = (BRAIN, VENTRICLE, LESION)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What a network is given and what it is to answer."""

    image: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor
    """``[3]``: how much each output counts here; 0 where it is not labelled."""


class Plan(Sampler[tuple[int, int]]):
    """Draws slices by their chance; the same for the same seed, epoch and device."""

    def __init__(self, chances: np.ndarray, per_epoch: int, seed: int, *, rank: int = 0, devices: int = 1) -> None:
        self.chances = chances / chances.sum()
        self.per_epoch, self.seed, self.rank, self.devices = per_epoch, seed, rank, devices
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take note of the epoch: the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.per_epoch // self.devices

    def __iter__(self) -> Iterator[tuple[int, int]]:
        draw = np.random.default_rng((self.seed, self.epoch))
        chosen = draw.choice(len(self.chances), size=self.per_epoch, p=self.chances)
        seeds = draw.integers(0, 2**62, size=self.per_epoch)
        own = slice(self.rank, len(self) * self.devices, self.devices)
        return iter(zip(chosen[own].tolist(), seeds[own].tolist(), strict=True))


class Slices(Dataset[Example]):
    """Augmented samples of a pack."""

    def __init__(
        self, pack: Pack, allowed: np.ndarray, how: Augmentation, size: tuple[int, int], *, heads: bool
    ) -> None:
        self.pack, self.how, self.size, self.heads = pack, how, size, heads
        with_lesion = (pack.labels & LESION).any(axis=(1, 2))
        self.donors = np.flatnonzero(allowed & with_lesion)

    def __getitem__(self, wanted: tuple[int, int]) -> Example:
        index, seed = wanted
        draw = np.random.default_rng(seed)
        sample = self._drawn(index, draw)
        if len(self.donors) and draw.random() < self.how.transplant:
            donor = self._drawn(int(self.donors[draw.integers(len(self.donors))]), draw)
            sample = transplant(sample, donor, draw)
        sample = move(sample, self.size, self.how, draw)
        sample = (change_head if self.heads else mask_out)(sample, self.how, draw)
        image = change_intensities(sample[0], self.how, draw)
        return Example(image, sample[1], output_weights(self.pack, index))

    def _drawn(self, index: int, draw: Draw) -> Sample:
        scan = self.pack.scan_of[index]
        thin = self.pack.slice_mm[scan] < THIN_MM and draw.random() < self.how.thick
        return sample_of(self.pack, index, half_slab=int(draw.integers(1, 3)) if thin else 0)


class WholeSlices(Dataset[Example]):
    """Slices as they are, masked as in the clinic."""

    def __init__(self, pack: Pack, indices: np.ndarray, margin_px: int | None) -> None:
        self.pack, self.indices, self.margin = pack, indices, margin_px

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, position: int) -> Example:
        index = int(self.indices[position])
        image, truth = sample_of(self.pack, index)
        if self.margin is not None:
            image = image * grown(truth[0], self.margin)
        return Example(image, truth, output_weights(self.pack, index))


def sample_of(pack: Pack, index: int, *, half_slab: int = 0) -> Sample:
    """Return a slice with its neighbours as channels; a slab's truth is what most of its slices say."""
    scan = int(pack.scan_of[index])
    first, last = pack.first_and_last(scan)
    centres = np.clip(index + np.array([-1, 0, 1]) * int(pack.steps[scan]), first, last - 1)
    slabs = [np.arange(max(c - half_slab, first), min(c + half_slab + 1, last)) for c in centres]
    image = np.stack([pack.images[slab].mean(axis=0, dtype=np.float32) for slab in slabs]) / np.float32(255)
    labels = pack.labels[slabs[1]]
    truth = np.stack([((labels & bit) > 0).mean(axis=0, dtype=np.float32) > 0.5 for bit in BITS])
    return torch.from_numpy(image), torch.from_numpy(truth.astype(np.float32))


def output_weights(pack: Pack, index: int) -> torch.Tensor:
    """Return how much each output counts in this slice."""
    known = int(pack.known[pack.scan_of[index]])
    return torch.tensor([float((known & bit) > 0) for bit in BITS]) * float(pack.weights[index])


def collate(examples: list[Example]) -> Example:
    """Stack examples into a batch."""
    return Example(
        torch.stack([example.image for example in examples]),
        torch.stack([example.truth for example in examples]),
        torch.stack([example.weight for example in examples]),
    )


def chances(pack: Pack, patients: frozenset[str], shares: dict[str, float], lesion_share: float) -> np.ndarray:
    """Say how often each slice is drawn: a fixed share a data set and, within it, a fixed share with lesions."""
    chance = np.zeros(len(pack.images))
    usable = np.isin(pack.patients[pack.scan_of], sorted(patients)) & (pack.weights > 0)
    with_lesion = (pack.labels & LESION).any(axis=(1, 2))
    for dataset, share in shares.items():
        here = usable & np.char.startswith(pack.patients, f"{dataset}/")[pack.scan_of]
        parts = [(here & with_lesion, lesion_share), (here & ~with_lesion, 1 - lesion_share)]
        parts = [(part, weight) for part, weight in parts if part.any()]
        for part, weight in parts:
            chance[part] = share * weight / sum(other for _, other in parts) / part.sum()
    return chance
