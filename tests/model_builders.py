"""Small model packages whose graphs are real ONNX and whose golden case is really computed.

A package is made in memory, may be spoilt there in any way, and is then written with sizes and hashes
that fit what was written; what is spoilt after that, on the disk, no longer fits them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from appliance.preprocess import BrainInput

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from numpy.typing import NDArray

ROWS, COLUMNS, CHANNELS, CLASSES = 24, 16, 3, 2
OPSET = 17
rng = np.random.default_rng(7)
WEIGHTS = (rng.normal(size=(CLASSES, CHANNELS, 3, 3)) / 5).astype(np.float32)
IMAGES = rng.uniform(size=(2, CHANNELS, ROWS, COLUMNS)).astype(np.float32)
TOLERANCES = {"cpu-int8": 0.1, "gpu-fp16": 0.02, "cpu-fp32": 1e-4, "explain": 1e-4}


def model(
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    inputs: dict[str, list[Any]] | None = None,
    outputs: dict[str, list[Any]] | None = None,
    **more: Any,  # noqa: ANN401 - handed on to onnx
) -> onnx.ModelProto:
    """Make a model around some nodes; by default from ``image`` to ``logits``."""
    inputs = inputs or {"image": ["slices", CHANNELS, ROWS, COLUMNS]}
    outputs = outputs or {"logits": ["slices", CLASSES, ROWS, COLUMNS]}
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, **more)


def convolution(weights: NDArray[np.float32] = WEIGHTS, **shapes: Any) -> onnx.ModelProto:  # noqa: ANN401 - handed on
    """One convolution in float32."""
    node = helper.make_node("Conv", ["image", "w"], ["logits"], pads=[1, 1, 1, 1])
    return model([node], [numpy_helper.from_array(weights, "w")], **shapes)


def in_halves(weights: NDArray[np.float32] = WEIGHTS) -> onnx.ModelProto:
    """Make the same in float16, with float32 at both ends."""
    nodes = [
        helper.make_node("Cast", ["image"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("Conv", ["half", "w"], ["half_logits"], pads=[1, 1, 1, 1]),
        helper.make_node("Cast", ["half_logits"], ["logits"], to=TensorProto.FLOAT),
    ]
    return model(nodes, [numpy_helper.from_array(weights.astype(np.float16), "w")])


def quantised(weights: NDArray[np.float32] = WEIGHTS) -> onnx.ModelProto:
    """Make the same in eight bits: seven for the weights, so that no processor overflows."""
    scale = np.float32(np.abs(weights).max() / 63)
    tensors = {
        "x_scale": np.float32(1 / 255),
        "x_zero": np.uint8(0),
        "w_int8": np.round(weights / scale).astype(np.int8),
        "w_scale": scale,
        "w_zero": np.int8(0),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "x_scale", "x_zero"], ["x_int8"]),
        helper.make_node("DequantizeLinear", ["x_int8", "x_scale", "x_zero"], ["x"]),
        helper.make_node("DequantizeLinear", ["w_int8", "w_scale", "w_zero"], ["w"]),
        helper.make_node("Conv", ["x", "w"], ["logits"], pads=[1, 1, 1, 1]),
    ]
    return model(nodes, [numpy_helper.from_array(np.asarray(value), name) for name, value in tensors.items()])


def explaining(weights: NDArray[np.float32] = WEIGHTS) -> onnx.ModelProto:
    """Make a network with a relevance: the image where it is asked for."""
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["logits"], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", ["image", "where"], ["relevance"]),
    ]
    return model(
        nodes,
        [numpy_helper.from_array(weights, "w")],
        {"image": [1, CHANNELS, ROWS, COLUMNS], "where": [1, 1, ROWS, COLUMNS]},
        {"logits": [1, CLASSES, ROWS, COLUMNS], "relevance": [1, CHANNELS, ROWS, COLUMNS]},
    )


def computed(graph: onnx.ModelProto, **inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Run a graph as the reference does."""
    session = real_runtime().InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return list(session.run(None, inputs))


@cache
def real_runtime() -> ModuleType:
    """Return ONNX Runtime, loaded so that it does not report to its maker."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415 - it reads its environment when it is loaded

    return onnxruntime


def zipped(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Make an ``npz`` file."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@dataclass
class Package:
    """A package before it is written."""

    description: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, parent: Path) -> Path:
        """Write it into its folder with hashes that fit; return the folder."""
        self.description["files"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in self.files.items()
        }
        folder = parent / f"{self.description['task']}-{self.description['version']}"
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        (folder / "model.json").write_text(json.dumps(self.description), encoding="utf-8")
        return folder

    @property
    def network(self) -> dict[str, Any]:
        """Its only network."""
        only: dict[str, Any] = self.description["networks"]["lesions"]
        return only

    def replace_graph(self, role: str, graph: onnx.ModelProto) -> None:
        """Put another graph in the place of one."""
        self.files[f"{role}.onnx"] = graph.SerializeToString()


def sound_package(weights: NDArray[np.float32] = WEIGHTS) -> Package:
    """Make a package with nothing wrong in it."""
    graphs = {
        "cpu-int8": quantised(weights),
        "gpu-fp16": in_halves(weights),
        "cpu-fp32": convolution(weights),
        "explain": explaining(weights),
    }
    where = np.zeros((1, 1, ROWS, COLUMNS), dtype=np.float32)
    where[..., 4:9, 3:6] = 1
    relevance = computed(graphs["explain"], image=IMAGES[:1], where=where)[1]
    golden = {
        "lesions.image": IMAGES,
        "lesions.logits": computed(graphs["cpu-fp32"], image=IMAGES)[0],
        "lesions.explain.where": where,
        "lesions.explain.relevance": relevance,
    }
    files = {f"{role}.onnx": graph.SerializeToString() for role, graph in graphs.items()}
    return Package(_description(list(graphs)), files | {"golden.npz": zipped(golden), "card.md": b"# A test\n"})


def _description(roles: list[str]) -> dict[str, Any]:
    return {
        "schema": 1,
        "task": "brain-lesions",
        "version": "1.2.3",
        "minimum_app_version": "0.1.0",
        "made_on": "2026-01-31",
        "networks": {"lesions": _network(roles)},
        "thresholds": {"lesion": 0.5},
        "calibration": {"lesion": {"temperature": 1.3, "bias": -0.1}},
        "trained_on": [{"name": "none", "cases": 0, "licence": "none", "source": "invented"}],
        "measured": [
            {"figure": "Dice", "value": 0.8, "low": 0.7, "high": 0.9, "cases": 9, "on": "nothing", "role": "cpu-int8"}
        ],
    }


def _network(roles: list[str]) -> dict[str, Any]:
    prepared = asdict(BrainInput(rows=ROWS, columns=COLUMNS))
    return {
        "preparation": {"kind": "head", "parameters": prepared},
        "input": {"name": "image", "shape": [None, CHANNELS, ROWS, COLUMNS]},
        "outputs": [
            {
                "name": "logits",
                "shape": [None, CLASSES, ROWS, COLUMNS],
                "classes": ["lesion", "ventricle"],
                "activation": "sigmoid",
            }
        ],
        "largest_batch": 4,
        "graphs": {role: f"{role}.onnx" for role in roles},
        "golden": {
            "tolerances": {role: {"largest": TOLERANCES[role], "mean": TOLERANCES[role] / 4} for role in roles},
            "seconds": 20.0,
        },
    }
