"""An ONNX file that is broken, not plain, or not what model.json says is refused before any runtime sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from model_builders import CHANNELS, CLASSES, COLUMNS, ROWS, WEIGHTS, Package, convolution, explaining, in_halves, model
from onnx import TensorProto, helper, numpy_helper
from refusals import SMALL, refusal

from appliance.exact_json import NotAsAgreed
from appliance.models import load_package
from appliance.models.onnx_file import facts_of
from appliance.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def outside(name: str) -> onnx.ModelProto:
    """Make a graph whose weights lie in another file."""
    graph = convolution()
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=name)
    return graph


def with_constant(**attribute: Any) -> onnx.ModelProto:  # noqa: ANN401 - any attribute
    """Make a graph whose weights are the output of a Constant."""
    nodes = [
        helper.make_node("Constant", [], ["w"], **attribute),
        helper.make_node("Conv", ["image", "w"], ["logits"], pads=[1, 1, 1, 1]),
    ]
    return model(nodes, [])


def not_numbers(kind: int, *, raw: bool = True) -> onnx.ModelProto:
    """Make a graph with one weight that is no number, stored in one of the format's ways."""
    graph = convolution()
    values = WEIGHTS.astype({TensorProto.FLOAT: "f4", TensorProto.FLOAT16: "f2", TensorProto.DOUBLE: "f8"}[kind])
    values[0, 0, 0, 0] = np.nan
    stored = values.tobytes() if raw else values.ravel()
    tensor = helper.make_tensor("w", kind, values.shape, stored, raw=raw)
    graph.graph.initializer[0].CopyFrom(tensor)
    return graph


def one_by_one() -> onnx.ModelProto:
    """Make a graph with a weight that is no number, each value as a field of its own, as old writers did."""
    tensor = b"\x10\x0a" + b"".join(b"\x28" + bytes([0x80, 0xF8, 0x01]) for _ in range(3)) + b"\x42\x01w"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return onnx.ModelProto.FromString(convolution().SerializeToString() + b"\x3a" + bytes([len(graph)]) + graph)


def packed_badly() -> bytes:
    tensor = b"\x10\x0a\x2a\x02\x80\x80"
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    return b"\x3a" + bytes([len(graph)]) + graph


def in_bfloat16(value: int) -> onnx.ModelProto:
    graph = convolution()
    tensor = TensorProto(name="w", data_type=TensorProto.BFLOAT16, dims=[1], raw_data=value.to_bytes(2, "little"))
    graph.graph.initializer.append(tensor)
    return graph


def looping() -> onnx.ModelProto:
    body = helper.make_graph([helper.make_node("Identity", ["image"], ["logits"])], "body", [], [])
    return model([helper.make_node("If", ["image"], ["logits"], then_branch=body, else_branch=body)], [])


def foreign() -> onnx.ModelProto:
    return model([helper.make_node("Conv", ["image"], ["logits"], domain="com.example")], [])


def foreign_opset() -> onnx.ModelProto:
    graph = convolution()
    graph.opset_import.append(helper.make_opsetid("com.example", 1))
    return graph


def with_function() -> onnx.ModelProto:
    graph = convolution()
    graph.functions.add(name="f", domain="local")
    return graph


def sparse() -> onnx.ModelProto:
    graph = convolution()
    values = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [1], [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))
    return graph


def of_text() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.initializer.append(helper.make_tensor("t", TensorProto.STRING, [1], [b"x"]))
    return graph


def with_shapes(**shapes: Any) -> onnx.ModelProto:  # noqa: ANN401 - any shape
    return convolution(**shapes)


def in_doubles() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return graph


def shapeless() -> onnx.ModelProto:
    graph = convolution()
    graph.graph.output[0].type.tensor_type.ClearField("shape")
    return graph


IMAGE, LOGITS = ["n", CHANNELS, ROWS, COLUMNS], ["n", CLASSES, ROWS, COLUMNS]


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (lambda: outside("weights.bin"), "its weights “w” lie in another file"),
        (lambda: outside("../../../../etc/passwd"), "its weights “w” lie in another file"),
        (lambda: outside("/etc/passwd"), "its weights “w” lie in another file"),
        (lambda: with_constant(value=outside("x").graph.initializer[0]), "lie in another file"),
        (lambda: not_numbers(TensorProto.FLOAT), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT, raw=False), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT16), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.FLOAT16, raw=False), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.DOUBLE), "“w” holds values that are not numbers"),
        (lambda: not_numbers(TensorProto.DOUBLE, raw=False), "“w” holds values that are not numbers"),
        (one_by_one, "“w” holds values that are not numbers"),
        (packed_badly, "it is cut short"),
        (lambda: in_bfloat16(0x7FC0), "“w” holds values that are not numbers"),
        (lambda: in_bfloat16(0x7F80), "“w” holds values that are not numbers"),
        (lambda: with_constant(value_float=float("inf")), "a constant holds values that are not numbers"),
        (lambda: with_constant(value_floats=[1.0, float("nan")]), "a constant holds values that are not numbers"),
        (
            lambda: with_constant(value=numpy_helper.from_array(np.float32([np.inf]))),
            "holds values that are not numbers",
        ),
        (looping, "it holds control flow"),
        (foreign, "it uses operations of “com.example”"),
        (foreign_opset, "it uses operations of “com.example”"),
        (with_function, "it defines functions or training of its own"),
        (sparse, "it holds sparse weights"),
        (lambda: with_constant(sparse_value=sparse().graph.sparse_initializer[0]), "it holds sparse weights"),
        (of_text, "its weights “t” are of a type that is not read"),
        (lambda: with_shapes(inputs={"picture": IMAGE}), "its inputs are not image, as model.json says"),
        (lambda: with_shapes(outputs={"answer": LOGITS}), "its outputs are not logits, as model.json says"),
        (lambda: with_shapes(outputs={"logits": LOGITS, "more": LOGITS}), "its outputs are not logits"),
        (lambda: with_shapes(inputs={"image": ["n", 1, ROWS, COLUMNS]}), "its input “image” is not of the type and"),
        (lambda: with_shapes(inputs={"image": IMAGE[:3]}), "its input “image” is not of the type and shape"),
        (lambda: with_shapes(inputs={"image": [1, *IMAGE[1:]]}), "its input “image” is not of the type and shape"),
        (lambda: with_shapes(outputs={"logits": ["n", 7, ROWS, COLUMNS]}), "its output “logits” is not of the type"),
        (in_doubles, "its input “image” is not of the type and shape"),
        (shapeless, "“logits” is no tensor with a shape"),
        (lambda: onnx.ModelProto(ir_version=8), "it holds no graph with inputs and outputs"),
    ],
)
@pytest.mark.parametrize("role", ["cpu-int8", "gpu-fp16"])
def test_a_graph_that_is_not_plain_or_does_not_fit(
    sound: Package, tmp_path: Path, graph: Callable[[], onnx.ModelProto | bytes], words: str, role: str
) -> None:
    made = graph()
    sound.files[f"{role}.onnx"] = made if isinstance(made, bytes) else made.SerializeToString()
    said = refusal(sound.write(tmp_path))
    assert f"{role}.onnx: " in said
    assert words in said


def test_an_explanation_that_takes_something_else(sound: Package, tmp_path: Path) -> None:
    sound.replace_graph("explain", convolution())
    assert "explain.onnx: its inputs are not image, where, as model.json says" in refusal(sound.write(tmp_path))


@pytest.mark.parametrize("graph", [convolution, in_halves, explaining])
def test_no_prefix_of_a_good_file_is_taken_for_a_graph_with_all_its_parts(
    graph: Callable[[], onnx.ModelProto],
) -> None:
    content = graph().SerializeToString()
    whole = facts_of(content)
    for end in range(len(content)):
        try:
            assert facts_of(content[:end]) == whole
        except NotAsAgreed:
            continue
        assert graph().graph == onnx.ModelProto.FromString(content[:end]).graph


def test_weights_that_are_also_inputs_are_not_taken_for_inputs(sound: Package, tmp_path: Path) -> None:
    graph = convolution()
    graph.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, WEIGHTS.shape))
    sound.replace_graph("cpu-fp32", graph)
    load_package(sound.write(tmp_path), SMALL)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x3a\x7f", "it is cut short"),
        (b"\xff" * 40, "it is cut short"),
        (b"\x0b\x0c", "it is broken"),
        (b"\x38\x01", "it is broken"),
        (b"\x08\x00" * 200_001, "it has too many parts"),
    ],
    ids=["length", "varint", "group", "number for a graph", "parts"],
)
def test_bytes_that_are_no_graph(sound: Package, tmp_path: Path, content: bytes, words: str) -> None:
    sound.files["cpu-int8.onnx"] = content
    assert f"cpu-int8.onnx: {words}" in refusal(sound.write(tmp_path), Limits())
