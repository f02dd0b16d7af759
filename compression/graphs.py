"""One network as ONNX graphs: the reference in FP32, FP16 for CUDA; ``eight_bits`` makes INT8 for OpenVINO of it.

All are plain: standard operations, weights inside, float32 at both ends, any number of slices.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime.transformers.float16 import convert_float_to_float16

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from appliance.engine.network import Floats
    from compression.recipe import NetworkRecipe

OPSET = 17
SMALLEST_HALF = 1e-7
LARGEST_HALF = 6e4
WORTH_HALVING = 256
"""Numbers: fewer are not worth a node."""


def reference(recipe: NetworkRecipe) -> onnx.ModelProto:
    """Export a network in FP32, batch norms folded into its convolutions."""
    free = {axis: f"axis{axis}" for axis, size in enumerate(recipe.shape) if size is None}
    axes = {recipe.input_name: free} | {output.name: _free(output.shape) for output in recipe.outputs}
    names = tuple(output.name for output in recipe.outputs)
    return exported(recipe.network, recipe.golden, recipe.input_name, names, axes)


def exported(
    network: nn.Module,
    example: Floats,
    input_name: str,
    outputs: tuple[str, ...],
    free: dict[str, dict[int, str]] | None = None,
) -> onnx.ModelProto:
    """Trace a network; unless told otherwise, only the number of slices is free."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        torch.onnx.export(
            network.eval(),
            (torch.from_numpy(example),),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            input_names=[input_name],
            output_names=list(outputs),
            dynamic_axes=free or {name: {0: "slices"} for name in (input_name, *outputs)},
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model, full_check=True)
    return model


def halved(model: onnx.ModelProto, kept: Iterable[str] = ()) -> onnx.ModelProto:
    """Convert a graph to FP16 with FP32 at its ends; operations of the kinds ``kept`` stay as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # weights too small for FP16 become the smallest that it has
        converted = convert_float_to_float16(
            onnx.ModelProto.FromString(model.SerializeToString()),
            keep_io_types=True,
            min_positive_val=SMALLEST_HALF,
            op_block_list=list(kept) or None,
        )
    for number, node in enumerate(converted.graph.node):
        node.name = f"{node.op_type}_{number}"  # the converter gives two of its casts one name
    return converted


def stored_in_halves(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a graph that computes in FP32 as before, its large weights kept in FP16: half the file."""
    small = onnx.ModelProto.FromString(model.SerializeToString())
    casts = []
    for tensor in small.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < WORTH_HALVING or np.abs(values).max() > LARGEST_HALF:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], f"{name}_whole", to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *small.graph.node]
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    return small


def whole_again(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return what ``stored_in_halves`` was given, but for the digits that halves have not: every weight in FP32."""
    plain = onnx.ModelProto.FromString(model.SerializeToString())
    halves = {tensor.name: tensor for tensor in plain.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16}
    casts = [node for node in plain.graph.node if node.op_type == "Cast" and node.input[0] in halves]
    for cast in casts:
        half = halves[cast.input[0]]
        half.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(half).astype(np.float32), cast.output[0]))
        plain.graph.node.remove(cast)
    return plain


def _free(shape: tuple[int | None, ...]) -> dict[int, str]:
    return {axis: f"axis{axis}" for axis, size in enumerate(shape) if size is None}
