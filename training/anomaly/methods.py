"""Every way of making an anomaly map, by its name.

A map is 0 where a slice looks as expected and at most 1; only its order matters. Lesions are bright on FLAIR, so
methods that compare a slice with what they expected count only what is brighter than expected. All maps are
smoothed by the same millimetre; the plain threshold is measured without and with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from appliance.measure.expectation import smooth
from training.anomaly.expectation import expect
from training.anomaly.learning import Contending, Learner, Pointing, Remembering, RememberingByChance
from training.anomaly.networks import Adversaries, Autoencoder, PointingMap, VariationalAutoencoder
from training.anomaly.samples import halved
from training.anomaly.spoil import coarse_noise, drawn_lesions, untouched
from training.networks.teacher import ResidualUNet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import nn

    from training.anomaly.material import Material
    from training.anomaly.spoil import Floats, Spoiler

    Maps = Callable[[Floats], Floats]
    """Slices ``[n, rows, columns]``, 0 … 1 and 0 outside the brain → maps of the same shape."""

STRETCH = 2.0
"""Half the range of the input is anomaly enough for the top of the map."""
BATCH = 8
WIDTHS = (8, 16, 32, 48)
AROUND_PX = 20.0


@dataclass(frozen=True, slots=True)
class Plain:
    """A method that learns nothing."""

    name: str
    maps: Maps


@dataclass(frozen=True, slots=True)
class Fitted:
    """A method that learns from lesion-free slices by counting, in seconds and without a network."""

    name: str
    fit: Callable[[Material, NDArray[np.intp]], Maps]


@dataclass(frozen=True, slots=True)
class Taught:
    """A method that learns from lesion-free slices."""

    name: str
    spoiler: Spoiler
    learner: Callable[[int, tuple[int, int]], Learner | Contending]
    """(steps, size of a slice) → what is to be trained."""
    maps: Callable[[nn.Module], Maps]
    crop: int | None
    """Pixels of a square piece; ``None`` teaches whole slices at half the resolution."""
    batch: int = BATCH
    share: float = 1.0
    """Of the budget's steps."""


def brightness(images: Floats) -> Floats:
    """Take the slice itself: the plain FLAIR intensity threshold."""
    return images


def smooth_brightness(images: Floats) -> Floats:
    """Take the smoothed slice."""
    return smooth(images)


def asymmetry(images: Floats) -> Floats:
    """Say how much brighter a place is than its mirror image."""
    even = ndimage.gaussian_filter(images, (0.0, 2.0, 2.0))
    return np.clip(smooth(images) - np.maximum(even[..., ::-1], 0.0), 0.0, 1.0)


def contrast(images: Floats) -> Floats:
    """Say how much brighter a place is than the brain around it."""
    reach = (0.0, AROUND_PX, AROUND_PX)
    share = ndimage.gaussian_filter((images > 0).astype(np.float32), reach)
    around = ndimage.gaussian_filter(images, reach) / np.maximum(share, 1e-3)
    return np.clip(smooth(images) - around, 0.0, 1.0)


def answers(network: nn.Module, images: Floats) -> Floats:
    """Run a network of one channel over slices."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [network(part.to(device)).cpu() for part in torch.from_numpy(images)[:, None].split(BATCH)]
    return torch.cat(parts)[:, 0].numpy()


def unremembered(network: nn.Module) -> Maps:
    """Compare slices with what a network remembers of them at half the resolution."""

    def maps(images: Floats) -> Floats:
        coarse = torch.from_numpy(answers(network, halved(images)))[:, None]
        expected = functional.interpolate(coarse, scale_factor=2, mode="bilinear")[:, 0].numpy()
        return brighter_than(images, expected)

    return maps


def unrestored(network: nn.Module) -> Maps:
    """Compare slices with what a network would restore of them."""
    return lambda images: brighter_than(images, answers(network, images))


def pointed_at(network: nn.Module) -> Maps:
    """Ask a network, and ask it again for the mirror image."""
    return lambda images: answers(PointingMap(network), images)


def brighter_than(images: Floats, expected: Floats) -> Floats:
    """Keep what is brighter than expected, inside the brain."""
    return np.clip(STRETCH * smooth((images - expected) * (images > 0)), 0.0, 1.0)


def unet() -> nn.Module:
    """Make the small network that restores or points."""
    return ResidualUNet(1, 1, WIDTHS, 0.0)


EXPECTED = "brightness for its place"
METHODS: tuple[Plain | Fitted | Taught, ...] = (
    Plain("threshold", brightness),
    Plain("threshold, smoothed", smooth_brightness),
    Plain("left-right difference", asymmetry),
    Plain("local contrast", contrast),
    Fitted(EXPECTED, lambda material, indices: expect(material, indices).maps),
    Taught("autoencoder", untouched, lambda steps, _: Remembering(Autoencoder(), 2e-3, steps), unremembered, crop=None),
    Taught(
        "variational autoencoder",
        untouched,
        lambda steps, _: RememberingByChance(VariationalAutoencoder(), 2e-3, steps),
        unremembered,
        crop=None,
    ),
    Taught(
        "f-AnoGAN",
        untouched,
        lambda steps, size: Contending(Adversaries((size[0] // 2, size[1] // 2)), 5e-4, steps),
        unremembered,
        crop=None,
    ),
    Taught(
        "denoising autoencoder",
        coarse_noise,
        lambda steps, _: Remembering(unet(), 3e-3, steps),
        unrestored,
        crop=96,
    ),
    Taught("drawn lesions", drawn_lesions, lambda steps, _: Pointing(unet(), 3e-3, steps), pointed_at, crop=96),
)
THRESHOLDS = ("threshold", "threshold, smoothed")
"""The baselines that an anomaly method must beat."""
