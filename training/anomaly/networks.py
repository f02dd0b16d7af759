"""The networks that learn what a lesion-free slice looks like; all small enough for two processor cores."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTHS = (16, 32, 48, 64)
LATENT = 12
"""Channels of the bottleneck, on a grid sixteen times coarser than the image."""
FLATTENED = 8.0
"""The sum of two odds is divided by this: a map that is nearly always 0 or 1 would leave no threshold to choose."""
NOISE = 64
"""Numbers that the generator makes a slice of."""


def shrinking(inputs: int, widths: Sequence[int], *, normed: bool = True) -> nn.Sequential:
    """Halve the image once for each width."""
    layers: list[nn.Module] = []
    for before, after in zip([inputs, *widths], widths, strict=False):
        norm = [nn.BatchNorm2d(after)] if normed else []
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), *norm, nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers)


def growing(widths: Sequence[int]) -> nn.Sequential:
    """Double the image once for each width, and answer between 0 and 1."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(widths[-1], 1, 4, stride=2, padding=1), nn.Sigmoid())


class Autoencoder(nn.Module):
    """Through a bottleneck and back."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Sequential(shrinking(1, WIDTHS), nn.Conv2d(WIDTHS[-1], LATENT, 1))
        self.widen = nn.Sequential(nn.Conv2d(LATENT, WIDTHS[-1], 1), growing(WIDTHS[::-1]))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the slice as the bottleneck remembers it."""
        return self.widen(self.narrow(image))


class VariationalAutoencoder(nn.Module):
    """Through a bottleneck of normal distributions and back."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow = nn.Sequential(shrinking(1, WIDTHS), nn.Conv2d(WIDTHS[-1], 2 * LATENT, 1))
        self.widen = nn.Sequential(nn.Conv2d(LATENT, WIDTHS[-1], 1), growing(WIDTHS[::-1]))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the most likely slice."""
        return self.widen(self.narrow(image).chunk(2, dim=1)[0])

    def sampled(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return a drawn slice, and the mean and the logarithm of the variance that it was drawn from."""
        mean, log_variance = self.narrow(image).chunk(2, dim=1)
        log_variance = log_variance.clamp(-8.0, 4.0)
        drawn = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.widen(drawn), mean, log_variance


class Adversaries(nn.Module):
    """f-AnoGAN (Schlegl et al. 2019): a generator, its critic, and an encoder that inverts the generator."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.grid = (WIDTHS[-1], size[0] // 16, size[1] // 16)
        cells = self.grid[0] * self.grid[1] * self.grid[2]
        self.seed = nn.Sequential(nn.Linear(NOISE, cells), nn.LeakyReLU(0.1))
        self.generator = growing(WIDTHS[::-1])
        self.features = shrinking(1, WIDTHS, normed=False)
        self.judge = nn.Linear(cells, 1)
        self.encoder = nn.Sequential(shrinking(1, WIDTHS), nn.Flatten(), nn.Linear(cells, NOISE), nn.Tanh())

    def made(self, numbers: torch.Tensor) -> torch.Tensor:
        """Make slices of numbers between −1 and 1."""
        return self.generator(self.seed(numbers).reshape(-1, *self.grid))

    def judged(self, images: torch.Tensor) -> torch.Tensor:
        """Say how real slices look."""
        return self.judge(self.features(images).flatten(1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the nearest slice that the generator can make."""
        return self.made(self.encoder(image))


class PointingMap(nn.Module):
    """The anomaly map of a network that points: what the clinic runs, as one graph of standard operations.

    A slice and its mirror image are both asked; the odds are flattened so that they keep their order.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return a map between 0 and 1."""
        odds = self.network(image) + self.network(image.flip(-1)).flip(-1)
        return torch.sigmoid(odds / FLATTENED)
