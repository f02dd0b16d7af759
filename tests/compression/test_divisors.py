"""Nothing is divided by zero where a runtime fills a layer up, and every other value stays what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from appliance.engine.session import Ports
from compression.agreeing import opened
from compression.asking import answer_of
from compression.compact import compact
from compression.divisors import with_safe_divisors

if TYPE_CHECKING:
    from pathlib import Path

IMAGE = np.random.default_rng(3).uniform(0.1, 1.0, (1, 4, 6, 6)).astype(np.float32)
EXPLAINERS = ("brain-lesions-1.0.0/lesions.explain.onnx", "spine-axial-1.0.0/grader.explain.onnx")


def dividing(*, kernel: float, added: float | None) -> onnx.ModelProto:
    """Two quotients with one divisor, which a convolution made, with or without something added."""
    weights = np.full((4, 4, 1, 1), kernel, dtype=np.float32)
    constants = {"weights": weights, "added": np.array(added or 0, dtype=np.float32)}
    nodes = [
        helper.make_node("Conv", ["image", "weights"], ["made"]),
        helper.make_node("Add", ["made", "added"], ["more"]),
        helper.make_node("Div", ["image", "made" if added is None else "more"], ["one"]),
        helper.make_node("Div", ["image", "made" if added is None else "more"], ["other"]),
        helper.make_node("Sub", ["one", "other"], ["nothing"]),
        helper.make_node("Add", ["one", "nothing"], ["logits"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 6, 6]) for name in ("image", "logits")]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "dividing", [ends[0]], [ends[1]], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def without_guards(model: onnx.ModelProto) -> onnx.ModelProto:
    """Divide by what the convolutions made again, as before."""
    compared = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Equal"}
    guards = [
        node for node in model.graph.node if node.op_type == "Where" and compared.get(node.input[0]) == node.input[2]
    ]
    instead = {guard.output[0]: guard.input[2] for guard in guards}
    for node in model.graph.node:
        node.input[:] = [instead.get(name, name) for name in node.input]
    for guard in guards:
        model.graph.node.remove(guard)
    return model


def count(model: onnx.ModelProto, kind: str) -> int:
    return sum(node.op_type == kind for node in model.graph.node)


@pytest.mark.parametrize("added", [None, 0.25])
def test_divisors_that_are_not_zero_stay_to_the_last_bit(added: float | None) -> None:
    before = dividing(kernel=0.5, added=added)
    after = with_safe_divisors(before)
    onnx.checker.check_model(after, full_check=True)
    assert (count(after, "Where"), count(before, "Where")) == (1, 0), "one for both, and the graph that was given stays"
    one, other = (answer_of(compact(model).SerializeToString())(IMAGE) for model in (before, after))
    np.testing.assert_array_equal(one, other)


def test_a_divisor_of_zero_gives_numbers() -> None:
    before = dividing(kernel=0.0, added=None)
    assert not np.isfinite(answer_of(before.SerializeToString())(IMAGE)).any()
    np.testing.assert_array_equal(answer_of(with_safe_divisors(before).SerializeToString())(IMAGE), IMAGE)


def test_what_is_guarded_is_not_guarded_again() -> None:
    once = with_safe_divisors(dividing(kernel=0.5, added=0.25))
    assert with_safe_divisors(once).SerializeToString() == once.SerializeToString()


@pytest.mark.parametrize("name", EXPLAINERS)
def test_what_ships_divides_by_no_layer_that_could_be_filled_up(repository: Path, name: str) -> None:
    shipped = onnx.load(repository / "appliance" / "factory" / name)
    assert count(shipped, "Div") > 20
    assert with_safe_divisors(shipped).SerializeToString() == shipped.SerializeToString()


@pytest.mark.parametrize("name", EXPLAINERS)
def test_what_ships_explains_to_the_last_bit_what_it_would_without_that(repository: Path, name: str) -> None:
    path = repository / "appliance" / "factory" / name
    shipped, bare = onnx.load(path), without_guards(onnx.load(path))
    assert count(bare, "Where") < count(shipped, "Where")
    assert count(with_safe_divisors(bare), "Where") == count(shipped, "Where")
    golden = np.load(path.parent / "golden.npz")
    network = path.name.partition(".")[0]
    asked = {"image": golden[f"{network}.image"][:1], "where": golden[f"{network}.explain.where"]}
    one, other = (
        opened("ONNX Runtime", model.SerializeToString(), Ports(("image", "where"), ("relevance",))).run(asked)
        for model in (shipped, bare)
    )
    np.testing.assert_array_equal(one["relevance"], other["relevance"])
