"""Losses over independent outputs (brain, ventricle, lesion), where an output without a label costs nothing.

Each takes logits and truth ``[n, outputs, rows, columns]`` and weights ``[n, outputs]``. Overlap is
counted over the whole batch: a slice without lesions then says "none here" without a 0/0 of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional as nn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPSILON = 1.0


def dice_bce(logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Dice and binary cross-entropy in equal parts, one value an output."""
    entropy = nn.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (1 - _overlap(logits, truth, weights, 0.5)) + _mean(entropy, weights) * 4


def unified_focal(
    logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor, *, delta: float = 0.6, gamma: float = 0.5
) -> torch.Tensor:
    """Yeung et al. 2022: focal cross-entropy and focal Tversky under one pair of parameters."""
    entropy = nn.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    hit = torch.exp(-entropy)
    balance = torch.where(truth > 0.5, delta, 1 - delta)
    easy = torch.where(truth > 0.5, torch.ones_like(hit), (1 - hit) ** gamma)
    tversky = 1 - _overlap(logits, truth, weights, delta)
    focal_tversky = tversky.clamp(min=1e-6) ** (1 - gamma)
    return 0.5 * focal_tversky + 0.5 * _mean(balance * easy * entropy, weights)


LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "dice_bce": dice_bce,
    "unified_focal": unified_focal,
}


def total(per_output: torch.Tensor, weights: torch.Tensor, shares: Sequence[float]) -> torch.Tensor:
    """Sum the outputs that have a label in this batch, by their shares."""
    share = torch.tensor(shares, device=per_output.device) * (weights.sum(dim=0) > 0)
    return (per_output * share).sum() / share.sum().clamp(min=1e-6)


def _overlap(logits: torch.Tensor, truth: torch.Tensor, weights: torch.Tensor, delta: float) -> torch.Tensor:
    """Tversky index an output; ``delta`` 0.5 makes it Dice, more of it punishes misses."""
    answer, counts = torch.sigmoid(logits), weights[:, :, None, None]
    both = (answer * truth * counts).sum(dim=(0, 2, 3))
    missed = ((1 - answer) * truth * counts).sum(dim=(0, 2, 3))
    false = (answer * (1 - truth) * counts).sum(dim=(0, 2, 3))
    return (both + EPSILON) / (both + delta * missed + (1 - delta) * false + EPSILON)


def _mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    counts = weights[:, :, None, None].expand_as(values)
    return (values * counts).sum(dim=(0, 2, 3)) / counts.sum(dim=(0, 2, 3)).clamp(min=1e-6)
