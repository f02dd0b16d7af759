"""The types that the parts hand to each other: frozen, without I/O, on the standard library and NumPy alone.

The clinic's flow is read off their names:

    Source → Series in a Study (or LeftOut) → Volume = Geometry + voxels + facts

Axes and units are the same everywhere. A volume is indexed ``[i, j, k]``: ``i`` along an image
row (columns), ``j`` down the rows, ``k`` from slice to slice. ``Geometry.affine`` takes an index to
millimetres in the patient's right-anterior-superior (RAS+) frame, as NIfTI does. Unknown is ``None``,
never zero and never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from appliance.further import further_words, member_for

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Voxels: TypeAlias = "NDArray[np.generic]"
"""Three axes ``[i, j, k]``."""
Affine: TypeAlias = "NDArray[np.float64]"
"""Four by four, index → RAS millimetres."""


class Kind(StrEnum):
    """What a series can be read as. The values are the words of ``--as``; further readings bring their own."""

    BRAIN_FLAIR = "brain-flair"
    SPINE_AXIAL = "spine-axial"
    SPINE_SAGITTAL = "spine-sagittal"

    @classmethod
    def _missing_(cls, value: object) -> Kind | None:
        return member_for(cls, value)

    @property
    def is_further(self) -> bool:
        """Whether a further reading brought it."""
        return self.name not in Kind.__members__


def all_kinds() -> tuple[Kind, ...]:
    """List the kinds that the program was born with, then those of further readings."""
    return (*Kind, *map(Kind, further_words()))


class Certainty(StrEnum):
    """How the kind of a series came to be known."""

    SURE = "sure"
    """Tags and geometry agree."""
    ASK = "ask"
    """It may be this kind; a person must say so. It is not read until then."""
    TOLD = "told"
    """The operator said so."""


class Weighting(StrEnum):
    """The contrast of an MR series."""

    T1 = "T1"
    T2 = "T2"
    FLAIR = "FLAIR"


class Plane(StrEnum):
    """The anatomical plane nearest to the slices."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"


class FileFormat(StrEnum):
    """What a source turned out to be."""

    DICOM = "dicom"
    NIFTI = "nifti"


class Reason(StrEnum):
    """Why a file or a series is not read. The value is stable and goes into ``findings.json``."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    NOT_AN_IMAGE = "not-an-image"
    LINK = "link"
    DUPLICATE = "duplicate"
    OTHER_MODALITY = "other-modality"
    LOCALIZER = "localizer"
    DERIVED = "derived"
    SECONDARY_CAPTURE = "secondary-capture"
    REPORT = "report"
    DICOMDIR = "dicomdir"
    TOO_LARGE = "too-large"
    NOT_KNOWN = "not-known"
    """An MR series, but not one of the kinds that are read."""
    TOO_FEW_SLICES = "too-few-slices"
    MIXED_ORIENTATION = "mixed-orientation"
    MIXED_SIZES = "mixed-sizes"
    MISSING_SLICES = "missing-slices"
    IRREGULAR_SPACING = "irregular-spacing"
    NO_GEOMETRY = "no-geometry"
    UNSUPPORTED = "unsupported"

    @property
    def is_fault(self) -> bool:
        """Whether something that could have been a scan was lost, against what was never meant to be read."""
        return self not in _NEVER_MEANT_TO_BE_READ


_NEVER_MEANT_TO_BE_READ = frozenset(
    {
        Reason.NOT_AN_IMAGE,
        Reason.DUPLICATE,
        Reason.OTHER_MODALITY,
        Reason.LOCALIZER,
        Reason.DERIVED,
        Reason.SECONDARY_CAPTURE,
        Reason.REPORT,
        Reason.DICOMDIR,
        Reason.NOT_KNOWN,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file of the clinic: on a disk, or inside a zip on a disk."""

    path: Path
    member: str = ""
    """The name inside the zip at ``path``; empty for a plain file."""

    def __str__(self) -> str:
        return f"{self.path}::{self.member}" if self.member else str(self.path)

    @property
    def name(self) -> str:
        """The last part of the name, for a sentence on the screen."""
        return (self.member or self.path.name).replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or a series that is not read, and the sentence that says why and what to do."""

    source: Source
    reason: Reason
    sentence: str
    files: int = 1
    """How many files this stands for: a whole series may be left out at once."""


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Who was scanned, as the files say it."""

    name: str | None = None
    patient_id: str | None = None
    birth_date: date | None = None
    age_years: float | None = None
    """At the study's date: from the age tag, else from the birth date."""
    sex: str | None = None
    """``F``, ``M`` or ``O``."""


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """Which examination this is."""

    uid: str | None = None
    when: datetime | None = None
    """In the scanner's local time; DICOM seldom says the zone."""
    description: str | None = None
    accession: str | None = None
    institution: str | None = None


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """How the series was acquired: everything that recognising it can rest on."""

    uid: str | None = None
    number: int | None = None
    description: str | None = None
    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    field_strength_t: float | None = None
    body_part: str | None = None
    sequence: tuple[str, ...] = ()
    """Sequence words from every tag that carries one, upper case (``SE``, ``IR``, ``*tir2d1_16``)."""
    image_type: tuple[str, ...] = ()
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    contrast_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a series is taken for, and why, in words."""

    kind: Kind | None
    certainty: Certainty
    why: str
    weighting: Weighting | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One stack of images that belong together, not yet decoded."""

    sources: tuple[Source, ...]
    file_format: FileFormat
    facts: SeriesFacts
    recognition: Recognition
    rows: int
    columns: int
    slices: int
    """Frames for a multi-frame file, files otherwise."""
    plane: Plane | None = None
    spacing_mm: tuple[float, float, float] | None = None
    """Along ``i``, ``j``, ``k``, as far as the headers tell before decoding."""


@dataclass(frozen=True, slots=True)
class Study:
    """One visit of one patient."""

    key: str
    """Stable for the same files in any folder; safe as a folder name; carries no patient name."""
    patient: PatientFacts
    facts: StudyFacts
    series: tuple[Series, ...]
    notes: tuple[str, ...] = ()
    """What a reader of the result must know about how the files were taken together."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """Where voxels lie in the patient; knows nothing of their values."""

    affine: Affine
    shape: tuple[int, int, int]
    frame_of_reference_uid: str | None = None

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """The distance between neighbouring voxels along each index axis."""
        import numpy as np  # noqa: PLC0415 - the commands start without it

        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return (float(i), float(j), float(k))

    @property
    def voxel_ml(self) -> float:
        """One voxel's volume in millilitres."""
        import numpy as np  # noqa: PLC0415 - the commands start without it

        return float(abs(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def matches(self, other: Geometry, *, tolerance_mm: float = 1e-3) -> bool:
        """Say whether both grids are the same within a tolerance at every corner."""
        import numpy as np  # noqa: PLC0415 - the commands start without it

        if self.shape != other.shape:
            return False
        corners = np.array([[i, j, k, 1] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=np.float64)
        corners[:, :3] *= np.array(self.shape) - 1
        apart = corners @ (self.affine - other.affine).T
        return bool(np.abs(apart).max() <= tolerance_mm)


@dataclass(frozen=True, slots=True)
class SliceOrigin:
    """Which image of the clinic a slice came from: what a DICOM answer must refer to."""

    source: Source
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    frame: int | None = None
    """Counted from 1 in a multi-frame image."""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A series decoded: voxels on a regular grid, and all that is known about them."""

    voxels: Voxels
    geometry: Geometry
    kind: Kind | None
    weighting: Weighting | None
    patient: PatientFacts
    study: StudyFacts
    series: SeriesFacts
    origins: tuple[SliceOrigin, ...]
    """One for each ``k`` of a DICOM stack; a single one for a NIfTI file."""
    part: str = ""
    """Which of several volumes in one series: ``echo 2``, ``time point 3``, ``stack 1``; else empty."""
    warnings: tuple[str, ...] = ()
    """Everything done or noticed on the way that a reader of the result must know."""


@dataclass(frozen=True, slots=True)
class FilesSeen:
    """Progress while a folder is looked through."""

    files: int
    bytes_read: int


@dataclass(frozen=True, slots=True)
class StudyFound:
    """A study is complete: no later file can add to it."""

    study: Study
    left_out: tuple[LeftOut, ...] = field(default=())
    """Series of this study that are not read."""


ScanEvent: TypeAlias = FilesSeen | LeftOut | StudyFound
"""What looking through a folder yields, in the order in which it happens."""
