"""What an engine is given: a network's graphs, and the golden case by which the engine is judged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from appliance.engine.trouble import Cause, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.engine.session import Ports

Floats: TypeAlias = NDArray[np.float32]


class Precision(StrEnum):
    """In which numbers a graph is computed, as a person may read it."""

    INT8 = "INT8"
    FP16 = "FP16"
    FP32 = "FP32"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far an engine's output may be from the golden one, before the activation."""

    largest: float
    """The largest difference of any single value."""
    mean: float
    """The mean of the absolute differences."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file of a network, already in memory and checked: what was checked is what is run."""

    precision: Precision
    content: bytes
    tolerance: Tolerance


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The golden case: inputs, what must come out, and in what time."""

    inputs: tuple[Floats, ...]
    """In the order of the graph's inputs; the first axis counts slices."""
    expected: Mapping[str, Floats]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network as every engine may run it."""

    name: str
    ports: Ports
    cpu: tuple[Graph, ...]
    """In the order in which they are tried."""
    gpu: tuple[Graph, ...]
    """In the order in which they are tried: some cards compute nonsense in FP16."""
    trial: Trial
    largest_batch: int


def check_finite(outputs: Mapping[str, Floats]) -> None:
    """Raise if any output holds a value that is no number."""
    for name, values in outputs.items():
        if not np.isfinite(values).all():
            raise Trouble(Cause.NOT_FINITE, name)


def judge(trial: Trial, tolerance: Tolerance, outputs: Mapping[str, Floats]) -> float:
    """Return the largest difference from the golden outputs, or raise if it is too large."""
    check_finite(outputs)
    return max(_difference(name, golden, tolerance, outputs) for name, golden in trial.expected.items())


def _difference(name: str, golden: Floats, tolerance: Tolerance, outputs: Mapping[str, Floats]) -> float:
    if name not in outputs or outputs[name].shape != golden.shape:
        raise Trouble(Cause.WRONG, f"{name} is missing or has another shape")
    apart = np.abs(outputs[name].astype(np.float64) - golden)
    largest, mean = float(apart.max(initial=0.0)), float(apart.mean()) if apart.size else 0.0
    if largest > tolerance.largest or mean > tolerance.mean:
        raise Trouble(
            Cause.WRONG,
            f"{name} is off by {largest:.3g} at most and {mean:.3g} on average, "
            f"where {tolerance.largest:.3g} and {tolerance.mean:.3g} are allowed",
        )
    return largest
