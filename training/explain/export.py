"""Writes ``explain.onnx``: a network and its relevance as one plain ONNX graph, for a clinic without torch.

Inputs   ``image`` [1, channels, rows, columns], ``where`` [1, 1, rows, columns] (1 in the voxels to explain)
Outputs  ``logits`` as the network gives them, ``relevance`` like ``image``; summed, it is what was explained

The graph is traced from ``propagate`` itself, so there is one set of rules. It holds the network's weights once,
standard operations only, and a fixed size: relevance is looked at one slice at a time.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING

import onnx
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from training.explain.relevance import propagate

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn
    from torch.fx import GraphModule

OPSET = 17
LEAVES_VALUES_ALONE = frozenset(
    {
        torch.ops.aten.lift_fresh_copy.default,
        torch.ops.aten.detach.default,
        torch.ops.aten.alias.default,
    }
)


def write_explain_onnx(network: nn.Module, size: tuple[int, int, int], target: int, path: Path) -> None:
    """Write the graph for images of ``size`` (channels, rows, columns) and the class ``target``."""
    channels, rows, columns = size
    image, where = torch.randn(1, channels, rows, columns), torch.ones(1, 1, rows, columns)
    graph = traced(network.eval(), image, where, target)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter announces its successor, which needs another library
        torch.onnx.export(
            graph,
            (image, where),
            buffer,
            dynamo=False,
            do_constant_folding=False,  # it would store each kernel a second time, turned round
            opset_version=OPSET,
            input_names=["image", "where"],
            output_names=["logits", "relevance"],
        )
    model = onnx.load_from_string(buffer.getvalue())
    onnx.checker.check_model(model, full_check=True)
    half_written = path.with_suffix(".part")
    half_written.write_bytes(model.SerializeToString())
    half_written.replace(path)


def traced(network: nn.Module, image: Tensor, where: Tensor, target: int) -> GraphModule:
    """Record what ``propagate`` does to the values, and nothing else."""
    module = make_fx(lambda scan, asked: propagate(network, scan, asked, target))(image, where)
    for node in list(module.graph.nodes):
        if node.target in LEAVES_VALUES_ALONE:
            node.replace_all_uses_with(node.args[0])
            module.graph.erase_node(node)
        elif node.target is torch.ops.aten._unsafe_view.default:  # noqa: SLF001 (torch gives its operators no other name)
            node.target = torch.ops.aten.view.default
    module.graph.eliminate_dead_code()
    module.recompile()
    return module
