"""What a scanner and a technician may change in a slice, on whole batches at once.

Contrast randomisation makes a network look at shapes: grey values go through a random curve (now and
then upside down), under a random bias field, blur and noise, and tissue that the labels name may be
lifted or lowered as a whole. Turning, scaling and shifting are drawn anew for every picture; a mirrored
axial slice has its sides swapped.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Motion:
    """The largest change of place."""

    degrees: float = 10.0
    zoom: float = 0.12
    shift: float = 0.06
    """As a share of the picture's side."""
    mirror: float = 0.5
    """The chance of a mirror image."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """The chance or the size of each change of grey values."""

    curve: float = 0.8
    upside_down: float = 0.1
    bias: float = 0.5
    noise: float = 0.15
    blur: float = 0.3
    tissue: float = 0.0
    """How far a labelled tissue may be lifted or lowered, in standard deviations."""


def standardise(images: Tensor) -> Tensor:
    """Mean 0 and spread 1 for every picture."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return (images - mean) / images.std((1, 2, 3), keepdim=True).clamp_min(1e-5)


def randomise_contrast(images: Tensor, how: Contrast, labels: Tensor | None = None) -> Tensor:
    """Change the grey values of ``[batch, 1, row, column]``."""
    if labels is not None and how.tissue > 0:
        images = _lift_tissue(images, labels, how.tissue)
    images = _curved(images, how)
    field = functional.interpolate(torch.randn(len(images), 1, 3, 3), images.shape[2:], mode="bicubic")
    images = images + how.bias * field * torch.rand(len(images), 1, 1, 1)
    blurred = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    images = torch.where(torch.rand(len(images), 1, 1, 1) < how.blur, blurred, images)
    return standardise(images + how.noise * torch.rand(len(images), 1, 1, 1) * torch.randn_like(images))


def _lift_tissue(images: Tensor, labels: Tensor, size: float) -> Tensor:
    """Give every class its own offset in half of the pictures: a bright canal may become a dark one."""
    offsets = size * torch.randn(len(images), int(labels.max()) + 1) * (torch.rand(len(images), 1) < 0.5)
    lifted = offsets.gather(1, labels.flatten(1)).view_as(labels)[:, None]
    return images + functional.avg_pool2d(functional.pad(lifted, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def _curved(images: Tensor, how: Contrast, knots: int = 7) -> Tensor:
    """Send grey values from −3 to 3 through a random rising curve."""
    batch = len(images)
    steps = torch.rand(batch, knots) ** 2 + 0.15
    heights = torch.cat([torch.zeros(batch, 1), steps.cumsum(1)], dim=1)
    heights = 6 * heights / heights[:, -1:] - 3
    place = ((images.clamp(-3, 3) + 3) / 6 * knots).flatten(1)
    low = place.floor().clamp(0, knots - 1).long()
    share = place - low
    curved = (heights.gather(1, low) * (1 - share) + heights.gather(1, low + 1) * share).view_as(images)
    sign = 1 - 2 * (torch.rand(batch, 1, 1, 1) < how.upside_down).float()
    return sign * torch.where(torch.rand(batch, 1, 1, 1) < how.curve, curved, images)


def motion_grid(
    batch: int, shape: tuple[int, int], out: tuple[int, int], how: Motion, may_mirror: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Draw sampling places for ``functional.grid_sample``, and which pictures are mirrored.

    ``may_mirror`` is 0 for a picture whose mirror image shows something else (a sagittal one).
    """
    angle = torch.deg2rad((2 * torch.rand(batch) - 1) * how.degrees)
    scale = torch.exp((2 * torch.rand(batch) - 1) * how.zoom)
    mirrored = torch.rand(batch) < (how.mirror if may_mirror is None else how.mirror * may_mirror.cpu())
    flip = 1 - 2 * mirrored.float()
    shift = (2 * torch.rand(batch, 2) - 1) * how.shift * 2
    rows = torch.linspace(-1, 1, out[0]) * (out[0] - 1) / (shape[0] - 1)
    columns = torch.linspace(-1, 1, out[1]) * (out[1] - 1) / (shape[1] - 1)
    y, x = torch.meshgrid(rows * shape[0], columns * shape[1], indexing="ij")
    cos, sin = (angle.cos() * scale)[:, None, None], (angle.sin() * scale)[:, None, None]
    across = flip[:, None, None] * (cos * x - sin * y) / shape[1] + shift[:, 0, None, None]
    along = (sin * x + cos * y) / shape[0] + shift[:, 1, None, None]
    return torch.stack([across, along], dim=-1), mirrored


def moved(images: Tensor, grid: Tensor, *, labels: bool = False) -> Tensor:
    """Sample pictures, or labels without mixing them."""
    if labels:
        sampled = functional.grid_sample(images[:, None].float(), grid, mode="nearest", align_corners=True)
        return sampled[:, 0].long()
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=True)
