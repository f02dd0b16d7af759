"""Where eight bits lose what counts, layers go back to FP32; where they do not, everything stays in eight bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from packs import small_pack
from torch import nn

from compression.asking import answer_of
from compression.brain import LESION, lesion_score
from compression.eight_bits import EightBits, eight_bit, eight_bit_within
from compression.graphs import exported
from training.packed import save_pack

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

SIDE = 16
SAMPLES = [np.random.default_rng(k).random((1, 1, SIDE, SIDE), dtype=np.float32) for k in range(6)]
ALLOWED = 0.02


def fragile() -> onnx.ModelProto:
    """One channel a thousand times as large as the one that decides: on one scale, that one drowns."""
    torch.manual_seed(2)
    first, second = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 1)
    with torch.no_grad():
        first.weight[1] *= 3000
        second.weight[0, 0] *= 5
        second.weight[0, 1] *= 1e-4
    return exported(nn.Sequential(first, nn.ReLU(), second), SAMPLES[0], "image", ("logits",))


def closeness(model: onnx.ModelProto, graph: onnx.ModelProto) -> float:
    """One less the mean distance from the whole graph's answers, in their spreads."""
    whole, said = (answer_of(one.SerializeToString())(np.concatenate(SAMPLES)) for one in (model, graph))
    return 1 - float(np.abs(whole - said).mean() / whole.std())


def quantisers(graph: onnx.ModelProto) -> int:
    return sum(node.op_type == "QuantizeLinear" for node in graph.graph.node)


def test_layers_go_back_until_no_more_is_lost_than_allowed() -> None:
    model = fragile()
    plain = eight_bit(model, "image", SAMPLES)
    guarded = eight_bit_within(model, "image", SAMPLES, lambda graph: closeness(model, graph), ALLOWED)
    assert closeness(model, plain) < 1 - ALLOWED
    assert closeness(model, guarded) >= 1 - ALLOWED
    assert quantisers(guarded) < quantisers(plain)


def test_nothing_goes_back_where_nothing_is_lost() -> None:
    model = fragile()
    plain = eight_bit(model, "image", SAMPLES)
    guarded = eight_bit_within(model, "image", SAMPLES, lambda _: 1.0, ALLOWED)
    assert quantisers(guarded) == quantisers(plain)


def test_a_score_counts_lesions_and_not_ventricles(tmp_path: Path) -> None:
    pack = small_pack(("a/1", "b/2"))
    save_pack(pack, tmp_path / "pack.npz")
    score = lesion_score(tmp_path / "pack.npz", 0.5)

    def perfect(images: np.ndarray) -> np.ndarray:
        return np.where(truth_of(len(images)), 9.0, -9.0).astype(np.float32)

    def truth_of(count: int) -> np.ndarray:
        some = np.flatnonzero((pack.labels & 4).any(axis=(1, 2)))
        assert len(some) == count
        return np.stack([(pack.labels[some] & bit) > 0 for bit in (1, 2, 4)], axis=1)

    def blind(images: np.ndarray) -> np.ndarray:
        said = perfect(images)
        said[:, LESION] = -9.0
        return said

    assert score(perfect) == pytest.approx(1.0)
    assert score(blind) == 0.0


def test_a_rare_bright_spot_keeps_its_height_where_nothing_may_be_clipped() -> None:
    dull = [0.1 * sample for sample in SAMPLES] * 4
    bright = np.ones_like(SAMPLES[0])
    model = exported(nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1)), bright, "image", ("logits",))
    whole = answer_of(model.SerializeToString())(bright)
    off = [
        float(np.abs(answer_of(graph.SerializeToString())(bright) - whole).max())
        for graph in (
            eight_bit(model, "image", [*dull, bright], EightBits(clipped=clipped)) for clipped in (True, False)
        )
    ]
    assert off[1] < 0.2 * off[0]


def test_the_first_convolution_stays_whole_where_that_is_asked() -> None:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    model = exported(network, SAMPLES[0], "image", ("logits",))
    first, last = (
        [
            node.input[1].endswith("weight")
            for node in eight_bit(model, "image", SAMPLES, EightBits(first_in_full=whole)).graph.node
            if node.op_type == "Conv"
        ]
        for whole in (True, False)
    )
    assert (first, last) == ([True, False], [False, False])


def test_biases_stay_as_they_were_learnt_where_that_is_asked() -> None:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    model = exported(network, SAMPLES[0], "image", ("logits",))
    learnt = {array.tobytes() for array in biases(model)}
    moved, left = (
        {array.tobytes() for array in biases(eight_bit(model, "image", SAMPLES, EightBits(corrected=corrected)))}
        for corrected in (True, False)
    )
    assert left == learnt
    assert moved != learnt


def biases(model: onnx.ModelProto) -> list[np.ndarray]:
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return [held[node.input[2]].ravel() for node in model.graph.node if node.op_type == "Conv"]
