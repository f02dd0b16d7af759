"""Rules for what mixes neighbours: convolution both ways, dense layers, resampling, pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.explain.linear import Convolution, Product, Transposed, averaging, pair, pooled, resampling, windows
from training.explain.rules import share_winner
from training.explain.tape import NoRule, Tape, rule_for, shared

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., Any]


@rule_for(functional.conv2d)
def convolved(
    tape: Tape,
    _function: Function,
    signal: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,  # noqa: ANN401 (torch takes an int, a tuple or a list)
    padding: Any = 0,  # noqa: ANN401 (and a word)
    dilation: Any = 1,  # noqa: ANN401 (as above)
    groups: int = 1,
) -> Tensor:
    """Convolution."""
    stride, dilation = pair(stride), pair(dilation)
    reach = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    if isinstance(padding, str):
        padding = [(r - 1) // 2 for r in reach] if padding == "same" else 0
    padding, wide = pair(padding), tuple(signal.shape[2:])
    narrow = pooled(wide, pair(reach), stride, padding)
    linear = Convolution(weight, wide, narrow, stride, padding, dilation, groups)
    return tape.affine(linear, signal, None if bias is None else bias.reshape(1, -1, 1, 1))


@rule_for(functional.conv_transpose2d)
def convolved_back(  # noqa: PLR0917 (torch's own signature)
    tape: Tape,
    _function: Function,
    signal: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,  # noqa: ANN401 (torch takes an int, a tuple or a list)
    padding: Any = 0,  # noqa: ANN401 (as above)
    output_padding: Any = 0,  # noqa: ANN401 (as above)
    groups: int = 1,
    dilation: Any = 1,  # noqa: ANN401 (as above)
) -> Tensor:
    """Transposed convolution."""
    stride, padding, extra, dilation = pair(stride), pair(padding), pair(output_padding), pair(dilation)
    narrow = tuple(signal.shape[2:])
    sizes = zip(narrow, weight.shape[2:], stride, padding, extra, dilation, strict=True)
    wide = tuple((n - 1) * s - 2 * p + (k - 1) * d + 1 + e for n, k, s, p, e, d in sizes)
    linear = Transposed(Convolution(weight, wide, narrow, stride, padding, dilation, groups))
    return tape.affine(linear, signal, None if bias is None else bias.reshape(1, -1, 1, 1))


@rule_for(functional.linear)
def projected(tape: Tape, _function: Function, signal: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Apply a dense layer."""
    return tape.affine(Product(right=weight.mT), signal, bias)


@rule_for(functional.interpolate)
def resampled(
    tape: Tape,
    _function: Function,
    signal: Tensor,
    size: Any = None,  # noqa: ANN401 (torch takes an int, a tuple or a list)
    scale_factor: Any = None,  # noqa: ANN401 (as above)
    mode: str = "nearest",
    align_corners: bool | None = None,  # noqa: FBT001 (torch's own signature)
    **_kwargs: object,
) -> Tensor:
    """Nearest and bilinear interpolation."""
    if mode not in {"nearest", "bilinear"}:
        raise NoRule(f"Relevance cannot be followed through {mode} interpolation.", advice="Use bilinear instead.")
    old = signal.shape[2:]
    if size is None:
        factors = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor, scale_factor)
        size = [int(n * factor) for n, factor in zip(old, factors, strict=True)]
    return tape.affine(
        resampling(old, pair(size), bilinear=mode == "bilinear", align_corners=bool(align_corners)), signal
    )


@rule_for(functional.avg_pool2d)
def averaged(
    tape: Tape,
    _function: Function,
    signal: Tensor,
    kernel_size: Any,  # noqa: ANN401 (torch takes an int, a tuple or a list)
    stride: Any = None,  # noqa: ANN401 (as above)
    padding: Any = 0,  # noqa: ANN401 (as above)
    **_kwargs: object,
) -> Tensor:
    """Average pooling."""
    kernel = pair(kernel_size)
    steps = pair(stride) if stride else kernel
    return tape.affine(averaging(signal.shape[2:], kernel, steps, pair(padding)), signal)


@rule_for(functional.adaptive_avg_pool2d)
def averaged_to(tape: Tape, _function: Function, signal: Tensor, output_size: Any) -> Tensor:  # noqa: ANN401 (as torch)
    """Average pooling to a grid of a given size: one small matrix for each axis."""
    rows, columns = (averaging_1d(old, new) for old, new in zip(signal.shape[2:], pair(output_size), strict=True))
    return tape.affine(Product(torch.from_numpy(rows), torch.from_numpy(columns.T.copy())), signal)


def averaging_1d(old: int, new: int) -> np.ndarray:
    """Give the ``new × old`` matrix of torch's adaptive average along one axis."""
    weights = np.zeros((new, old), dtype=np.float32)
    for row in range(new):
        first, last = row * old // new, -(-(row + 1) * old // new)
        weights[row, first:last] = 1.0 / (last - first)
    return weights


@rule_for(torch.mean, Tensor.mean)
def mean(tape: Tape, _function: Function, signal: Tensor, dim: Any, keepdim: bool = False) -> Tensor:  # noqa: ANN401, FBT001, FBT002 (torch's own signature)
    """Average over the last two axes."""
    if {axis % signal.dim() for axis in dim} != {signal.dim() - 2, signal.dim() - 1}:
        raise NoRule("Relevance is followed only through means over both image axes.", advice="Use a pooling layer.")
    result = averaged_to(tape, mean, signal, 1)
    return result if keepdim else result.flatten(-3)


@rule_for(torch.max_pool2d, functional.max_pool2d)
def largest(
    _tape: Tape,
    _function: Function,
    signal: Tensor,
    kernel_size: Any,  # noqa: ANN401 (torch takes an int, a tuple or a list)
    stride: Any = None,  # noqa: ANN401 (as above)
    padding: Any = 0,  # noqa: ANN401 (as above)
    dilation: Any = 1,  # noqa: ANN401 (as above)
    ceil_mode: bool = False,  # noqa: FBT001, FBT002 (torch's own signature)
    **_kwargs: object,
) -> Tensor:
    """Max pooling."""
    kernel = pair(kernel_size)
    steps, edge = pair(stride) if stride else kernel, pair(padding)
    if ceil_mode or pair(dilation) != (1, 1):
        raise NoRule("Relevance is followed only through plain max pooling.", advice="Leave dilation and ceil out.")
    gather = windows(signal.shape[2:], kernel, steps, edge)
    output = functional.max_pool2d(signal.detach(), kernel, steps, edge)
    return shared(output, share_winner(gather, signal.detach()), signal)
