"""Rules for what works on each value alone, or on values of the same place: no weights, no neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from training.explain.rules import share_sum
from training.explain.tape import Tape, is_signal, rule_for, shared, untouched

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]


def leaky(signal: Tensor, slope: Tensor) -> Tensor:
    """Rectify with a learnt slope for each channel."""
    slope = slope.reshape(1, -1, *(1,) * (signal.dim() - 2))
    return torch.where(signal > 0, signal, slope * signal)


MOVES = (
    *(torch.cat, torch.concat, torch.stack, torch.chunk, torch.split, torch.unbind, torch.flip, torch.roll),
    *(torch.reshape, torch.flatten, torch.squeeze, torch.unsqueeze, torch.permute, torch.transpose, torch.movedim),
    *(Tensor.reshape, Tensor.view, Tensor.flatten, Tensor.squeeze, Tensor.unsqueeze, Tensor.permute),
    *(Tensor.transpose, Tensor.chunk, Tensor.split, Tensor.unbind, Tensor.expand, Tensor.expand_as, Tensor.repeat),
    *(Tensor.contiguous, Tensor.clone, Tensor.to, Tensor.float, Tensor.roll, Tensor.flip, Tensor.movedim),
    *(Tensor.__getitem__, Tensor.T.__get__, Tensor.mT.__get__, Tensor.unflatten, torch.unflatten, Tensor.narrow),
    *(torch.narrow, functional.pixel_shuffle, functional.pixel_unshuffle),
)
ALONE = {
    **dict.fromkeys((functional.relu, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_), torch.relu),
    **dict.fromkeys((torch.tanh, Tensor.tanh, functional.tanh), torch.tanh),
    **{
        function: function
        for function in (
            *(functional.leaky_relu, functional.gelu, functional.silu, functional.elu, functional.mish),
            *(functional.hardswish, functional.relu6, functional.softplus),
        )
    },
    **dict.fromkeys((functional.prelu, torch.prelu), leaky),
}
DROPS = (functional.dropout, functional.dropout1d, functional.dropout2d, functional.dropout3d, torch.dropout)
GATES = (
    *(torch.sigmoid, Tensor.sigmoid, functional.sigmoid, functional.hardsigmoid),
    *(functional.softmax, torch.softmax, Tensor.softmax),
)
SUMS = (torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, Tensor.add_)
DIFFERENCES = (torch.sub, Tensor.sub, Tensor.__sub__, Tensor.sub_)
PRODUCTS = (torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__, Tensor.mul_, torch.multiply)
QUOTIENTS = (torch.div, Tensor.div, Tensor.__truediv__, Tensor.div_)


@rule_for(*MOVES)
def moved(_tape: Tape, function: Function, *args: object, **kwargs: object) -> object:
    """Autograd moves relevance back as it would a gradient: one for one."""
    return function(*args, **kwargs)


@rule_for(functional.pad)
def padded(_tape: Tape, function: Function, signal: Tensor, pad: list[int], *args: object, **kwargs: object) -> Tensor:
    """Pad; padding by nothing is left out, so that it leaves no trace in an exported graph."""
    return function(signal, pad, *args, **kwargs) if any(pad) else signal


@rule_for(*ALONE)
def alone(_tape: Tape, function: Function, signal: Tensor, *args: object, **kwargs: object) -> Tensor:
    """Activations: never in place, because the rules still need what was there before."""
    kwargs.pop("inplace", None)
    return shared(ALONE[function](signal.detach(), *args, **kwargs), untouched, signal)


@rule_for(*DROPS)
def dropped(_tape: Tape, _function: Function, signal: Tensor, *_args: object, **_kwargs: object) -> Tensor:
    """Dropout does nothing to a network that is not being trained."""
    return signal


@rule_for(*GATES)
def gate(_tape: Tape, function: Function, signal: Tensor, *args: object, **kwargs: object) -> Tensor:
    """Hold a gate constant: it says how much passes, not what."""
    return function(signal.detach(), *args, **kwargs)


@rule_for(*SUMS)
def summed(_tape: Tape, _function: Function, first: Any, second: Any) -> Tensor:  # noqa: ANN401 (tensor or number)
    """Add; a constant term is a bias."""
    if not (is_signal(first) and is_signal(second)):
        return with_constant(constant(first) + constant(second), first, second)
    both = torch.broadcast_tensors(first, second)
    values = tuple(term.detach() for term in both)
    output = values[0] + values[1]
    return shared(output, share_sum(values, output), *both)


@rule_for(*DIFFERENCES)
def subtracted(tape: Tape, _function: Function, first: Any, second: Any) -> Tensor:  # noqa: ANN401 (tensor or number)
    """Subtract: the sum with the second term turned round."""
    turned = shared(-second.detach(), untouched, second) if is_signal(second) else -second
    return summed(tape, torch.add, first, turned)


@rule_for(*PRODUCTS)
def multiplied(_tape: Tape, _function: Function, first: Any, second: Any) -> Tensor:  # noqa: ANN401 (tensor or number)
    """Multiply: all to the one signal, half each to two."""
    if not (is_signal(first) and is_signal(second)):
        return with_constant(constant(first) * constant(second), first, second)
    both = torch.broadcast_tensors(first, second)
    return shared(both[0].detach() * both[1].detach(), lambda relevance: (relevance / 2, relevance / 2), *both)


@rule_for(*QUOTIENTS)
def divided(_tape: Tape, function: Function, first: Any, second: Any) -> Tensor:  # noqa: ANN401 (tensor or number)
    """Divide: the divisor is held constant, as the statistics of a normalisation are."""
    output = function(constant(first), constant(second))
    return with_constant(output, first, second) if is_signal(first) else output


def constant(value: Any) -> Any:  # noqa: ANN401 (tensor or number)
    """Give the value alone, whatever it was made of."""
    return value.detach() if isinstance(value, Tensor) else value


def with_constant(output: Tensor, first: Any, second: Any) -> Tensor:  # noqa: ANN401 (tensor or number)
    """Let the one signal of an operation take all, on the grid it is spread over."""
    signal = first if is_signal(first) else second
    return shared(output, untouched, signal.expand_as(output))
