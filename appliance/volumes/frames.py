"""What a stack is built from: one frame's place, its scale, and what it was measured with.

Pure types, so that sorting slices into volumes can be decided and tested without a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from appliance.words import shown

if TYPE_CHECKING:
    from pydicom.uid import UID

    from appliance.contracts import Source
    from appliance.volumes.dicom_files import DicomHeader

Vector: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Coding:
    """How the numbers of an image are stored."""

    syntax: UID
    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    signed: bool
    inverted: bool
    """MONOCHROME1: the largest stored number is black."""

    @property
    def frame_bytes(self) -> int:
        """One frame without compression."""
        return self.rows * self.columns * (self.bits_allocated // 8)


@dataclass(frozen=True, slots=True)
class Scale:
    """``value = stored * slope + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def changes_nothing(self) -> bool:
        """Whether the stored numbers are the values."""
        return self.slope == 1.0 and self.intercept == 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame lies, in DICOM's frame (left, posterior, superior), in millimetres."""

    rows: int
    columns: int
    position: Vector
    """The centre of the first pixel."""
    along_row: Vector
    """The unit vector in which the column index grows."""
    along_column: Vector
    """The unit vector in which the row index grows."""
    row_spacing: float
    """Between neighbouring rows."""
    column_spacing: float
    """Between neighbouring columns."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells apart frames that lie at the same place; ``None`` where the header says nothing."""

    stack: str | None = None
    component: str | None = None
    """``magnitude``, ``phase``, ``real`` or ``imaginary``."""
    echo_time_ms: float | None = None
    echo: int | None = None
    b_value: float | None = None
    direction: tuple[float, ...] | None = None
    """Of the diffusion gradient."""
    inversion_time_ms: float | None = None
    time_point: int | None = None
    trigger_time_ms: float | None = None
    sequence: str | None = None
    image_type: str | None = None
    acquisition: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice, not yet decoded."""

    header: DicomHeader = field(repr=False)
    coding: Coding
    index: int
    """Counted from 0 in its file."""
    place: Place
    scale: Scale = field(default_factory=Scale)
    marks: Marks = field(default_factory=Marks)
    instance: int | None = None
    """The number that the scanner gave to the image."""

    @property
    def source(self) -> Source:
        """The file that it is in."""
        return self.header.source

    @property
    def label(self) -> str:
        """What a technician finds it by."""
        if self.coding.frames > 1:
            return f"frame {self.index + 1} of {shown(self.source.name)}"
        number = f"image {self.instance} " if self.instance is not None else ""
        return f"{number}({shown(self.source.name)})" if number else shown(self.source.name)
