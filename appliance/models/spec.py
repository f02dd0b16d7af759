"""What ``model.json`` says: frozen types, one for each part, and nothing that touches a disk.

    ModelSpec                       one package: a task, a version, its networks, how it was made and measured
    └── networks: NetworkSpec       by name
        ├── Preparation             the numbers that turn a scan into input; training and clinic share the code
        ├── TensorSpec, OutputSpec  names, shapes, classes
        ├── graphs: Role → file     cpu-int8 for OpenVINO, gpu-fp16 for CUDA, cpu-fp32 as reference, explain
        └── Golden                  how far each engine may be from what must come out, and how long it may take

A package may hold several networks that are only right together (a locator and the grader it feeds):
they are trained, measured, updated and taken back as one.

The keys of the file are the names of the fields here; ``exact_json`` refuses any other, any missing and any
of a wrong type. Tuples are JSON lists, ``None`` is null, and every number is finite.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the strict loader reads the annotations at run time
from dataclasses import dataclass
from enum import StrEnum

from appliance.engine.network import Tolerance  # noqa: TC001 - the strict loader reads the annotations at run time
from appliance.further import member_for

SCHEMA = 1
"""Raised whenever a field is added, removed or changes its meaning; other schemas are refused."""


class Task(StrEnum):
    """What a package is for; its folder is called ``<task>-<version>``. Further readings bring their own."""

    BRAIN_LESIONS = "brain-lesions"
    BRAIN_ANOMALY = "brain-anomaly"
    SPINE_AXIAL = "spine-axial"
    SPINE_SAGITTAL = "spine-sagittal"

    @classmethod
    def _missing_(cls, value: object) -> Task | None:
        return member_for(cls, value)


class Role(StrEnum):
    """What one graph of a network is for."""

    CPU_INT8 = "cpu-int8"
    """What OpenVINO runs. Every network has it."""
    GPU_FP16 = "gpu-fp16"
    """What CUDA runs, with float32 at its ends. INT8 does not go to CUDA. Every network has it."""
    CPU_FP32 = "cpu-fp32"
    """The same network unquantised: the reference, and what runs where a machine computes the others wrongly."""
    EXPLAIN = "explain"
    """The network together with its relevance, for one slice: ``image``, ``where`` → ``logits``, ``relevance``."""


class PreparedAs(StrEnum):
    """Which code prepares the input; each kind has its own parameters (``preparations``)."""

    HEAD = "head"
    BRAIN = "brain"
    BRAIN_PLACES = "brain-places"
    SPINE_AXIAL_LOCATOR = "spine-axial-locator"
    SPINE_AXIAL_CROP = "spine-axial-crop"
    SPINE_SAGITTAL = "spine-sagittal"
    SPINE_DISC = "spine-disc"
    SLICE = "slice"
    """The middle of a slice of any part, for further readings."""


class Activation(StrEnum):
    """What the program still has to do to an output to get probabilities."""

    NONE = "none"
    """The graph ends in what is wanted."""
    SIGMOID = "sigmoid"
    """Each class by itself."""
    SOFTMAX = "softmax"
    """One class of all."""
    SOFTMAX_BY_GROUP = "softmax-by-group"
    """One class of each group; classes are called ``group:class``, and those of a group stand together."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a scan becomes this network's input."""

    kind: PreparedAs
    parameters: Mapping[str, int | float]
    """Every field of that kind's type: none is left to a default of the code."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What goes into a graph, always float32."""

    name: str
    shape: tuple[int | None, ...]
    """``None`` where any size goes. The first is the batch."""


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What comes out of a graph, always float32."""

    name: str
    shape: tuple[int | None, ...]
    classes: tuple[str, ...]
    """Along the second axis."""
    activation: Activation


@dataclass(frozen=True, slots=True)
class Golden:
    """The self-test of one network.

    Its arrays in ``golden.npz``, float32, are ``<network>.<input>`` and ``<network>.<output>`` for each output,
    as the FP32 reference computed them; and where there is ``explain``, ``<network>.explain.where`` and
    ``<network>.explain.relevance`` for the first slice of the input.
    """

    tolerances: Mapping[Role, Tolerance]
    """For each graph of the network."""
    seconds: float
    """The longest that the golden input may take on the slowest machine that is supported."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """One network: its input, its outputs, and its graphs."""

    preparation: Preparation
    input: TensorSpec
    outputs: tuple[OutputSpec, ...]
    largest_batch: int
    """More than this at once costs memory and gains nothing."""
    graphs: Mapping[Role, str]
    """File names within the package."""
    golden: Golden


@dataclass(frozen=True, slots=True)
class Calibration:
    """Makes a class's number honest before the activation: ``logit / temperature + bias``."""

    temperature: float
    bias: float


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """One data set that the model learnt from."""

    name: str
    cases: int
    licence: str
    source: str
    """Where anyone can find it: a DOI or an address."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure, on cases that the model never saw."""

    figure: str
    """``Dice``, ``AUC``, …, and of which class."""
    value: float
    low: float
    high: float
    """The 95 % interval."""
    cases: int
    on: str
    """Which data, and how they were kept apart."""
    role: Role
    """Which graph was measured."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What a file of the package must be."""

    sha256: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """All that ``model.json`` says."""

    schema: int
    task: Task
    version: str
    """Three numbers: ``1.0.0``."""
    minimum_app_version: str
    made_on: str
    """A day: ``2026-01-31``."""
    networks: Mapping[str, NetworkSpec]
    thresholds: Mapping[str, float]
    """By class or by decision; the reader of the task knows their names."""
    calibration: Mapping[str, Calibration]
    """By class."""
    trained_on: tuple[TrainedOn, ...]
    measured: tuple[Measured, ...]
    files: Mapping[str, FileRecord]
    """Every file of the folder but ``model.json`` itself: no more, no fewer."""

    @property
    def name(self) -> str:
        """The name of the package's folder."""
        return f"{self.task}-{self.version}"
