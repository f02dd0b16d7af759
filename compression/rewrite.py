"""A trained network made ready for eight bits, without changing what it computes.

OpenVINO mixes up the scales of what it concatenates, and its transposed convolution fails beside a convolution of
the same weights (docs/decisions/0050). Both have an exact twin: a convolution over joined maps is the sum of one
over each, and a 2×2 transposed convolution of stride 2 is a 1×1 convolution whose channels are spread over the plane.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from training.networks.blocks import UpAndMerge
from training.spine.networks import Grader

if TYPE_CHECKING:
    from torch import Tensor


class UpAndAdd(nn.Module):
    """What ``UpAndMerge`` does, with neither a transposed convolution nor a concatenation."""

    def __init__(self, block: UpAndMerge) -> None:
        super().__init__()
        self.up = nn.Sequential(_spreading(block.up), nn.PixelShuffle(2))
        convolution, norm, self.relu = block.merge
        merged = fuse_conv_bn_eval(convolution, norm)
        own = block.up.out_channels
        self.own = _part(merged, slice(0, own), merged.bias)
        self.skipped = _part(merged, slice(own, None), None)

    def forward(self, features: Tensor, skipped: Tensor) -> Tensor:
        """Return features at twice the size."""
        return self.relu(self.own(self.up(features)) + self.skipped(skipped))


class AddedGrader(nn.Module):
    """What ``Grader`` does, with a maximum that exports for any number of slices, and sums instead of joints."""

    def __init__(self, grader: Grader) -> None:
        super().__init__()
        self.stages = grader.trunk.stages
        width = grader.trunk.features // 2
        self.of_mean = _columns(grader.out, slice(0, width), grader.out.bias)
        self.of_largest = _columns(grader.out, slice(width, 2 * width), None)
        facts = None if grader.weigh is None else _columns(grader.out, slice(2 * width, None), None)
        self.of_facts = None if facts is None else nn.Sequential(*grader.weigh, facts)

    def forward(self, image: Tensor) -> Tensor:
        """Look at the first plane; add what the other planes say."""
        features = self.stages(image[:, :1])
        logits = self.of_mean(features.mean((2, 3))) + self.of_largest(features.amax((2, 3)))
        return logits if self.of_facts is None else logits + self.of_facts(image[:, 1:].mean((2, 3)))


def quantisable(network: nn.Module) -> nn.Module:
    """Return a copy with every such piece in its twin's form."""
    if isinstance(network, Grader):
        return AddedGrader(copy.deepcopy(network).eval()).eval()
    copied = copy.deepcopy(network).eval()
    for parent in list(copied.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, UpAndMerge):
                setattr(parent, name, UpAndAdd(child))
    return copied.eval()


def _spreading(up: nn.ConvTranspose2d) -> nn.Conv2d:
    if up.kernel_size != (2, 2) or up.stride != (2, 2) or up.bias is None:
        raise ValueError("only a 2×2 transposed convolution of stride 2 with a bias has this twin")
    twin = nn.Conv2d(up.in_channels, 4 * up.out_channels, 1)
    with torch.no_grad():
        twin.weight.copy_(up.weight.permute(1, 2, 3, 0).reshape(twin.weight.shape))
        twin.bias.copy_(up.bias.repeat_interleave(4))
    return twin


def _part(convolution: nn.Conv2d, channels: slice, bias: Tensor | None) -> nn.Conv2d:
    """Take a convolution's weights for some of its input channels."""
    weight = convolution.weight[:, channels]
    part = nn.Conv2d(
        weight.shape[1], weight.shape[0], convolution.kernel_size, padding=convolution.padding, bias=bias is not None
    )
    with torch.no_grad():
        part.weight.copy_(weight)
        if bias is not None:
            part.bias.copy_(bias)
    return part


def _columns(linear: nn.Linear, inputs: slice, bias: Tensor | None) -> nn.Linear:
    """Take a linear layer's weights for some of its inputs."""
    weight = linear.weight[:, inputs]
    part = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    with torch.no_grad():
        part.weight.copy_(weight)
        if bias is not None:
            part.bias.copy_(bias)
    return part
