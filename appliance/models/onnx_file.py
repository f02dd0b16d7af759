"""What an ONNX file holds, read before any runtime opens it.

A file is plain if its graph is one straight line of standard operations with all its weights inside and
finite: no external data (which names other files to open), no control flow and no functions (which may
run for ever), no operations of other domains (which need libraries). Anything else is refused.

The ``onnx`` package is not used: with protobuf and ml_dtypes it is 35 MB, and it builds the whole model in
memory before anything can be asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.exact_json import NotAsAgreed
from appliance.models.protobuf import Walk, as_bytes, integer, packed, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.models.protobuf import Fields, Message

STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
FLOAT32, EXTERNAL = 1, 1


class Model:
    """Field numbers of ModelProto."""

    GRAPH, OPSET, TRAINING, FUNCTIONS = 7, 8, 20, 25


class Graph:
    """Field numbers of GraphProto."""

    NODE, INITIALIZER, INPUT, OUTPUT, SPARSE = 1, 5, 11, 12, 15


class Node:
    """Field numbers of NodeProto."""

    ATTRIBUTE, DOMAIN = 5, 7


class Attribute:
    """Field numbers of AttributeProto."""

    FLOAT, TENSOR, GRAPH, FLOATS, TENSORS, GRAPHS, SPARSE, SPARSES = 2, 5, 6, 7, 10, 11, 22, 23


class Tensor:
    """Field numbers of TensorProto."""

    TYPE, FLOATS, INTS, NAME, RAW, DOUBLES, EXTERNAL, LOCATION = 2, 4, 5, 8, 9, 10, 13, 14


BFLOAT16 = "bfloat16"
FLOATING = {1: "<f4", 10: "<f2", 11: "<f8", 16: BFLOAT16}
"""Element types that may hold something not finite, and how they are laid out."""
WHOLE = frozenset({2, 3, 4, 5, 6, 7, 9, 12, 13})
"""Whole numbers of 8 to 64 bits, and truth values."""


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a graph."""

    name: str
    is_float32: bool
    shape: tuple[int | None, ...]
    """``None`` where the graph does not fix the size."""


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What goes into a graph and what comes out."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def facts_of(content: bytes) -> GraphFacts:
    """Return what a plain file's graph takes and gives, or say why the file is not plain."""
    walk = Walk()
    model = walk.into(memoryview(content))
    if Model.FUNCTIONS in model or Model.TRAINING in model:
        raise NotAsAgreed("it defines functions or training of its own")
    for opset in walk.children(model, Model.OPSET):
        _check_domain(text(opset, 1))
    inputs: list[Port] = []
    outputs: list[Port] = []
    for graph in walk.children(model, Model.GRAPH):
        weights = _check_weights(walk, graph)
        _check_nodes(walk, graph)
        inputs += [port for port in _ports(walk, graph, Graph.INPUT) if port.name not in weights]
        outputs += _ports(walk, graph, Graph.OUTPUT)
    if not inputs or not outputs:
        raise NotAsAgreed("it holds no graph with inputs and outputs")
    return GraphFacts(tuple(inputs), tuple(outputs))


def _check_weights(walk: Walk, graph: Fields) -> set[str]:
    if Graph.SPARSE in graph:
        raise NotAsAgreed("it holds sparse weights")
    return {_check_tensor(tensor) for tensor in walk.children(graph, Graph.INITIALIZER)}


def _check_nodes(walk: Walk, graph: Fields) -> None:
    for node in walk.children(graph, Graph.NODE):
        _check_domain(text(node, Node.DOMAIN))
        for attribute in walk.children(node, Node.ATTRIBUTE):
            _check_attribute(walk, attribute)


def _check_attribute(walk: Walk, attribute: Fields) -> None:
    if Attribute.GRAPH in attribute or Attribute.GRAPHS in attribute:
        raise NotAsAgreed("it holds control flow")
    if Attribute.SPARSE in attribute or Attribute.SPARSES in attribute:
        raise NotAsAgreed("it holds sparse weights")
    for number in (Attribute.TENSOR, Attribute.TENSORS):
        for tensor in walk.children(attribute, number):
            _check_tensor(tensor)
    for number in (Attribute.FLOAT, Attribute.FLOATS):
        for value in attribute.get(number, ()):
            _check_finite(as_bytes(value), "<f4", "a constant")


def _check_tensor(tensor: Fields) -> str:
    """Refuse weights that lie elsewhere or are no numbers; return the tensor's name."""
    name = text(tensor, Tensor.NAME)
    if Tensor.EXTERNAL in tensor or any(location == EXTERNAL for location in tensor.get(Tensor.LOCATION, ())):
        raise NotAsAgreed(f"its weights “{name}” lie in another file")
    kind = integer(tensor, Tensor.TYPE)
    if kind not in FLOATING and kind not in WHOLE:
        raise NotAsAgreed(f"its weights “{name}” are of a type that is not read")
    for content, layout in _stored(tensor, FLOATING[kind]) if kind in FLOATING else ():
        _check_finite(content, layout, f"“{name}”")
    return name


def _stored(tensor: Fields, layout: str) -> Iterator[tuple[Message, str]]:
    """Yield the values of a tensor wherever the format allows them to be."""
    for number, stored_as in ((Tensor.RAW, layout), (Tensor.FLOATS, "<f4"), (Tensor.DOUBLES, "<f8")):
        for value in tensor.get(number, ()):
            yield as_bytes(value), stored_as
    for value in tensor.get(Tensor.INTS, ()):
        numbers = np.array([value], np.uint64) if isinstance(value, int) else packed(value)
        yield memoryview(numbers.astype("<u2").tobytes()), layout


def _check_finite(content: Message, layout: str, what: str) -> None:
    try:
        values = _bfloat16(content) if layout == BFLOAT16 else np.frombuffer(content, dtype=layout)
    except ValueError as error:
        raise NotAsAgreed(f"{what} is cut short") from error
    if not np.isfinite(values).all():
        raise NotAsAgreed(f"{what} holds values that are not numbers")


def _bfloat16(content: Message) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Read the upper halves of float32 numbers."""
    return (np.frombuffer(content, dtype="<u2").astype("<u4") << 16).view("<f4")


def _ports(walk: Walk, graph: Fields, number: int) -> list[Port]:
    return [_port(walk, value_info) for value_info in walk.children(graph, number)]


def _port(walk: Walk, value_info: Fields) -> Port:
    name = text(value_info, 1)
    tensors = [tensor for kind in walk.children(value_info, 2) for tensor in walk.children(kind, 1)]
    shapes = [shape for tensor in tensors for shape in walk.children(tensor, 2)]
    if len(tensors) != 1 or len(shapes) != 1:
        raise NotAsAgreed(f"“{name}” is no tensor with a shape")
    sizes = tuple(integer(size, 1) or None for size in walk.children(shapes[0], 1))
    return Port(name, integer(tensors[0], 1) == FLOAT32, sizes)


def _check_domain(domain: str) -> None:
    if domain not in STANDARD_DOMAINS:
        raise NotAsAgreed(f"it uses operations of “{domain}”, which are not standard")
