"""How an operation's relevance is shared among its inputs, so that none is lost on the way.

The epsilon rule gives input ``i`` the share ``x_i w_ij / (z_j + ε)`` of output ``j``'s relevance. What the bias
and ε would swallow is given to the same inputs in proportion to ``|x_i w_ij|`` (the toolbox of Lapuschkin et
al. 2016 spreads it evenly; in proportion, an input that is zero stays without relevance). The shares of every
output then sum to one, and relevance is conserved through any number of layers.

Each rule here returns the backward half alone: a function from an output's relevance to the inputs'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from training.explain.linear import LinearMap, PerChannel

    Share = Callable[[Tensor], tuple[Tensor, ...]]

EPSILON = 0.1
"""Of the root mean square of an operation's output: damps outputs that cancelled out to almost nothing."""
FLOOR = 1e-3
"""Of the root mean square of a signal: the weight of an input that is exactly zero, when all of them are."""
TINY = 1e-12
OUTSIDE = -1e30
"""Stands in a pooling window where it reaches beyond the image: never the winner."""


def spread(signal: Tensor) -> Tensor:
    """Give the root mean square of each sample: the scale that ε and the floor are measured in."""
    axes = tuple(range(1, signal.dim()))
    return signal.square().mean(dim=axes, keepdim=True).sqrt() + TINY


def stabilised(output: Tensor) -> Tensor:
    """Move an output away from zero by ε, in its own direction."""
    epsilon = EPSILON * spread(output)
    return output + torch.where(output >= 0, epsilon, -epsilon)


def weight_of(signal: Tensor) -> Tensor:
    """Say how much of what bias and ε leave over each input may claim."""
    return signal.abs() + FLOOR * spread(signal)


def share_affine(linear: LinearMap, signal: Tensor, made: Tensor, output: Tensor, scale: Tensor | float = 1.0) -> Share:
    """Share for ``output = scale · linear(signal) + anything``, where ``made`` is ``linear(signal)``."""

    def share(relevance: Tensor) -> tuple[Tensor, ...]:
        total = stabilised(output)
        part = relevance / total
        weight, bare = weight_of(signal), linear.magnitude()
        left_over = (total - scale * made) * part / (bare.apply(weight) + TINY)
        return (signal * linear.transpose(scale * part) + weight * bare.transpose(left_over),)

    return share


def share_sum(signals: tuple[Tensor, ...], output: Tensor) -> Share:
    """Share for ``output = Σ signals + anything``, all of one shape."""

    def share(relevance: Tensor) -> tuple[Tensor, ...]:
        total = stabilised(output)
        part = relevance / total
        weights = [weight_of(signal) for signal in signals]
        left_over = (total - sum(signals)) * part / sum(weights)
        return tuple(signal * part + weight * left_over for signal, weight in zip(signals, weights, strict=True))

    return share


def share_winner(gather: PerChannel, signal: Tensor) -> Share:
    """Share for max pooling: the winner of each window takes all, several equal winners in equal parts."""

    def share(relevance: Tensor) -> tuple[Tensor, ...]:
        places = gather.inner.weight.shape[0]
        laid_out = split_places(gather.apply(signal), places)
        if gather.inner.padding != (0, 0):
            inside = split_places(gather.apply(torch.ones_like(signal[:1, :1])), places)
            laid_out = torch.where(inside > 0, laid_out, OUTSIDE)
        winners = torch.where(laid_out >= laid_out.amax(dim=2, keepdim=True), 1.0, 0.0)
        won = winners / winners.sum(dim=2, keepdim=True) * relevance.unsqueeze(2)
        return (gather.transpose(won.flatten(1, 2)),)

    return share


def split_places(stacked: Tensor, places: int) -> Tensor:
    """Give the places of a pooling window an axis of their own, after the channels."""
    return stacked.reshape(stacked.shape[0], -1, places, *stacked.shape[2:])
