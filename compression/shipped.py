"""What the factory packages cost on this machine, beside the full networks that they came from.

Everything that it asks lies in the repository: the graphs of the packages, the checkpoints of the full networks. A full
network is asked in PyTorch as it was asked when it was measured: the lesion teacher with each slice's mirror image.
Input is what the golden case holds; lesions are also found in slices of 256×256, one at a time and four, as in the
clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from appliance.engine.session import Ports
from appliance.models import load_package
from appliance.models.spec import Role, Task
from appliance.settings import Limits
from compression.compact import compact
from compression.graphs import whole_again
from compression.pruned import load_any, load_spine
from compression.teaching import weights_of
from compression.timing import PRECISIONS, PYTORCH, SIDE, fastest, in_pytorch, on_runtimes, twice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from appliance.engine.network import Floats
    from appliance.models.package import ModelPackage
    from compression.timing import Asked

IN_THE_CLINIC = 4
"""Slices that the clinic's reader asks for at once."""
LESIONS = (Task.BRAIN_LESIONS, "lesions")
CAME_FROM = {
    LESIONS: "teacher",
    (Task.BRAIN_LESIONS, "brain"): "brain",
    (Task.SPINE_AXIAL, "locator"): "spine-axial-locator",
    (Task.SPINE_AXIAL, "grader"): "spine-axial-grader",
    (Task.SPINE_SAGITTAL, "segmenter"): "spine-sagittal-segmenter",
    (Task.SPINE_SAGITTAL, "discs"): "spine-sagittal-discs",
}
"""Checkpoints of the full networks; that of the anomaly network does not lie in the repository."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One network that ships, at one size of input."""

    package: str
    network: str
    shape: tuple[int, ...]
    weights: int
    """Numbers that its FP32 graph holds, batch norms folded."""
    full_weights: int | None
    """Of the full network, if it lies in the repository."""
    bytes_of: Mapping[str, int]
    """By precision; FP32 as plain as it was quantised from, not with its weights in halves."""
    milliseconds: Mapping[str, float]
    """For one slice, by runtime; ``PyTorch FP32`` is the full network's."""

    @property
    def smaller(self) -> float:
        """How often the INT8 file fits into plain FP32."""
        return self.bytes_of["FP32"] / self.bytes_of["INT8"]

    @property
    def faster(self) -> float:
        """How much faster INT8 is than FP32 on OpenVINO."""
        return self.milliseconds["OpenVINO FP32"] / self.milliseconds["OpenVINO INT8"]

    @property
    def faster_than_full(self) -> float | None:
        """How much faster INT8 on OpenVINO is than the full network in PyTorch."""
        full = self.milliseconds.get(PYTORCH)
        return full and full / self.milliseconds["OpenVINO INT8"]


def costs(factory: Path, checkpoints: Path) -> list[Cost]:
    """Time every network of every factory package, all in turns."""
    cases = [case for folder in sorted(factory.iterdir()) for case in _cases(load_package(folder, Limits()))]
    full = {case: _full(case, checkpoints) for case in cases}
    timed = fastest(
        {
            (case, runtime): partial(run, case.image)
            for case in cases
            for runtime, run in (_in_pytorch(case, full[case]) | on_runtimes(case.graphs, case.ports)).items()
        }
    )
    return [_cost(case, full[case], {name: ms for (who, name), ms in timed.items() if who is case}) for case in cases]


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    task: Task
    network: str
    ports: Ports
    graphs: Mapping[Role, bytes]
    image: Floats


def _cases(package: ModelPackage) -> list[_Case]:
    found = []
    for name, network in package.spec.networks.items():
        graphs = {role: package.contents[network.graphs[role]] for role in PRECISIONS}
        ports = Ports((network.input.name,), tuple(output.name for output in network.outputs))
        key = (package.spec.task, name)
        found.append(_Case(*key, ports, graphs, package.golden[f"{name}.{network.input.name}"].copy()))
        if key == LESIONS:
            found += [_Case(*key, ports, *_large(graphs, count)) for count in (1, IN_THE_CLINIC)]
    return found


def _large(graphs: Mapping[Role, bytes], count: int) -> tuple[dict[Role, bytes], Floats]:
    """Open graphs of convolutions for slices of 256×256."""
    models = {role: onnx.load_from_string(content) for role, content in graphs.items()}
    for model in models.values():
        for value in (*model.graph.input, *model.graph.output):
            for axis in value.type.tensor_type.shape.dim[2:]:
                axis.dim_value = SIDE
    channels = models[Role.CPU_FP32].graph.input[0].type.tensor_type.shape.dim[1].dim_value
    image = np.random.default_rng(0).random((count, channels, SIDE, SIDE), dtype=np.float32)
    return {role: model.SerializeToString() for role, model in models.items()}, image


def _full(case: _Case, checkpoints: Path) -> nn.Module | None:
    stored = CAME_FROM.get((case.task, case.network))
    if stored is None:
        return None
    path = checkpoints / f"{stored}.safetensors"
    return load_spine(path)[1] if stored.startswith("spine") else load_any(path)[0]


def _in_pytorch(case: _Case, full: nn.Module | None) -> dict[str, Asked]:
    if full is None:
        return {}
    run = in_pytorch(full)
    return {PYTORCH: twice(run) if (case.task, case.network) == LESIONS else run}


def _cost(case: _Case, full: nn.Module | None, milliseconds: Mapping[str, float]) -> Cost:
    plain = whole_again(onnx.load_from_string(case.graphs[Role.CPU_FP32]))
    sizes = {role: len(content) for role, content in case.graphs.items()}
    sizes[Role.CPU_FP32] = len(compact(plain).SerializeToString())
    return Cost(
        case.task,
        case.network,
        case.image.shape,
        sum(numpy_helper.to_array(tensor).size for tensor in plain.graph.initializer),
        None if full is None else weights_of(full),
        {PRECISIONS[role]: size for role, size in sizes.items()},
        {runtime: ms / len(case.image) for runtime, ms in milliseconds.items()},
    )
