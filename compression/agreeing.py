"""How far the runtimes are apart on one input, and how far they may be. The stated tolerances are relative.

A tolerance is a share of the spread of what the reference answers, so that it means the same for every network:
INT8 may miss single values by much and the average by little, FP16 and FP32 neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.engine import onnx_runtime, openvino_cpu
from appliance.engine.network import Tolerance
from appliance.engine.session import Ports, Resources
from appliance.models.spec import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.engine.network import Floats
    from appliance.engine.session import Session

SHARES = {
    Role.CPU_INT8: Tolerance(largest=0.25, mean=0.04),
    Role.GPU_FP16: Tolerance(largest=0.02, mean=0.001),
    Role.CPU_FP32: Tolerance(largest=0.001, mean=0.0001),
    Role.EXPLAIN: Tolerance(largest=0.001, mean=0.0001),
}
"""Of the spread of the reference's answer: what each graph may be off by."""
RUNTIMES = {"OpenVINO": openvino_cpu.open_session, "ONNX Runtime": onnx_runtime.open_on_cpu}
CORES = 2


@dataclass(frozen=True, slots=True)
class Apart:
    """How far one runtime was off with one graph."""

    runtime: str
    role: Role
    largest: float
    mean: float
    allowed: Tolerance

    @property
    def agrees(self) -> bool:
        """Whether it stayed within what is stated."""
        return self.largest <= self.allowed.largest and self.mean <= self.allowed.mean


def opened(runtime: str, content: bytes, ports: Ports, threads: int = CORES) -> Session:
    """Open a graph as the clinic's program does."""
    return RUNTIMES[runtime](content, ports, Resources(threads, 0))


def tolerance_for(role: Role, answer: Floats) -> Tolerance:
    """State what a graph may be off by, for this answer of the reference."""
    spread = max(float(np.ptp(answer)), 1e-3)
    share = SHARES[role]
    return Tolerance(round(share.largest * spread, 6), round(share.mean * spread, 6))


def apart(
    role: Role, content: bytes, inputs: Mapping[str, Floats], answers: Mapping[str, Floats], allowed: Tolerance
) -> list[Apart]:
    """Compute one graph on every runtime of this machine and compare with the reference."""
    ports = Ports(tuple(inputs), tuple(answers))
    found = []
    for name in RUNTIMES:
        given = opened(name, content, ports).run(inputs)
        off = [np.abs(given[output].astype(np.float64) - answer) for output, answer in answers.items()]
        found.append(Apart(name, role, max(float(o.max()) for o in off), max(float(o.mean()) for o in off), allowed))
    return found
