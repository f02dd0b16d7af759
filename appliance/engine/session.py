"""What the rest of the engine sees of a runtime: something that opens a graph, and something that runs it.

Whatever a runtime raises is translated into ``Trouble`` inside its own module.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.engine.network import Floats


class Engine(StrEnum):
    """A runtime on a device."""

    CUDA = "cuda"
    OPENVINO = "openvino"
    ONNX_RUNTIME = "onnxruntime"


@dataclass(frozen=True, slots=True)
class Ports:
    """The names of what goes into a graph and of what comes out."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resources:
    """How much of the machine a session may take."""

    cpu_threads: int
    gpu_memory_bytes: int


class Session(Protocol):
    """A graph, ready to run."""

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Run the graph once; raise ``Trouble`` if that fails or was not done where it was meant to be."""

    def rest(self) -> None:
        """Give back what only the next run needs, if the runtime can; that run then takes a little longer."""

    def fold(self) -> bool:
        """Give back everything but what a quick return needs, until the next run; say whether there is such a way."""

    def abandon(self) -> None:
        """Never free what this holds: freeing on a device that is lost ends the whole process."""


class Opener(Protocol):
    """Opens a graph on one engine."""

    def __call__(self, content: bytes, ports: Ports, resources: Resources) -> Session:
        """Open the graph or raise ``Trouble``."""
