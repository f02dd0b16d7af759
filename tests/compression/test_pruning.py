"""Pruned channels are really gone, from the checkpoint and from the ONNX file, and what is left still answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from compression.graphs import exported
from compression.prune import measure_norms_anew, pruned
from compression.pruned import load_any
from compression.rewrite import quantisable
from training.checkpoint import CheckpointSpec, save_checkpoint
from training.networks.registry import NetworkSpec, build

if TYPE_CHECKING:
    from pathlib import Path

SPEC = NetworkSpec("teacher", widths=(8, 16, 24), dropout=0.0)
IMAGE = torch.rand(1, 3, 32, 24)


def weights(network: nn.Module) -> int:
    return sum(tensor.numel() for tensor in network.parameters())


def narrow_and_wide() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(3)
    wide = build(SPEC).eval()
    return pruned(wide, IMAGE, 0.5, [wide.answer]), wide


def test_half_of_the_channels_leave_less_than_half_of_the_weights() -> None:
    narrow, wide = narrow_and_wide()
    assert weights(narrow) < 0.5 * weights(wide)
    assert weights(wide) == weights(build(SPEC))


def test_all_answers_are_still_given_at_the_image_s_size() -> None:
    narrow, _ = narrow_and_wide()
    with torch.no_grad():
        assert narrow(IMAGE).shape == (1, 3, 32, 24)


def test_the_channels_are_gone_from_the_onnx_file() -> None:
    narrow, wide = narrow_and_wide()
    sizes = [
        len(exported(quantisable(network), IMAGE.numpy(), "image", ("logits",)).SerializeToString())
        for network in (narrow, wide)
    ]
    assert sizes[0] < 0.6 * sizes[1]


def test_a_pruned_checkpoint_is_read_back_as_it_was(tmp_path: Path) -> None:
    narrow, _ = narrow_and_wide()
    save_checkpoint(narrow.half().float(), CheckpointSpec(SPEC), tmp_path / "narrow.safetensors")
    read, spec = load_any(tmp_path / "narrow.safetensors")
    assert spec.network == SPEC
    with torch.no_grad():
        assert torch.allclose(read(IMAGE), narrow.eval()(IMAGE), atol=1e-3)


def test_batch_norms_learn_what_the_narrow_network_really_sees() -> None:
    narrow, _ = narrow_and_wide()
    draw = np.random.default_rng(0)
    images = [torch.from_numpy(draw.random((2, 3, 32, 24), dtype=np.float32)) + 5 for _ in range(4)]
    norm = next(module for module in narrow.modules() if isinstance(module, nn.BatchNorm2d))
    before = norm.running_mean.clone()
    measure_norms_anew(narrow, images)
    assert not torch.allclose(norm.running_mean, before)
    assert norm.momentum == 0.1
    assert not narrow.training
