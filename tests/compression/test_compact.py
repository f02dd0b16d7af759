"""A smaller file must say the same, under the same names at its ends."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from compression.asking import answer_of
from compression.compact import compact
from compression.eight_bits import eight_bit
from compression.graphs import exported

IMAGES = [np.random.default_rng(seed).normal(size=(1, 1, 16, 16)).astype(np.float32) for seed in range(6)]


def network(width: int = 4, depth: int = 3) -> nn.Module:
    torch.manual_seed(5)
    layers = [nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU()) for _ in range(depth)]
    return nn.Sequential(nn.Conv2d(1, width, 3, padding=1), *layers, nn.Conv2d(width, 2, 1)).eval()


@pytest.fixture(params=["FP32", "INT8"])
def graph(request: pytest.FixtureRequest) -> onnx.ModelProto:
    whole = exported(network(), IMAGES[0], "image", ("logits",))
    return whole if request.param == "FP32" else eight_bit(whole, "image", IMAGES)


def test_a_compact_graph_says_the_same_to_the_last_bit(graph: onnx.ModelProto) -> None:
    small = compact(graph)
    onnx.checker.check_model(small, full_check=True)
    before, after = (answer_of(model.SerializeToString()) for model in (graph, small))
    for image in IMAGES:
        np.testing.assert_array_equal(before(image), after(image))


def test_a_compact_graph_is_called_as_before_at_its_ends_and_is_smaller(graph: onnx.ModelProto) -> None:
    before = graph.SerializeToString()
    small = compact(graph)
    assert [value.name for value in small.graph.input] == ["image"]
    assert [value.name for value in small.graph.output] == ["logits"]
    assert small.ByteSize() < 0.9 * len(before)
    assert graph.SerializeToString() == before


def test_no_two_tensors_get_one_name_however_many_there_are() -> None:
    whole = exported(network(width=2, depth=400), IMAGES[0], "image", ("logits",))
    small = compact(whole)
    made = [name for node in small.graph.node for name in node.output] + [t.name for t in small.graph.initializer]
    assert len(made) > 26 + 26**2
    assert len(set(made)) == len(made)
    np.testing.assert_array_equal(
        answer_of(small.SerializeToString())(IMAGES[0]), answer_of(whole.SerializeToString())(IMAGES[0])
    )


def test_short_names_leave_those_at_the_ends_alone() -> None:
    nodes = [helper.make_node("Relu", ["b"], ["inner"]), helper.make_node("Neg", ["inner"], ["a"])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("b", "a")]
    model = helper.make_model(helper.make_graph(nodes, "ends", ends[:1], ends[1:]))
    small = compact(model).graph
    assert (small.node[0].input[0], small.node[1].output[0]) == ("b", "a")
    assert small.node[0].output[0] == small.node[1].input[0]
    assert small.node[0].output[0] not in {"a", "b"}


def test_equal_tensors_are_kept_once_and_what_goes_without_saying_is_not_said() -> None:
    weight = np.ones((1, 1, 3, 3), np.float32)
    tensors = [numpy_helper.from_array(weight, name) for name in ("first", "second")]
    tensors.append(numpy_helper.from_array(2 * weight, "third"))
    plain = {"dilations": [1, 1], "strides": [1, 1], "group": 1, "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["x"], **plain),
        helper.make_node("Conv", ["x", "second"], ["y"], **plain | {"strides": [2, 2]}),
        helper.make_node("Conv", ["y", "third"], ["logits"], **plain | {"dilations": [2, 1]}),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, *size])
        for name, size in (("image", (16, 16)), ("logits", (6, 8)))
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "thrice", ends[:1], ends[1:], tensors),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    small = compact(model)
    assert len(small.graph.initializer) == 2
    said = [{attribute.name for attribute in node.attribute} for node in small.graph.node]
    assert said == [{"pads"}, {"pads", "strides"}, {"pads", "dilations"}]
    before, after = (answer_of(one.SerializeToString())(IMAGES[0]) for one in (model, small))
    np.testing.assert_array_equal(before, after)
    assert compact(small).SerializeToString() == small.SerializeToString()


def test_a_graph_with_graphs_inside_is_not_touched() -> None:
    branch = helper.make_graph([], "branch", [], [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])])
    node = helper.make_node("If", ["asked"], ["y"], then_branch=branch, else_branch=branch)
    asked = helper.make_tensor_value_info("asked", TensorProto.BOOL, [])
    answered = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    with pytest.raises(ValueError, match="graphs inside"):
        compact(helper.make_model(helper.make_graph([node], "outer", [asked], [answered])))
