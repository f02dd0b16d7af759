"""Runs a network as it is and lays the relevance rules over every operation it calls.

While the tape is on, each torch function that mixes values is replaced by itself plus a backward half of its own,
so that autograd, started with relevance at the output, arrives with relevance at the input. It works on functions,
not on modules, so functional calls, modules used twice and skip connections need no care. A function without a
rule stops the run with its name: relevance is never lost without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils.weak import WeakTensorKeyDictionary

from appliance.errors import Misuse
from training.explain.rules import share_affine

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from training.explain.linear import LinearMap
    from training.explain.rules import Share

    Handler = Callable[..., Any]

RULES: dict[Callable[..., Any], Handler] = {}
"""Torch function → what is done in its place: called with the tape, the function, and the function's arguments."""


def rule_for(*functions: Callable[..., Any]) -> Callable[[Handler], Handler]:
    """Register a handler for torch functions."""

    def register(handler: Handler) -> Handler:
        RULES.update(dict.fromkeys(functions, handler))
        return handler

    return register


class NoRule(Misuse):
    """The network calls an operation through which relevance cannot be followed."""


class Shared(torch.autograd.Function):
    """An operation's output, with a rule in the place of its derivative."""

    @staticmethod
    def forward(ctx: Any, share: Share, output: Tensor, *signals: Tensor) -> Tensor:  # noqa: ANN401 (torch's own type)
        """Hand the output on."""
        ctx.share, ctx.signals = share, len(signals)
        return output

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401 (torch's own type)
        """Share the relevance among the signals."""
        return (None, None, *ctx.share(relevance))


def shared(output: Tensor, share: Share, *signals: Tensor) -> Tensor:
    """Let ``share`` decide what the signals get of this output's relevance."""
    return Shared.apply(share, output, *signals)


def untouched(relevance: Tensor) -> tuple[Tensor, ...]:
    """Pass relevance on as it is: the rule of everything that works on each value alone."""
    return (relevance,)


def is_signal(value: object) -> bool:
    """Say whether a value depends on the network's input; all others are constants to relevance."""
    return isinstance(value, torch.Tensor) and value.requires_grad


def carries_signal(values: object) -> bool:
    """Say whether any tensor in nested arguments or results is a signal."""
    if isinstance(values, (tuple, list)):
        return any(carries_signal(value) for value in values)
    return is_signal(values)


class Tape(TorchFunctionMode):
    """Lays the rules over a network's operations, for one forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.origins = WeakTensorKeyDictionary()
        """Output of a linear map → (map, its input, its result without bias): a normalisation right after it
        is folded into it, because alone it would hide how small the result may be before its shift."""

    def affine(self, linear: LinearMap, signal: Tensor, bias: Tensor | None = None) -> Tensor:
        """Apply a linear map and a bias, and remember it for a normalisation that may follow."""
        made = linear.apply(signal.detach())
        output = made if bias is None else made + bias
        result = shared(output, share_affine(linear, signal.detach(), made, output), signal)
        self.origins[result] = (linear, signal, made)
        return result

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 (torch's own signature)
        kwargs = kwargs or {}
        if not carries_signal([args, list(kwargs.values())]):
            return func(*args, **kwargs)
        if func in RULES:
            return RULES[func](self, func, *args, **kwargs)
        result = func(*args, **kwargs)
        if carries_signal(result):
            raise NoRule(
                f"Relevance cannot be followed through {resolve_name(func) or func}.",
                advice="Add a rule for it to training/explain/operations.py.",
            )
        return result
