"""Times networks on every runtime of this machine: in turns, round after round, the fastest of which counts.

So whatever else the machine does slows all of them alike. In its turn each is asked several times, as slices follow
each other in a study: the first time it still has the caches to fill, and threads of whoever was asked before may be
waiting for more work at full speed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from appliance.engine import onnx_runtime
from appliance.engine.network import Floats
from appliance.engine.session import Resources
from appliance.engine.trouble import Trouble
from appliance.machine import processor
from appliance.models.spec import Role
from compression.agreeing import CORES, opened

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from torch import nn

    from appliance.engine.session import Ports, Session

Asked = Callable[[Floats], object]
"""A network that is open on some runtime, and takes an image."""
Key = TypeVar("Key", bound="Hashable")
SIDE = 256
"""Rows and columns of the slice that every network for brains is asked for."""
ROUNDS = 12
IN_A_ROW = 4
GPU_MEMORY = 4 * 1024**3
PYTORCH = "PyTorch FP32"
PRECISIONS = {Role.CPU_FP32: "FP32", Role.CPU_INT8: "INT8", Role.GPU_FP16: "FP16"}
RUNTIMES = (
    "OpenVINO INT8", "OpenVINO FP32", "ONNX Runtime INT8", "ONNX Runtime FP32", PYTORCH, "CUDA FP16", "CUDA FP32"
)  # fmt: skip


def fastest(runs: Mapping[Key, Callable[[], object]]) -> dict[Key, float]:
    """Time everything in turns; return each one's fastest round in milliseconds."""
    best = dict.fromkeys(runs, float("inf"))
    for number in range(ROUNDS + 1):
        for key, run in runs.items():
            for _ in range(IN_A_ROW):
                start = time.perf_counter()
                run()
                if number:  # the first round warms up
                    best[key] = min(best[key], 1000 * (time.perf_counter() - start))
    return best


def machine() -> str:
    """Say on what was timed."""
    here = processor()
    return f"{here.name}, {CORES} of {here.threads} threads, {', '.join(here.instructions) or 'no vector instructions'}"


def on_runtimes(graphs: Mapping[Role, bytes], ports: Ports) -> dict[str, Asked]:
    """Open a network's graphs on every runtime that this machine has."""
    found: dict[str, Asked] = {}
    for runtime in ("OpenVINO", "ONNX Runtime"):
        for role in (Role.CPU_FP32, Role.CPU_INT8):
            found[f"{runtime} {PRECISIONS[role]}"] = _asking(opened(runtime, graphs[role], ports, CORES), ports)
    for role in (Role.CPU_FP32, Role.GPU_FP16):
        try:
            session = onnx_runtime.open_on_cuda(graphs[role], ports, Resources(CORES, GPU_MEMORY))
        except Trouble:  # no card
            break
        found[f"CUDA {PRECISIONS[role]}"] = _asking(session, ports)
    return found


def in_pytorch(network: nn.Module) -> Asked:
    """Ask a network in PyTorch, laid out as PyTorch computes fastest."""
    channels_last = network.eval().to(memory_format=torch.channels_last)

    def run(image: Floats) -> object:
        torch.set_num_threads(CORES)
        with torch.inference_mode():
            return channels_last(torch.from_numpy(image).to(memory_format=torch.channels_last))

    return run


def twice(run: Asked) -> Asked:
    """Ask for the slice and for its mirror image."""

    def both(image: Floats) -> None:
        run(image)
        run(np.ascontiguousarray(image[..., ::-1]))

    return both


def _asking(session: Session, ports: Ports) -> Asked:
    name, *_ = ports.inputs
    return lambda image: session.run({name: image})
