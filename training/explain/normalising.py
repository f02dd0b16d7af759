"""Rules for normalisations: their statistics are constants, and they are folded into the linear map before them.

Alone, a normalisation works on each value by itself and would pass relevance unchanged; but the linear map before
it may give nearly nothing where the shift makes all of the output, and its epsilon rule would then blow up. They
are spelt out in plain arithmetic, which exports to any runtime.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from training.explain.rules import share_affine
from training.explain.tape import Tape, rule_for, shared, untouched

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Function = Callable[..., Any]


def folded(tape: Tape, signal: Tensor, output: Tensor, scale: Tensor) -> Tensor:
    """Attach the rule of a normalisation ``output = scale · signal + shift``, both held constant."""
    if signal not in tape.origins:
        return shared(output, untouched, signal)
    linear, source, made = tape.origins[signal]
    return shared(output, share_affine(linear, source.detach(), made, output, scale), source)


def gain(weight: Tensor | None, variance: Tensor, eps: float, shape: tuple[int, ...]) -> Tensor:
    """Give what a normalisation multiplies with."""
    scale = torch.rsqrt(variance + eps)
    return scale if weight is None else scale * weight.reshape(shape)


@rule_for(functional.batch_norm)
def batch_normed(
    tape: Tape,
    _function: Function,
    signal: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    **_kwargs: object,
) -> Tensor:
    """Batch normalisation with the statistics it has learnt, spelt out: it exports to any runtime."""
    shape = (1, -1) + (1,) * (signal.dim() - 2)
    scale = gain(weight, running_var.reshape(shape), eps, shape)
    shift = (0.0 if bias is None else bias.reshape(shape)) - running_mean.reshape(shape) * scale
    return folded(tape, signal, signal.detach() * scale + shift, scale)


@rule_for(functional.instance_norm)
def instance_normed(  # noqa: PLR0917 (torch's own signature)
    tape: Tape,
    _function: Function,
    signal: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,  # noqa: FBT001, FBT002 (torch's own signature)
    momentum: float = 0.1,  # noqa: ARG001 (torch's own signature)
    eps: float = 1e-5,
) -> Tensor:
    """Instance normalisation, with the statistics of this very scan or with learnt ones."""
    shape, values = (1, -1, 1, 1), signal.detach()
    if use_input_stats or running_mean is None or running_var is None:
        middle = values.mean(dim=(2, 3), keepdim=True)
        variance = (values - middle).square().mean(dim=(2, 3), keepdim=True)
    else:
        middle, variance = running_mean.reshape(shape), running_var.reshape(shape)
    scale = gain(weight, variance, eps, shape)
    shift = (0.0 if bias is None else bias.reshape(shape)) - middle * scale
    return folded(tape, signal, values * scale + shift, scale)


@rule_for(functional.group_norm)
def group_normed(
    tape: Tape,
    function: Function,
    signal: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Group normalisation."""
    values = signal.detach()
    output = function(values, num_groups, weight, bias, eps)
    grouped = values.reshape(values.shape[0], num_groups, -1)
    variance = grouped.var(dim=2, unbiased=False).repeat_interleave(values.shape[1] // num_groups, dim=1)
    shape = (1, -1) + (1,) * (values.dim() - 2)
    variance = variance.reshape(*variance.shape, *shape[2:])
    return folded(tape, signal, output, gain(weight, variance, eps, shape))


@rule_for(functional.layer_norm)
def layer_normed(
    tape: Tape,
    function: Function,
    signal: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Layer normalisation."""
    values = signal.detach()
    output = function(values, normalized_shape, weight, bias, eps)
    axes = tuple(range(-len(normalized_shape), 0))
    variance = values.var(dim=axes, keepdim=True, unbiased=False)
    return folded(tape, signal, output, gain(weight, variance, eps, tuple(normalized_shape)))
