"""Networks in the form that is exported compute what they computed before."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from compression.rewrite import quantisable
from compression.students import STUDENT
from training.networks.registry import NetworkSpec, build
from training.spine.networks import Grader

SMALL = NetworkSpec("teacher", widths=(4, 6, 8), dropout=0.0)


def lived_in(network: nn.Module) -> nn.Module:
    """Give batch norms statistics that are not those of a new network."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    return network.eval()


def test_the_teacher_s_way_up_is_the_same_without_joints_and_transposed_convolutions() -> None:
    torch.manual_seed(1)
    network = lived_in(build(SMALL))
    image = torch.rand(2, 3, 32, 24)
    twin = quantisable(network)
    assert not any(isinstance(module, nn.ConvTranspose2d) for module in twin.modules())
    with torch.no_grad():
        assert torch.allclose(twin(image), network(image), atol=1e-5)


@pytest.mark.parametrize("known", [0, 5])
def test_a_grader_is_the_same_as_a_sum(known: int) -> None:
    torch.manual_seed(2)
    network = lived_in(Grader((3, 2), widths=(4, 6), known=known))
    image = torch.rand(3, 1 + known, 16, 24)
    with torch.no_grad():
        assert torch.allclose(quantisable(network)(image), network(image), atol=1e-5)


def test_the_original_network_is_left_as_it_was() -> None:
    network = lived_in(build(SMALL))
    quantisable(network)
    assert any(isinstance(module, nn.ConvTranspose2d) for module in network.modules())


def test_a_student_is_small_and_answers_at_the_image_s_size() -> None:
    network = build(STUDENT).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 3, 48, 32)).shape == (1, 3, 48, 32)
    assert 100_000 <= sum(weights.numel() for weights in network.parameters()) <= 600_000
