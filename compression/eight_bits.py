"""A graph in FP32 → the same graph in INT8 for OpenVINO, calibrated on real inputs."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

os.environ["NNCF_TELEMETRY"] = "0"

import nncf
from nncf.quantization.range_estimator import RangeEstimatorParameters, RangeEstimatorParametersSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import onnx

    from appliance.engine.network import Floats

OVERFLOW_FIX = nncf.OverflowFix.ENABLE
"""Weights keep to seven bits: processors without VNNI add two products in sixteen bits."""
RANKING_SLICES = 24
"""By how many slices layers are ranked: what each costs is asked for every layer in turn."""

nncf.set_log_level(logging.ERROR)


@dataclass(frozen=True, slots=True)
class EightBits:
    """How a network is quantised."""

    kept: tuple[str, ...] = ()
    """Kinds of operations that stay in FP32."""
    clipped: bool = True
    """Whether rare large activations may be clipped: a mean of ranges clips what is rare, as lesions are, and gives
    finer steps to what is not. If not, activations range as far as in any input."""
    first_in_full: bool = False
    """Whether the first convolution, which sees the scan itself and has few channels to take in, stays in FP32."""
    corrected: bool = True
    """Whether each bias takes back what quantising shifts on average: mostly of tissue that nobody asks about."""


AS_USUAL = EightBits()


def eight_bit(
    model: onnx.ModelProto, name: str, samples: Sequence[Floats], how: EightBits = AS_USUAL
) -> onnx.ModelProto:
    """Quantise a graph on real inputs."""
    return nncf.quantize(
        model,
        nncf.Dataset([{name: sample} for sample in samples]),
        subset_size=len(samples),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=_ignored(model, how),
        advanced_parameters=_stepped(how),
    )


def eight_bit_within(
    model: onnx.ModelProto,
    name: str,
    samples: Sequence[Floats],
    measure: Callable[[onnx.ModelProto], float],
    largest_drop: float,
    how: EightBits = AS_USUAL,
) -> onnx.ModelProto:
    """Quantise, and take layers back to FP32, the worst first, until a score has dropped by no more than this."""

    def score(graph: onnx.ModelProto, _: object) -> tuple[float, None]:
        return measure(graph), None

    data = nncf.Dataset([{name: sample} for sample in samples])
    return nncf.quantize_with_accuracy_control(
        model,
        data,
        data,
        score,
        max_drop=largest_drop,
        subset_size=len(samples),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=_ignored(model, how),
        advanced_quantization_parameters=_stepped(how),
        advanced_accuracy_restorer_parameters=nncf.AdvancedAccuracyRestorerParameters(
            ranking_subset_size=min(len(samples), RANKING_SLICES)
        ),
    )


def _ignored(model: onnx.ModelProto, how: EightBits) -> nncf.IgnoredScope:
    first = [node.name for node in model.graph.node if node.op_type == "Conv"][:1] if how.first_in_full else []
    return nncf.IgnoredScope(names=first, types=list(how.kept), validate=False)


def _stepped(how: EightBits) -> nncf.AdvancedQuantizationParameters:
    ranges = RangeEstimatorParameters() if how.clipped else RangeEstimatorParametersSet.MINMAX
    return nncf.AdvancedQuantizationParameters(
        overflow_fix=OVERFLOW_FIX,
        activations_range_estimator_params=ranges,
        disable_bias_correction=not how.corrected,
    )
