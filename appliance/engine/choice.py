"""Which engine is tried when. Nothing here runs anything.

The order is CUDA with FP16, CUDA with FP32, OpenVINO with INT8, OpenVINO with FP32, and last ONNX Runtime
on the processor. A second precision is tried only where the first one computed wrong numbers: cards of
the GTX 16 series do so with FP16, processors without VNNI can with INT8.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.engine.session import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.engine.network import Graph, Network, Precision
    from appliance.engine.trouble import Trouble


class Device(StrEnum):
    """What the operator may ask for; the words of ``--device``."""

    AUTO = "auto"
    CUDA = "cuda"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One engine tried on one network with its golden case."""

    engine: Engine
    precision: Precision
    trouble: Trouble | None = None
    seconds_a_slice: float = 0.0
    """Measured after a first run, which is always slower."""
    seconds: float = 0.0
    """The whole golden case, likewise."""
    off_by: float = 0.0
    """The largest difference from the golden outputs."""

    @property
    def works(self) -> bool:
        """Whether the golden case came out right."""
        return self.trouble is None


def candidates(device: Device, network: Network) -> list[tuple[Engine, Graph]]:
    """List what may be tried, the best first; what has no graph for the card runs on the processor."""
    on_card = [(Engine.CUDA, graph) for graph in network.gpu]
    on_processor = [(engine, graph) for engine in (Engine.OPENVINO, Engine.ONNX_RUNTIME) for graph in network.cpu]
    return {Device.AUTO: on_card + on_processor, Device.CUDA: on_card or on_processor, Device.CPU: on_processor}[device]


def is_worth_trying(engine: Engine, attempts: Sequence[Attempt]) -> bool:
    """Whether another precision may mend what went wrong on the same engine before."""
    return all(
        attempt.trouble is None or attempt.trouble.cause.lies_in_the_numbers
        for attempt in attempts
        if attempt.engine is engine
    )
