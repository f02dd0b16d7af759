"""What a written series says about itself: people, visits, protocols and how the files look on a disk.

Every type is frozen and nothing is drawn by chance: the same specification writes the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pydicom import uid

UTF8 = "ISO_IR 192"
LATIN_1 = "ISO_IR 100"
GB18030 = "GB18030"
JAPANESE = ("", "ISO 2022 IR 87")

TagValue: TypeAlias = str | int | float | tuple[str, ...] | tuple[float, ...]


class Vendor(StrEnum):
    """Whose header habits a series has."""

    SIEMENS = "siemens"
    PHILIPS = "philips"
    GE = "ge"
    TOSHIBA = "toshiba"
    CANON = "canon"
    HITACHI = "hitachi"
    ANONYMISED = "anonymised"
    """Scanned on some scanner; a tool then removed every tag that it was not sure of."""


class Protocol(StrEnum):
    """What was scanned, as a technician names it."""

    BRAIN_FLAIR = "brain flair"
    BRAIN_FLAIR_3D = "brain flair 3d"
    BRAIN_T1 = "brain t1"
    BRAIN_T2 = "brain t2"
    BRAIN_DWI = "brain dwi"
    SPINE_T2_AXIAL = "spine t2 axial"
    SPINE_T1_AXIAL = "spine t1 axial"
    SPINE_T2_SAGITTAL = "spine t2 sagittal"
    SPINE_T1_SAGITTAL = "spine t1 sagittal"
    SPINE_STIR_SAGITTAL = "spine stir sagittal"
    LOCALIZER = "localizer"
    HEAD_CT = "head ct"


class Layout(StrEnum):
    """How slices are laid into files."""

    CLASSIC = "classic"
    """One file a slice."""
    ENHANCED = "enhanced"
    """One multi-frame file a series."""


class FileNames(StrEnum):
    """How the files of a series are called."""

    DCM = "IM-0004-0001.dcm"
    BARE = "IM000001"
    DIGITS = "00000001"
    UPPER = "I0000001.DCM"
    IMA = "SAMPLE.MR.HEAD.0004.0001.IMA"
    UID = "MR.1.2.3"


class SliceOrder(StrEnum):
    """How file names and instance numbers run through the stack."""

    ASCENDING = "ascending"
    DESCENDING = "descending"
    INTERLEAVED = "interleaved"
    SHUFFLED = "shuffled"


class Syntax(StrEnum):
    """The transfer syntaxes that can be written."""

    IMPLICIT = uid.ImplicitVRLittleEndian
    EXPLICIT = uid.ExplicitVRLittleEndian
    BIG_ENDIAN = uid.ExplicitVRBigEndian
    DEFLATED = uid.DeflatedExplicitVRLittleEndian
    RLE = uid.RLELossless
    JPEG_BASELINE = uid.JPEGBaseline8Bit
    """Loses detail; 8 bit only."""
    JPEG_LOSSLESS = uid.JPEGLossless
    JPEG_LOSSLESS_SV1 = uid.JPEGLosslessSV1
    JPEG_LS = uid.JPEGLSLossless
    JPEG_2000_LOSSLESS = uid.JPEG2000Lossless
    JPEG_2000 = uid.JPEG2000
    """May lose detail."""


@dataclass(frozen=True, slots=True)
class PatientSpec:
    """An invented person."""

    name: str = "Sample^Nobody"
    patient_id: str = "SAMPLE-0001"
    birth_date: str = "19800215"
    sex: str = "F"
    age: str = "045Y"
    charset: str | tuple[str, ...] = LATIN_1
    """The character set that the file declares; empty for none."""
    name_codec: str = ""
    """The codec that the name is really in, where that is not the declared one: a broken file."""


@dataclass(frozen=True, slots=True)
class StudySpec:
    """One visit. ``seed`` makes its identifiers; two visits of one patient need two seeds."""

    seed: str = "sample study"
    date: str = "20250310"
    time: str = "101500"
    description: str = "Sample examination"
    accession: str = "A0001"
    institution: str = "Outpost sample clinic"


@dataclass(frozen=True, slots=True)
class Storage:
    """How a voxel's value becomes a stored number: ``value = stored * slope + intercept``."""

    bits_stored: int = 12
    bits_allocated: int = 16
    signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0
    monochrome1: bool = False
    """Store the complement, so that a viewer that honours MONOCHROME1 shows the same picture."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The sequence's times in milliseconds, as the header states them; ``None`` leaves the tag out."""

    echo_ms: float | None
    repetition_ms: float | None
    inversion_ms: float | None = None
    flip_deg: float = 90.0
    train: int = 1


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """Everything about one series but its voxels and where they lie."""

    protocol: Protocol = Protocol.BRAIN_FLAIR
    vendor: Vendor = Vendor.SIEMENS
    patient: PatientSpec = field(default_factory=PatientSpec)
    study: StudySpec = field(default_factory=StudySpec)
    number: int = 4
    """The series number; part of the identifiers' seed."""
    layout: Layout = Layout.CLASSIC
    syntax: Syntax | None = None
    """``None``: the vendor's habit."""
    file_names: FileNames | None = None
    """``None``: the vendor's habit."""
    order: SliceOrder = SliceOrder.ASCENDING
    storage: Storage | None = None
    """``None``: the vendor's habit."""
    timing: Timing | None = None
    """``None``: the protocol's usual times."""
    description: str | None = None
    """``None``: the vendor's usual words."""
    slice_thickness_mm: float | None = None
    """``None``: nine tenths of the slice distance for 2D, all of it for 3D."""
    private_tags: bool = True
    part: str = ""
    """Names a second echo, time point or stack in the same series: other instances, same series."""
    first_instance: int = 1
    """The lowest instance number: a second part goes on where the first ended."""
    tags: tuple[tuple[str, TagValue], ...] = ()
    """Keywords and values that are written over everything else."""
    without: tuple[str, ...] = ()
    """Keywords that are left out of every file."""
