"""Rules for products of matrices and for attention, whose weights are constants: the values take all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from training.explain.linear import Product
from training.explain.rules import share_affine
from training.explain.tape import Tape, is_signal, rule_for, shared

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """Contraction of a signal with a constant, its axes named as ``einsum`` names them."""

    constant: Tensor
    constant_axes: str
    signal_axes: str
    output_axes: str

    def apply(self, signal: Tensor) -> Tensor:
        """Contract."""
        equation = f"{self.constant_axes},{self.signal_axes}->{self.output_axes}"
        return torch.einsum(equation, self.constant, signal)

    def transpose(self, relevance: Tensor) -> Tensor:
        """Contract the other way."""
        equation = f"{self.constant_axes},{self.output_axes}->{self.signal_axes}"
        return torch.einsum(equation, self.constant, relevance)

    def magnitude(self) -> Contraction:
        """Take the signs of the constant away."""
        return replace(self, constant=self.constant.abs())


MATRIX_PRODUCTS = (torch.matmul, torch.bmm, Tensor.matmul, Tensor.bmm, Tensor.__matmul__)


@rule_for(*MATRIX_PRODUCTS)
def multiplied_matrices(tape: Tape, _function: Function, left: Tensor, right: Tensor) -> Tensor:
    """Multiply matrices; of two signals, each answers for half."""
    if not is_signal(left):
        return tape.affine(Product(left=left), right)
    if not is_signal(right):
        return tape.affine(Product(right=right), left)
    first, second = left.detach(), right.detach()
    made = first @ second
    halves = (
        share_affine(Product(right=second), first, made, made),
        share_affine(Product(left=first), second, made, made),
    )
    return shared(made, lambda relevance: tuple(half(relevance / 2)[0] for half in halves), left, right)


@rule_for(torch.einsum)
def contracted(tape: Tape, function: Function, equation: str, *operands: Tensor) -> Tensor:
    """Sum products over named axes; of two signals, each answers for half."""
    first, second = operands[0] if isinstance(operands[0], (tuple, list)) else operands
    inputs, _, output = equation.replace(" ", "").partition("->")
    left, _, right = inputs.partition(",")
    by_first = Contraction(first.detach(), left, right, output)
    by_second = Contraction(second.detach(), right, left, output)
    if not is_signal(first):
        return tape.affine(by_first, second)
    if not is_signal(second):
        return tape.affine(by_second, first)
    made = function(equation, first.detach(), second.detach())
    halves = (
        share_affine(by_second, first.detach(), made, made),
        share_affine(by_first, second.detach(), made, made),
    )
    return shared(made, lambda relevance: tuple(half(relevance / 2)[0] for half in halves), first, second)


@rule_for(functional.scaled_dot_product_attention)
def attended(
    tape: Tape,
    _function: Function,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    scale: float | None = None,
    **_kwargs: object,
) -> Tensor:
    """Attention: where it looks is constant, what it sees carries the relevance."""
    likeness = query.detach() @ key.detach().mT * (scale or query.shape[-1] ** -0.5)
    looks = torch.softmax(likeness if attn_mask is None else likeness + attn_mask, dim=-1)
    return tape.affine(Product(left=looks), value)


@rule_for(functional.multi_head_attention_forward)
def attended_by_heads(
    tape: Tape,
    _function: Function,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor,
    in_proj_bias: Tensor | None,
    *args: Any,  # noqa: ANN401 (torch's own signature: bias_k, bias_v, zero_attn, dropout, out weight, out bias)
    **_kwargs: object,
) -> tuple[Tensor, None]:
    """Torch's own multi-head attention, without masks: ``[length, batch, features]``."""
    out_weight, out_bias = args[4:6]
    weights = in_proj_weight.chunk(3)
    biases = (None, None, None) if in_proj_bias is None else in_proj_bias.chunk(3)
    parts = zip((query.detach(), key.detach()), weights, biases, strict=False)
    asks, offers = (functional.linear(part, weight, bias) for part, weight, bias in parts)
    sees = tape.affine(Product(right=weights[2].mT), value, biases[2])
    length, batch = query.shape[:2]

    def by_head(part: Tensor) -> Tensor:
        return part.reshape(part.shape[0], batch, num_heads, -1).permute(1, 2, 0, 3)

    mixed = attended(tape, attended, by_head(asks), by_head(offers), by_head(sees))
    joined = mixed.permute(2, 0, 1, 3).reshape(length, batch, embed_dim_to_check)
    return tape.affine(Product(right=out_weight.mT), joined, out_bias), None
