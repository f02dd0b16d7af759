"""An ONNX Runtime with an NVIDIA card that is not there: it computes rightly, and breaks where it is told to.

The card's sessions run on the real CPU provider but say that they are on CUDA. Faults speak with the words
and the exception types of the real runtime, so that what is tested is the translation, too. ``nvidia-smi``
is a script on a search path of its own.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from model_builders import real_runtime

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

onnxruntime = real_runtime()
native = onnxruntime.capi.onnxruntime_pybind11_state
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"

OUT_OF_MEMORY = native.RuntimeException(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "Name:'Conv_111' Status Message: bfc_arena.cc:376 onnxruntime::BFCArena::AllocateRawInternal "
    "Failed to allocate memory for requested buffer of size 13111296"
)
CUDA_OUT_OF_MEMORY = native.Fail(
    "[ONNXRuntimeError] : 1 : FAIL : cuda_call.cc:121 onnxruntime::CudaCall CUDA failure 2: out of memory ; GPU=0 ; "
    "hostname=CLINIC ; expr=cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);"
)
CUBLAS_OUT_OF_MEMORY = native.RuntimeException(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : onnxruntime::CudaCall CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED"
)
DRIVER_TOO_OLD = native.RuntimeException(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : CUDA failure 35: CUDA driver version is insufficient for CUDA "
    "runtime version ; GPU=-1 ; hostname=CLINIC"
)
NO_DEVICE = native.RuntimeException(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : CUDA failure 100: no CUDA-capable device is detected ; GPU=-1"
)
LIBRARY_MISSING = native.Fail(
    "[ONNXRuntimeError] : 1 : FAIL : Failed to load library libonnxruntime_providers_cuda.so with error: "
    "libcublasLt.so.12: cannot open shared object file: No such file or directory"
)
DEVICE_LOST = native.RuntimeException(
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=CLINIC"
)

Feed = dict[str, Any]


@dataclass
class SimulatedCard:
    """What the card and its libraries do; faults may be set between runs."""

    listed: bool = True
    """Whether the runtime was built for CUDA."""
    at_opening: Exception | None = None
    takes_the_network: bool = True
    """Otherwise the session is silently opened on the processor."""
    complaint: str = ""
    """What loading the libraries prints."""
    at_run: dict[int, Any] = field(default_factory=dict)
    """What happens instead at which run on the card, counted from 1 over all sessions."""
    runs: int = 0
    options: list[dict[str, Any]] = field(default_factory=list)
    """What each session on the card was opened with."""
    answering: threading.Event = field(default_factory=threading.Event)
    """Set it to let hanging runs go on."""

    def from_run(self, first: int, fault: Any) -> None:  # noqa: ANN401 - an exception or a function
        """Break at this run and at every later one."""
        self.at_run = dict.fromkeys(range(first, first + 1000), fault)


class SimulatedSession:
    """A session that says where it runs, and is really computed on the processor."""

    card: SimulatedCard

    def __init__(self, content: bytes, options: object, *, providers: list[Any], enable_fallback: int) -> None:
        assert enable_fallback == 0
        wants_card = isinstance(providers[0], tuple)
        if wants_card:
            self.card.options.append(providers[0][1])
            if self.card.at_opening:
                raise self.card.at_opening
        self._session = onnxruntime.InferenceSession(content, options, providers=[CPU])
        self.on_card = wants_card and self.card.takes_the_network

    def get_providers(self) -> list[str]:
        return [CUDA, CPU] if self.on_card else [CPU]

    def run(self, names: list[str], feed: Feed) -> list[Any]:
        if self.on_card:
            self.card.runs += 1
            fault = self.card.at_run.get(self.card.runs)
            if isinstance(fault, Exception):
                raise fault
            if fault:
                return list(fault(self, names, feed))
        return self.compute(names, feed)

    def compute(self, names: list[str], feed: Feed) -> list[Any]:
        return list(self._session.run(names, feed))


def falls_back(session: SimulatedSession, names: list[str], feed: Feed) -> list[Any]:
    """Answer rightly, but from the processor."""
    session.on_card = False
    return session.compute(names, feed)


def not_numbers(session: SimulatedSession, names: list[str], feed: Feed) -> list[Any]:
    """Answer as cards of the GTX 16 series do in FP16."""
    return [np.full_like(values, np.nan) for values in session.compute(names, feed)]


def slightly_wrong(session: SimulatedSession, names: list[str], feed: Feed) -> list[Any]:
    return [values + np.float32(0.5) for values in session.compute(names, feed)]


def hangs(session: SimulatedSession, names: list[str], feed: Feed) -> list[Any]:
    session.card.answering.wait(30)
    return session.compute(names, feed)


def install_card(monkeypatch: pytest.MonkeyPatch, card: SimulatedCard, *, cuda: str = "12.8") -> SimulatedCard:
    """Put the simulated runtime in the place of the real one."""
    runtime = ModuleType("onnxruntime")
    simulated: dict[str, Any] = {
        "__version__": "1.22.0",
        "cuda_version": cuda,
        "get_available_providers": lambda: [CUDA, CPU] if card.listed else [CPU],
        "preload_dlls": lambda: print(card.complaint) if card.complaint else None,
        "set_default_logger_severity": lambda _: None,
        "disable_telemetry_events": lambda: None,
        "SessionOptions": onnxruntime.SessionOptions,
        "InferenceSession": type("Session", (SimulatedSession,), {"card": card}),
    }
    for name, value in simulated.items():
        setattr(runtime, name, value)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    return card


def without_runtime(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Make a runtime impossible to import."""
    monkeypatch.setitem(sys.modules, name, None)


def install_driver(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str | None) -> None:
    """Make ``nvidia-smi`` this shell script, or make it missing."""
    if script is not None:
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def driver_says(*cards: str) -> str:
    """Make a script that lists cards as the driver does."""
    return "\n".join(f"echo '{card}'" for card in cards)


GTX_1650 = "NVIDIA GeForce GTX 1650, 550.54.14, 4096, 3800"
OLD_DRIVER = "NVIDIA GeForce GTX 1650, 470.82.01, 4096, 3800"
DRIVER_BROKEN = 'echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."; exit 9'
DRIVER_HANGS = "exec /bin/sleep 30"
