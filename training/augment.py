"""One training sample changed at random, so that a network meets scanners that it was never shown.

Everything is drawn from one generator in a fixed order: the same seed gives the same sample, which is
what makes a resumed run equal to one that was never interrupted. A sample is ``[channels, rows, columns]``
in the network input's units (0 … 1; 0 outside the brain), its truth the planes of ``OUTPUTS``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch.nn import functional as nn

Draw: TypeAlias = np.random.Generator


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often, and how far, each property of a scan is changed."""

    rotate_deg: float = 15.0
    scale: float = 0.15
    shear: float = 0.08
    shift_px: float = 10.0
    mirror: float = 0.5
    gain: float = 0.2
    offset: float = 0.06
    gamma: float = 0.3
    slice_gain: float = 0.05
    bias: float = 0.25
    remap: float = 0.3
    blur: float = 0.25
    coarsen: float = 0.2
    noise: float = 0.3
    ghost: float = 0.15
    transplant: float = 0.25
    thick: float = 0.5
    whole_head: float = 0.1
    lone_slice: float = 0.05
    """Share of samples whose neighbours are replaced by the slice itself."""
    mask_jitter_px: int = 4
    scalp: float = 0.0
    """Share of samples whose brightness outside the brain is changed (brain network)."""
    strip: float = 0.0
    """Share of samples whose skull is removed (brain network)."""


Sample: TypeAlias = tuple[torch.Tensor, torch.Tensor]
"""Image ``[channels, rows, columns]`` and truth ``[3, rows, columns]``."""


def move(sample: Sample, size: tuple[int, int], how: Augmentation, draw: Draw) -> Sample:
    """Rotate, scale, shear, shift, mirror and crop, in one interpolation."""
    image, truth = sample
    grid = nn.affine_grid(affine(image.shape[-2:], size, how, draw), [1, 1, *size], align_corners=False)
    both = nn.grid_sample(torch.cat([image, truth])[None], grid, mode="bilinear", align_corners=False)[0]
    return both[: len(image)], (both[len(image) :] > 0.5).float()


def affine(shape: torch.Size, size: tuple[int, int], how: Augmentation, draw: Draw) -> torch.Tensor:
    """Draw a turn, a zoom, a shear, a mirroring and a shift, as ``grid_sample`` counts them."""
    angle = math.radians(draw.uniform(-how.rotate_deg, how.rotate_deg))
    zoom = math.exp(draw.uniform(-how.scale, how.scale))
    shear = draw.uniform(-how.shear, how.shear)
    mirror = -1.0 if draw.random() < how.mirror else 1.0
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = turn @ np.array([[zoom * mirror, shear], [0.0, zoom]])
    spare = np.maximum(np.array([shape[1] - size[1], shape[0] - size[0]]) / 2, 0.0)
    shift = draw.uniform(-1, 1, 2) * (spare * 0.7 + how.shift_px)
    to_pixels = np.diag([size[1] / shape[1], size[0] / shape[0]])
    # grid_sample counts in half sizes of the source; the linear part acts on pixels, which may not be square there.
    aspect = np.diag([1.0 / shape[1], 1.0 / shape[0]])
    matrix = aspect @ linear @ np.linalg.inv(aspect) @ to_pixels
    return torch.tensor(np.column_stack([matrix, 2 * aspect @ shift]), dtype=torch.float32)[None]


def transplant(sample: Sample, donor: Sample, draw: Draw) -> Sample:
    """Give the sample the lesions of another scan, where both have brain and neither a ventricle."""
    (image, truth), (other, theirs) = sample, donor
    fits = theirs[2] * truth[0] * (1 - truth[1])
    if fits.sum() < 4:
        return sample
    blend = _smooth(grown(fits, int(draw.integers(1, 4))), 1.0) * truth[0]
    mixed = image + (other - image) * blend
    lesion = torch.maximum(truth[2], fits)
    return mixed, torch.stack([truth[0], truth[1] * (1 - fits), lesion])


def mask_out(sample: Sample, how: Augmentation, draw: Draw) -> Sample:
    """Cut the head away around the brain, at times too widely or too tightly, at times not at all."""
    image, truth = sample
    if draw.random() < how.whole_head:
        return sample
    margin = int(draw.integers(-1, how.mask_jitter_px + 1))
    kept = grown(truth[0], margin) if margin >= 0 else 1 - grown(1 - truth[0], -margin)
    return image * torch.maximum(kept, truth[2]), truth


def change_head(sample: Sample, how: Augmentation, draw: Draw) -> Sample:
    """Make the scalp brighter or darker, or remove the skull: for the brain network."""
    image, truth = sample
    chance = draw.random()
    if chance < how.strip:
        return image * grown(truth[0], int(draw.integers(0, 2))), truth
    if chance < how.strip + how.scalp:
        outside = _smooth(1 - truth[0], 1.0)
        return image * (1 + outside * (draw.uniform(0.1, 2.0) - 1)), truth
    return sample


def change_intensities(image: torch.Tensor, how: Augmentation, draw: Draw) -> torch.Tensor:
    """Change everything that differs between scanners but not between tissues; 0 stays 0."""
    inside = (image > 0).float()
    if draw.random() < how.remap:
        image = _remapped(image, draw)
    if draw.random() < how.bias:
        image = image * _bias_field(image.shape[-2:], draw)
    image = image.clamp(min=0) ** math.exp(draw.uniform(-how.gamma, how.gamma))
    middle = 0.4
    image = (image - middle) * math.exp(draw.uniform(-how.gain, how.gain)) + middle
    image = image + draw.uniform(-how.offset, how.offset)
    image = image * torch.tensor(draw.uniform(1 - how.slice_gain, 1 + how.slice_gain, (len(image), 1, 1))).float()
    image = _degraded(image, how, draw)
    return image.clamp(0, 1) * inside


def _degraded(image: torch.Tensor, how: Augmentation, draw: Draw) -> torch.Tensor:
    if draw.random() < how.ghost:
        axis, distance = int(draw.integers(1, 3)), int(draw.integers(8, 60))
        image = image + draw.uniform(0.02, 0.12) * torch.roll(image, distance, dims=axis)
    if draw.random() < how.blur:
        image = _smooth(image, draw.uniform(0.3, 1.0))
    if draw.random() < how.coarsen:
        image = _coarsened(image, draw.uniform(0.5, 0.9))
    if draw.random() < how.noise:
        noise = draw.standard_normal(image.shape, dtype=np.float32)
        image = image + draw.uniform(0.005, 0.05) * torch.from_numpy(noise)
    if draw.random() < how.lone_slice:
        image = image[len(image) // 2].expand_as(image).clone()
    return image


def _remapped(image: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Pass brightness through a random rising curve."""
    steps = np.exp(draw.uniform(-0.5, 0.5, 8))
    curve = np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])
    values = np.interp(image.numpy(), np.linspace(0, 1, len(curve)), curve)
    return torch.from_numpy(values.astype(np.float32))


def _bias_field(shape: torch.Size, draw: Draw) -> torch.Tensor:
    coarse = torch.from_numpy(draw.uniform(-0.35, 0.35, (1, 1, 3, 3)).astype(np.float32))
    return nn.interpolate(coarse, size=tuple(shape), mode="bicubic", align_corners=True)[0].exp()


def _coarsened(image: torch.Tensor, factor: float) -> torch.Tensor:
    small = nn.interpolate(image[None], scale_factor=factor, mode="bilinear", align_corners=False, antialias=True)
    return nn.interpolate(small, size=image.shape[-2:], mode="bilinear", align_corners=False)[0]


def _smooth(planes: torch.Tensor, sigma: float) -> torch.Tensor:
    reach = max(1, math.ceil(2.5 * sigma))
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    line = (line / line.sum()).float()
    flat = planes.reshape(-1, 1, *planes.shape[-2:])
    flat = nn.conv2d(flat, line[None, None, :, None], padding=(reach, 0))
    return nn.conv2d(flat, line[None, None, None, :], padding=(0, reach)).reshape(planes.shape)


def grown(plane: torch.Tensor, pixels: int) -> torch.Tensor:
    """Widen a mask by whole pixels."""
    if pixels <= 0:
        return plane
    return nn.max_pool2d(plane[None, None], 2 * pixels + 1, stride=1, padding=pixels)[0, 0]
