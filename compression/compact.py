"""The same graph in fewer bytes: what only the tools read that made it goes, and inner names become short ones.

In a graph of a hundred thousand weights the names and the shapes that quantising writes down weigh a third of these.
Equal tensors (the zero points of quantised layers) are kept once, and what a convolution takes unless it is told
otherwise is not told.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import onnx

if TYPE_CHECKING:
    from collections.abc import Iterator

INNER = frozenset({onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS})
CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
DIGITS = "abcdefghijklmnopqrstuvwxyz"


def compact(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy without notes and with short inner names; its inputs and outputs are called as before."""
    small = onnx.ModelProto.FromString(model.SerializeToString())
    graph = small.graph
    if any(_inner(node) for node in graph.node):
        raise ValueError("a graph with graphs inside would lose what they take from outside")
    outside = {value.name for value in (*graph.input, *graph.output)}
    short = _short_names(outside)
    called: dict[str, str] = {name: name for name in ("", *outside)}

    def name_of(old: str) -> str:
        if old not in called:
            called[old] = next(short)
        return called[old]

    kept: dict[bytes, onnx.TensorProto] = {}
    for tensor in graph.initializer:
        old, tensor.name, tensor.doc_string = tensor.name, "", ""
        content = tensor.SerializeToString(deterministic=True)
        if content not in kept or old in outside:
            tensor.name = name_of(old)
            kept.setdefault(content, tensor)
        else:
            called[old] = kept[content].name
    for tensor in [tensor for tensor in graph.initializer if not tensor.name]:
        graph.initializer.remove(tensor)
    for node in graph.node:
        node.name, node.doc_string = "", ""
        for attribute in [attribute for attribute in node.attribute if _goes_without_saying(node, attribute)]:
            node.attribute.remove(attribute)
        node.input[:] = [name_of(old) for old in node.input]
        node.output[:] = [name_of(old) for old in node.output]
    del graph.value_info[:]
    del small.metadata_props[:]
    graph.doc_string = small.doc_string = ""
    return small


def _inner(node: onnx.NodeProto) -> bool:
    return any(attribute.type in INNER for attribute in node.attribute)


def _goes_without_saying(node: onnx.NodeProto, attribute: onnx.AttributeProto) -> bool:
    """Say whether a convolution's attribute is what the standard takes when there is none."""
    if node.op_type not in CONVOLUTIONS:
        return False
    if attribute.name == "group":
        return bool(attribute.i == 1)
    return attribute.name in {"dilations", "strides"} and set(attribute.ints) == {1}


def _short_names(taken: set[str]) -> Iterator[str]:
    for number in count():
        name, rest = "", number
        while True:
            rest, digit = divmod(rest, len(DIGITS))
            name = DIGITS[digit] + name
            if rest == 0:
                break
            rest -= 1
        if name not in taken:
            yield name
