"""Relevance is conserved through every network that can be trained, with random and with trained-like weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from training.explain import propagate
from training.networks.registry import BUILDERS, NetworkSpec, build
from training.packed import OUTPUTS

LESION = OUTPUTS.index("lesion")
SIZE = 64


def as_if_trained(network: nn.Module) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
        bias = getattr(module, "bias", None)
        if isinstance(bias, Tensor):
            nn.init.normal_(bias, std=0.5)
    return network


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BUILDERS))
@pytest.mark.parametrize("trained", [False, True], ids=["random", "as if trained"])
def test_no_relevance_is_lost_in_any_network_of_the_registry(name: str, *, trained: bool) -> None:
    torch.manual_seed(0)
    network = build(NetworkSpec(name))
    network = (as_if_trained(network) if trained else network).eval()
    image = torch.randn(1, 3, SIZE, SIZE)
    image[..., :16] = 0.0
    logits, relevance = propagate(network, image, torch.ones(1, 1, SIZE, SIZE), LESION)
    with torch.no_grad():
        plain = network(image)
    assert torch.allclose(logits, plain, atol=1e-4 * float(plain.abs().max()))
    assert float(relevance.sum()) == pytest.approx(float(logits[:, LESION].sum()), rel=0.01)
