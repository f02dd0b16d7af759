"""The choice of an engine in words for a technician: what was tried, why it was not taken, what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.engine.choice import Attempt, Device
from appliance.engine.session import Engine
from appliance.engine.trouble import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

A_HUNDREDTH = 0.0095
A_SECOND = 0.9995
NAMES = {Engine.CUDA: "CUDA", Engine.OPENVINO: "OpenVINO", Engine.ONNX_RUNTIME: "ONNX Runtime"}

PHRASES = {
    Cause.NOT_INSTALLED: "{name} is not part of this installation",
    Cause.NO_CUDA_BUILD: "{name} is not part of this installation",
    Cause.NO_DRIVER: "no NVIDIA driver answered",
    Cause.DRIVER_TOO_OLD: "the NVIDIA driver is too old{detail}",
    Cause.LIBRARY_MISSING: "a library is missing for {name}{detail}",
    Cause.FELL_BACK: "{name} took the network but left the work to the CPU",
    Cause.OUT_OF_MEMORY: "{place} ran out of memory",
    Cause.LOST: "{place} stopped working{detail}",
    Cause.SILENT: "{title} gave no answer{detail}",
    Cause.TOO_SLOW: "{title} was too slow{detail}",
    Cause.NOT_FINITE: "{title} gave values that are not numbers",
    Cause.WRONG: "{title} gave wrong numbers{detail}",
    Cause.FAILED: "{title} failed{detail}",
}

ADVICE = {
    Cause.NO_DRIVER: "If this machine has an NVIDIA card, install its driver.",
    Cause.NO_CUDA_BUILD: "To use the NVIDIA card, install the program with CUDA.",
    Cause.DRIVER_TOO_OLD: "Install a newer driver for the NVIDIA card.",
    Cause.LIBRARY_MISSING: "Install the program again.",
    Cause.FELL_BACK: "Install the program with CUDA again.",
    Cause.OUT_OF_MEMORY: "Close other programs that use the memory.",
    Cause.LOST: "Start the machine again; if it happens again, the card may be failing or too hot.",
    Cause.SILENT: "Start the machine again.",
}


def told(device: Device, attempts: Sequence[Attempt]) -> str:
    """Say in one sentence where a network runs and why there; the last attempt is the one that works."""
    *failed, chosen = attempts
    second_choice = any(attempt.engine is chosen.engine for attempt in failed)
    where = f"{place(chosen)} with {chosen.precision}" if second_choice else place(chosen)
    speed = f"about {duration(chosen.seconds_a_slice)} a slice"
    return f"{capitalised(_reason(device, attempts))}, so this runs on {where}: {speed}."


def _reason(device: Device, attempts: Sequence[Attempt]) -> str:
    if failed := attempts[:-1]:
        return " and ".join(dict.fromkeys(map(phrase, failed)))
    return "the CPU was asked for" if device is Device.CPU else phrase(attempts[-1])


def phrase(attempt: Attempt) -> str:
    """Put the outcome of an attempt into words, without a full stop."""
    if attempt.trouble is None:
        return f"{place(attempt)} passed the self-test"
    detail = shortened(attempt.trouble.detail)
    return PHRASES[attempt.trouble.cause].format(
        name=NAMES[attempt.engine],
        place=place(attempt),
        title=title(attempt),
        detail=f" ({detail})" if detail else "",
    )


def advice(attempt: Attempt) -> str:
    """Say what a technician can do about it; empty if there is nothing to do."""
    return ADVICE.get(attempt.trouble.cause, "") if attempt.trouble else ""


def title(attempt: Attempt) -> str:
    """Name an engine and its precision."""
    return f"{NAMES[attempt.engine]} with {attempt.precision}"


def place(attempt: Attempt) -> str:
    """Name what a technician can point at."""
    return "the graphics card" if attempt.engine is Engine.CUDA else "the CPU"


def duration(seconds: float) -> str:
    """Say a time as finely as it is meaningful."""
    if seconds < A_HUNDREDTH:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < A_SECOND else f"{seconds:.1f} s"


def shortened(detail: str, longest: int = 160) -> str:
    """Cut what a runtime said to what fits into a sentence."""
    flat = " ".join(detail.split()).rstrip(".")
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"


def capitalised(sentence: str) -> str:
    """Begin a sentence, leaving the rest as it is spelt."""
    return sentence[:1].upper() + sentence[1:]
