"""OpenVINO on the processor. The only module that imports openvino.

``import openvino`` announces itself over the network and leaves an identifier in the user's home as soon as
its converter ``openvino.tools.ovc`` is imported, which its ``__init__`` does in passing. The appliance has no
use for a converter: it is kept out, and with it the telemetry, and the import takes a quarter of the time.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import psutil

from appliance.engine.trouble import Cause, Trouble, cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from openvino import InferRequest

    from appliance.engine.network import Floats
    from appliance.engine.session import Ports, Resources

CONVERTER = "openvino.tools.ovc"
DEVICE = "CPU"


def version() -> str:
    """Return the version that is installed, or raise ``Trouble``."""
    return str(_library().__version__)


def open_session(content: bytes, ports: Ports, resources: Resources) -> OpenVinoSession:
    """Compile a graph for this processor."""
    openvino = _library()
    try:
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(content), DEVICE, _properties(resources))
        return OpenVinoSession(compiled.create_infer_request(), ports)
    except Exception as error:  # its C++ exceptions arrive as several types, and want of memory as MemoryError
        raise _translated(error) from error


class OpenVinoSession:
    """A graph compiled by OpenVINO."""

    def __init__(self, request: InferRequest, ports: Ports) -> None:
        self._request = request
        self._ports = ports

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Run the graph once."""
        try:
            self._request.infer({name: inputs[name] for name in self._ports.inputs}, share_inputs=True)
            return {name: np.array(self._request.get_tensor(name).data) for name in self._ports.outputs}
        except Exception as error:  # as above
            raise _translated(error) from error

    def rest(self) -> None:
        """Give the working memory back; it is as large as all layers of the network together."""
        self._request.get_compiled_model().release_memory()

    def abandon(self) -> None:
        """Nothing to do: the processor is never lost."""


def _properties(resources: Resources) -> dict[str, str | int | bool]:
    """One request at a time, as fast as it goes.

    Threads are not pinned, so that whatever else needs a core gets it. Numbers are not shortened to
    bfloat16, so that processors which could do so agree with those which cannot. With one thread OpenVINO 2026.4
    dies (SIGSEGV) while it looks for small steps to compile as one in the graph that explains an axial grade; there it
    is told not to look.
    """
    properties: dict[str, str | int | bool] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": resources.cpu_threads,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return properties | {"SNIPPETS_MODE": "DISABLE"} if _one_thread(resources) else properties


def _one_thread(resources: Resources) -> bool:
    """Say whether there can be no second thread; OpenVINO takes one for each core, however many it seems to have."""
    process = psutil.Process()
    allowed = len(process.cpu_affinity() or ()) if hasattr(process, "cpu_affinity") else 0
    return 1 in {resources.cpu_threads, allowed, psutil.cpu_count(logical=False)}


def _library() -> ModuleType:
    before = sys.modules.get(CONVERTER)
    try:
        if before is None:
            sys.modules[CONVERTER] = None  # type: ignore[assignment]  # the documented way to forbid an import
        import openvino  # noqa: PLC0415 - only when a model is opened
    except ImportError as error:
        raise Trouble(Cause.NOT_INSTALLED, str(error)) from error
    finally:
        if before is None:
            del sys.modules[CONVERTER]
    library: ModuleType = openvino
    return library


def _translated(error: Exception) -> Trouble:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if not line.startswith("Exception from")), type(error).__name__)
    return Trouble(Cause.OUT_OF_MEMORY if isinstance(error, MemoryError) else cause_of(str(error)), told)
