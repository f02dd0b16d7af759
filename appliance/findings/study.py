"""The study as a whole: who, which scans, how good they were, what computed the result, what was written.

Everything that differs between two runs on the same files stands in ``made_at``, ``Timing.seconds`` and
``EngineUsed.reason`` (which names a speed), and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the exact loader reads the annotations at run time
from dataclasses import dataclass, field
from datetime import date, datetime  # noqa: TC003 - the same
from enum import StrEnum

from appliance.contracts import Certainty, FileFormat, Kind, Plane, Weighting  # noqa: TC001 - the same
from appliance.exact_json import CAME_LATER
from appliance.findings.brain import BrainFindings  # noqa: TC001 - the same
from appliance.findings.further import FurtherFindings  # noqa: TC001 - the same
from appliance.findings.spine import AxialFindings, Disagreement, SagittalFindings  # noqa: TC001 - the same

FORMAT, VERSION = "outpost-findings", 1
DISCLAIMER = (
    "Made automatically, for research use only. This is not a diagnosis: a radiologist must look at the scan and "
    "confirm or correct everything that is said here."
)


class Outcome(StrEnum):
    """How far the study came."""

    READ = "read"
    """Every series that could be read was read."""
    PARTLY = "partly-read"
    """Some were; ``problems`` says which were not, and why."""
    REFUSED = "refused"
    """Nothing was read, for reasons that lie in the files."""
    FAILED = "failed"
    """Nothing was read, for reasons that lie in this program or machine."""


class Verdict(StrEnum):
    """Whether a scan is good enough to read."""

    GOOD = "good"
    WARNING = "warning"
    """Readable, with less trust."""
    REFUSED = "refused"


class PictureRole(StrEnum):
    """What a picture shows."""

    KEY_SLICE = "key-slice"
    """A slice, with outlines."""
    PLAIN_AND_MARKED = "plain-and-marked"
    """A slice twice: as it is, and with outlines."""
    RELEVANCE = "relevance"
    """What the model looked at for the finding that matters most."""
    ANOMALY = "anomaly"
    """A slice under the map of what looks unusual."""
    CHANGE = "change"
    """The same place in the earlier study and in this one."""
    AXIAL_LEVEL = "axial-level"
    """One level of the spine from above, with the part that was graded."""
    SAGITTAL_LINES = "sagittal-lines"
    """The spine from the side, with the measuring lines."""


class OutputRole(StrEnum):
    """What a written file holds."""

    LESIONS = "lesions"
    """Each lesion's number, or 0."""
    VENTRICLES = "ventricles"
    """1 inside."""
    BRAIN = "brain"
    """1 inside, with the ventricles."""
    ANOMALY = "anomaly"
    """How unusual each voxel looks, 0 … 1."""
    FOLLOW_UP = "follow-up"
    """The FLAIR of the brain in 8 bits, with which a later study is compared."""
    SPINE = "spine"
    """Of sagittal slices: 1 vertebra, 2 disc, 3 spinal canal."""


@dataclass(frozen=True, slots=True)
class Program:
    """What wrote the file."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Patient:
    """Who was scanned, as the files say it."""

    name: str | None
    patient_id: str | None
    birth_date: date | None
    age_years: float | None
    """At the study's date."""
    sex: str | None
    """``F``, ``M`` or ``O``."""


@dataclass(frozen=True, slots=True)
class Examination:
    """Which examination this is."""

    uid: str | None
    """DICOM's Study Instance UID."""
    when: datetime | None
    """In the scanner's local time."""
    description: str | None
    accession: str | None
    institution: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not read, and what to do about it."""

    reason: str
    """A stable word, such as ``missing-slices``."""
    sentence: str
    advice: str
    series: str | None
    """``SeriesRead.id``, if it got that far."""
    source: str | None
    """The file's name, if it is one file."""


@dataclass(frozen=True, slots=True)
class QualityRemark:
    """What is wrong with a scan."""

    check: str
    """A stable word, such as ``motion``."""
    verdict: Verdict
    sentence: str
    advice: str
    value: float | None
    limit: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether a scan is good enough to read."""

    verdict: Verdict
    remarks: tuple[QualityRemark, ...]
    """Everything that is not good; empty for a good scan."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the voxels lie; masks and maps have the same grid."""

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    affine: tuple[tuple[float, ...], ...]
    """Four rows of four: index → the patient's right-anterior-superior millimetres."""
    plane: Plane | None


@dataclass(frozen=True, slots=True)
class SeriesRead:
    """One scan that was looked at."""

    id: str
    """Within this file: ``1``, ``2``, …; a part of a series has its own."""
    kind: Kind
    certainty: Certainty
    why: str
    """How it was recognised, in words."""
    weighting: Weighting | None
    uid: str | None
    """DICOM's Series Instance UID."""
    number: int | None
    description: str | None
    part: str
    """Which volume of several in one series; empty if there is only one."""
    file_format: FileFormat
    first_file: str
    """The name of its first file, below the folder that was read; inside a zip after ``::``."""
    files: int
    manufacturer: str | None
    model: str | None
    field_strength_t: float | None
    contrast_agent: str | None
    grid: Grid | None
    """``None`` where it could not be decoded."""
    quality: Quality | None
    """``None`` where it could not be decoded."""
    warnings: tuple[str, ...]
    """What was done or noticed while it was decoded."""


@dataclass(frozen=True, slots=True)
class EngineUsed:
    """Where one network ran."""

    network: str
    engine: str
    """``cuda``, ``openvino`` or ``onnxruntime``."""
    precision: str
    reason: str
    """Why there, in words, with its speed."""
    notes: tuple[str, ...]
    """What happened on the way, such as a fallback to the CPU."""


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """One model package."""

    task: str
    version: str
    sha256: str
    """Of its ``model.json``, which holds the hashes of all its other files."""
    made_on: str
    engines: tuple[EngineUsed, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one step took."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture that was written beside this file."""

    file: str
    """Below the folder of this file, with forward slashes."""
    role: PictureRole
    caption: str
    series: str
    slice_number: int | None
    """Counted from 1 along the series' slices."""
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One mask or map that was written beside this file."""

    file: str
    role: OutputRole
    series: str
    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is said about one study."""

    format: str
    version: int
    program: Program
    made_at: datetime
    study: str
    """The study's key, which is also its folder's name unless the settings ask for another."""
    source: str
    """The name of the folder or file that was read."""
    outcome: Outcome
    patient: Patient
    examination: Examination
    series: tuple[SeriesRead, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    """What a reader must know about how the files were taken together."""
    brain: tuple[BrainFindings, ...]
    """One for each FLAIR that was read, the most detailed one first."""
    spine_axial: tuple[AxialFindings, ...]
    spine_sagittal: tuple[SagittalFindings, ...]
    disagreements: tuple[Disagreement, ...]
    models: tuple[ModelUsed, ...]
    settings: Mapping[str, Mapping[str, int | float]]
    """Every limit that the findings rest on, by section."""
    timings: tuple[Timing, ...]
    pictures: tuple[Picture, ...]
    outputs: tuple[OutputFile, ...]
    disclaimer: str
    further: tuple[FurtherFindings, ...] = field(default=(), metadata=CAME_LATER)
    """One for each series that a further reading read; files of earlier programs say nothing of it."""
