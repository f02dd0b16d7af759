"""ONNX Runtime, on CUDA and on the processor. The only module that imports onnxruntime.

Since 1.31 the runtime reports to its maker as soon as it is loaded, unless the environment forbids it before;
on Windows it must be told afterwards.

A CUDA session counts as one only as long as ``get_providers`` names CUDA: with a library missing the
runtime opens the graph on the processor and merely logs it. Its own fallback is switched off, and its
log too, because it writes straight to the terminal; what happened is told by ``Trouble``.

``gpu_mem_limit`` bounds the arena of one session, in which activations and the convolutions' workspace
lie; the CUDA context and its kernels (some hundred MB) come on top. The arena grows by what is asked
for, not by doubling, and cuDNN looks for its algorithm by rule instead of by trying them all, because
trying takes gigabytes.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.engine.graphics_card import ask_for_cards, driver_is_installed
from appliance.engine.trouble import Cause, Trouble, cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from onnxruntime import InferenceSession, SessionOptions

    from appliance.engine.network import Floats
    from appliance.engine.session import Ports, Resources

CUDA = "CUDAExecutionProvider"
PROCESSOR = "CPUExecutionProvider"
FATAL_ONLY = 4
PREFIX = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
CARD_FAILURE = re.compile(r"\bCU\w+ failure \d+: [^;]+")
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
"""By the major version of CUDA that the runtime was built for."""


def version() -> str:
    """Return the version that is installed, or raise ``Trouble``."""
    return str(_library().__version__)


def open_on_cpu(content: bytes, ports: Ports, resources: Resources) -> OnnxRuntimeSession:
    """Open a graph on the processor."""
    runtime = _library()
    session = _opened(runtime, content, _options(runtime, resources), [PROCESSOR])
    return OnnxRuntimeSession(session, ports, PROCESSOR)


def open_on_cuda(content: bytes, ports: Ports, resources: Resources) -> OnnxRuntimeSession:
    """Open a graph on the first NVIDIA card, or say in a ``Trouble`` why that is not possible."""
    runtime = _cuda_library()
    complaints = _load_cuda_libraries(runtime)
    session = _opened(runtime, content, _options(runtime, resources), [(CUDA, _cuda_options(resources)), PROCESSOR])
    if CUDA not in session.get_providers():
        raise why_not_cuda(complaints, ask_for_cards().driver, _cuda_major(runtime))
    return OnnxRuntimeSession(session, ports, CUDA)


class OnnxRuntimeSession:
    """A graph opened by ONNX Runtime, which must stay on the provider that it was opened on."""

    def __init__(self, session: InferenceSession, ports: Ports, provider: str) -> None:
        self._session = session
        self._ports = ports
        self._provider = provider

    def run(self, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
        """Run the graph once."""
        names = self._ports.outputs
        try:
            values = self._session.run(list(names), {name: inputs[name] for name in self._ports.inputs})
        except Exception as error:  # its exceptions have no common base but Exception
            raise _translated(error) from error
        if self._provider not in self._session.get_providers():
            raise Trouble(Cause.FELL_BACK)
        return {name: np.asarray(value, dtype=np.float32) for name, value in zip(names, values, strict=True)}

    def rest(self) -> None:
        """Nothing to do: it keeps its memory for the next run, within its limit."""

    def fold(self) -> bool:
        """There is no quicker way than to open it anew."""
        return False

    def abandon(self) -> None:
        """Make the session immortal: its destructor calls into a driver that may be gone, and aborts."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))


def why_not_cuda(complaints: str, driver: str | None, cuda_major: int | None) -> Trouble:
    """Tell why a session that asked for CUDA did not get it; the runtime itself does not say."""
    if driver is None:
        return Trouble(Cause.NO_DRIVER)
    needed = OLDEST_DRIVER.get(cuda_major or 0)
    if needed and _major(driver) < needed:
        return Trouble(Cause.DRIVER_TOO_OLD, f"it is {driver}, and {needed} or newer is needed")
    if complaints:
        return Trouble(Cause.LIBRARY_MISSING, complaints)
    return Trouble(Cause.FELL_BACK)


def _library() -> ModuleType:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime  # noqa: PLC0415 - only when a model is opened
    except ImportError as error:
        raise Trouble(Cause.NOT_INSTALLED, str(error)) from error
    onnxruntime.set_default_logger_severity(FATAL_ONLY)
    onnxruntime.disable_telemetry_events()
    library: ModuleType = onnxruntime
    return library


def _cuda_library() -> ModuleType:
    """Whoever has no card is not told that CUDA is missing, nor waits until its gigabytes are loaded for nothing."""
    if not driver_is_installed():
        raise Trouble(Cause.NO_DRIVER)
    try:
        runtime = _library()
    except Trouble:
        raise Trouble(Cause.NO_CUDA_BUILD) from None
    if CUDA not in runtime.get_available_providers():
        raise Trouble(Cause.NO_CUDA_BUILD)
    return runtime


def _opened(runtime: ModuleType, content: bytes, options: SessionOptions, providers: list[Any]) -> InferenceSession:
    try:
        return runtime.InferenceSession(content, options, providers=providers, enable_fallback=0)
    except Exception as error:  # its exceptions have no common base but Exception
        raise _translated(error) from error


def _options(runtime: ModuleType, resources: Resources) -> SessionOptions:
    """Threads that wait for work sleep instead of spinning: on two cores the screen needs one of them."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = resources.cpu_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _cuda_options(resources: Resources) -> dict[str, str | int]:
    return {
        "device_id": 0,
        "gpu_mem_limit": resources.gpu_memory_bytes,
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "HEURISTIC",
        "cudnn_conv_use_max_workspace": "0",
    }


def _load_cuda_libraries(runtime: ModuleType) -> str:
    """Load the CUDA libraries that came as packages; return what the runtime complained about."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        runtime.preload_dlls()
    return said.getvalue().strip().partition("\n")[0]


def _cuda_major(runtime: ModuleType) -> int | None:
    return _major(str(getattr(runtime, "cuda_version", ""))) or None


def _major(number: str) -> int:
    first = number.partition(".")[0]
    return int(first) if first.isdecimal() else 0


def _translated(error: Exception) -> Trouble:
    message = str(error)
    return Trouble(cause_of(message), readable(message))


def readable(message: str) -> str:
    """Keep what a person can pass on, without the runtime's own files, hosts and expressions."""
    failure = CARD_FAILURE.search(message)
    return failure.group().strip() if failure else PREFIX.sub("", message.strip().partition("\n")[0])
