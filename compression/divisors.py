"""A graph that divides by nothing that is zero, not even where a runtime fills a layer up.

On processors without AVX2 OpenVINO lays a layer out in groups of eight channels, fills the last group up with zeros,
and computes there too. One over zero is infinite, that times zero is not a number, and the next convolution spreads
it over every channel. A small number added to the divisor does not help: the convolution before takes it in, and adds
it to the channels that there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping

ZERO, ONE = "divisors/zero", "divisors/one"


def with_safe_divisors(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy in which a divisor that a convolution made is one where it is zero; all other values stay."""
    safe = onnx.ModelProto.FromString(model.SerializeToString())
    graph = safe.graph
    made_by = {name: node for node in graph.node for name in node.output}
    nodes: list[onnx.NodeProto] = []
    never_zero: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "Div" and _comes_from_a_convolution(node.input[1], made_by):
            divisor = node.input[1]
            if divisor not in never_zero:
                never_zero[divisor], is_zero = f"{divisor}/never zero", f"{divisor}/is zero"
                nodes.append(helper.make_node("Equal", [divisor, ZERO], [is_zero]))
                nodes.append(helper.make_node("Where", [is_zero, ONE, divisor], [never_zero[divisor]]))
            node.input[1] = never_zero[divisor]
        nodes.append(node)
    if never_zero:
        graph.initializer.extend(
            numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in ((ZERO, 0), (ONE, 1))
        )
        del graph.node[:]
        graph.node.extend(nodes)
    return safe


def _comes_from_a_convolution(name: str, made_by: Mapping[str, onnx.NodeProto]) -> bool:
    """Say whether a convolution made this, with or without something added to it."""
    node = made_by.get(name)
    if node is not None and node.op_type == "Add":
        return any(_is_convolution(made_by.get(part)) for part in node.input)
    return _is_convolution(node)


def _is_convolution(node: onnx.NodeProto | None) -> bool:
    return node is not None and node.op_type == "Conv"
