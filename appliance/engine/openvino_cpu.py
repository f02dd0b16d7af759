"""OpenVINO on the processor. The only module that imports openvino.

``import openvino`` announces itself over the network and leaves an identifier in the user's home as soon as
its converter ``openvino.tools.ovc`` is imported, which its ``__init__`` does in passing. The appliance has no
use for a converter: it is kept out, and with it the telemetry, and the import takes a quarter of the time.
"""

from __future__ import annotations

import contextlib
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
    library = _library()
    try:
        return OpenVinoSession(Compiler(library, content, _properties(resources)), ports)
    except Exception as error:  # its C++ exceptions arrive as several types, and want of memory as MemoryError
        raise _translated(error) from error


class Compiler:
    """Makes a graph ready for this processor, as often as it is asked: the second time from what the first one left."""

    def __init__(self, library: ModuleType, content: bytes, properties: dict[str, str | int | bool]) -> None:
        self._library = library
        self._content = content
        self._properties = properties
        self._exported: bytes | None = None

    def ready(self) -> InferRequest:
        """Compile the graph, or take in what was exported, which is there sooner and answers the same."""
        core = self._library.Core()
        if self._exported is not None:
            with contextlib.suppress(RuntimeError):  # what compiles it can always be asked again
                return core.import_model(self._exported, DEVICE, self._properties).create_infer_request()
        model = core.read_model(self._content)
        return core.compile_model(model, DEVICE, self._properties).create_infer_request()

    def export(self, request: InferRequest) -> None:
        """Keep what the next time needs, in memory alone: no file is ever run in place of the one that was checked."""
        if self._exported is None:
            self._exported = request.get_compiled_model().export_model().getvalue()


class OpenVinoSession:
    """A graph compiled by OpenVINO."""

    def __init__(self, compiler: Compiler, ports: Ports) -> None:
        self._compiler = compiler
        self._ports = ports
        self._request: InferRequest | None = compiler.ready()

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Run the graph once."""
        try:
            self._request = request = self._request or self._compiler.ready()
            request.infer({name: inputs[name] for name in self._ports.inputs}, share_inputs=True)
            return {name: np.array(request.get_tensor(name).data) for name in self._ports.outputs}
        except Exception as error:  # as above
            raise _translated(error) from error

    def rest(self) -> None:
        """Give the working memory back; it is as large as all layers of the network together."""
        if self._request is not None:
            self._request.get_compiled_model().release_memory()

    def fold(self) -> bool:
        """Give the compiled graph back too, and keep its export, which is much smaller."""
        if self._request is not None:
            try:
                self._compiler.export(self._request)
            except (MemoryError, RuntimeError):
                return False
            self._request = None
        return True

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
