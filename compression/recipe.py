"""What a package is made of, before it is made: trained networks, real inputs to calibrate on, figures, words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from compression.eight_bits import AS_USUAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import nn

    from appliance.engine.network import Floats
    from appliance.models.spec import Calibration, Measured, OutputSpec, Preparation, Role, Task, TrainedOn
    from compression.eight_bits import EightBits
    from compression.gate import Kept
    from training.spine.answers import Answer

LARGEST_BATCH = 8
Contents: TypeAlias = "Mapping[str, Mapping[Role, bytes]]"
"""Of each network, its graphs."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkRecipe:
    """One network and what is needed to export, quantise and test it."""

    network: nn.Module
    """In evaluation mode, in the form that is exported."""
    preparation: Preparation
    shape: tuple[int | None, ...]
    outputs: tuple[OutputSpec, ...]
    calibration: Sequence[Floats]
    """Real training inputs, one slice each."""
    golden: Floats
    """An invented input: no patient's slice travels with a package."""
    explained: tuple[nn.Module, int] | None = None
    """The network as it was trained, and which class of its first output ``explain.onnx`` explains."""
    in_eight: EightBits = AS_USUAL
    """How it is quantised."""
    kept_in_half: tuple[str, ...] = ()
    """Kinds of operations that stay in FP32 when the rest is halved."""
    input_name: str = "image"
    score: Callable[[Answer], float] | None = None
    """By which layers are taken back to FP32 until INT8 has lost no more than ``largest_drop``."""
    largest_drop: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CardWords:
    """What a card says that no figure says."""

    title: str
    purpose: str
    limits: tuple[str, ...]
    not_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PackageRecipe:
    """One package."""

    task: Task
    networks: Mapping[str, NetworkRecipe]
    thresholds: Mapping[str, float]
    trained_on: tuple[TrainedOn, ...]
    measured: tuple[Measured, ...]
    words: CardWords
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    judge: Callable[[Contents], list[Kept]] | None = None
    """Compares the finished graphs with each other; ``None`` where that was measured before."""
