"""How each manufacturer fills a header: its words, its storage, its syntax, its file names, its private tags.

Gathered from conformance statements and public sample files. A reader that rests on one vendor's
words fails on another's; that is what these are for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from appliance.sample.scan_spec import FileNames, Protocol, Storage, Syntax, Vendor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom.dataset import Dataset

_P = Protocol


@dataclass(frozen=True, slots=True)
class PrivateTag:
    """One element of a vendor's own block."""

    group: int
    creator: str
    element: int
    vr: str
    value: str | float


@dataclass(frozen=True, slots=True)
class Habits:
    """One manufacturer."""

    manufacturer: str
    model: str
    field_strength_t: float
    station: str
    descriptions: Mapping[Protocol, str]
    sequence_names: Mapping[Protocol, str] = field(default_factory=dict)
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "OTHER")
    variant: tuple[str, ...] = ("SK",)
    scan_options: tuple[str, ...] = ()
    syntax: Syntax = Syntax.EXPLICIT
    file_names: FileNames = FileNames.DCM
    storage: Storage = field(default_factory=Storage)
    series_number_factor: int = 1
    """Philips counts 101, 201, 301; GE and the others 1, 2, 3."""
    fills_body_part: bool = True
    fills_number_of_frames: bool = False
    private: tuple[PrivateTag, ...] = ()


def _table(*descriptions: str) -> Mapping[Protocol, str]:
    return MappingProxyType(dict(zip(Protocol, descriptions, strict=True)))


_SIEMENS = Habits(
    manufacturer="SIEMENS",
    model="Avanto",
    field_strength_t=1.5,
    station="MRC25001",
    descriptions=_table(
        "t2_tirm_tra_dark-fluid",
        "t2_spc_da-fl_sag_p2_iso",
        "t1_se_tra",
        "t2_tse_tra",
        "ep2d_diff_3scan_trace_p2",
        "t2_tse_tra_msma",
        "t1_tse_tra_msma",
        "t2_tse_sag",
        "t1_tse_sag",
        "t2_tirm_sag_fs",
        "localizer",
        "Head 5.0 H31s",
    ),
    sequence_names=MappingProxyType(
        {
            _P.BRAIN_FLAIR: "*tir2d1_16",
            _P.BRAIN_FLAIR_3D: "*spcir_278ns",
            _P.BRAIN_T1: "*se2d1",
            _P.BRAIN_T2: "*tse2d1_13",
            _P.BRAIN_DWI: "*ep_b1000t",
            _P.SPINE_T2_AXIAL: "*tse2d1_15",
            _P.SPINE_T1_AXIAL: "*tse2d1_3",
            _P.SPINE_T2_SAGITTAL: "*tse2d1_17",
            _P.SPINE_T1_SAGITTAL: "*tse2d1_3",
            _P.SPINE_STIR_SAGITTAL: "*tir2d1_9",
            _P.LOCALIZER: "*fl2d1",
        }
    ),
    image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
    variant=("SK", "SP", "MP", "OSP"),
    scan_options=("SAT1",),
    file_names=FileNames.IMA,
    private=(
        PrivateTag(0x0019, "SIEMENS MR HEADER", 0x0008, "CS", "IMAGE NUM 4"),
        PrivateTag(0x0029, "SIEMENS CSA HEADER", 0x0008, "CS", "IMAGE NUM 4"),
        PrivateTag(0x0051, "SIEMENS MR HEADER", 0x0016, "LO", "M/ND/NORM"),
    ),
)

_PHILIPS = Habits(
    manufacturer="Philips Medical Systems",
    model="Intera",
    field_strength_t=1.5,
    station="EWS-01",
    descriptions=_table(
        "FLAIR_longTR SENSE",
        "3D_Brain_VIEW_FLAIR",
        "T1W_SE SENSE",
        "T2W_TSE SENSE",
        "DWI_SSh SENSE",
        "T2W_TSE_AX",
        "T1W_TSE_AX",
        "T2W_TSE_SAG",
        "T1W_TSE_SAG",
        "STIR_SAG",
        "SURVEY",
        "Brain standard",
    ),
    image_type=("ORIGINAL", "PRIMARY", "M_SE", "M", "SE"),
    scan_options=("FC", "SP"),
    syntax=Syntax.IMPLICIT,
    file_names=FileNames.BARE,
    storage=Storage(slope=1.3714285714, intercept=0.0),
    series_number_factor=100,
    private=(
        PrivateTag(0x2001, "Philips Imaging DD 001", 0x0018, "SL", 20),
        PrivateTag(0x2005, "Philips MR Imaging DD 001", 0x000D, "FL", 0.0),
        PrivateTag(0x2005, "Philips MR Imaging DD 001", 0x000E, "FL", 0.0125),
    ),
)

_GE = Habits(
    manufacturer="GE MEDICAL SYSTEMS",
    model="SIGNA EXCITE",
    field_strength_t=1.5,
    station="GEMSOW",
    descriptions=_table(
        "Ax T2 FLAIR",
        "Sag CUBE T2 FLAIR",
        "Ax T1 SE",
        "Ax T2 FRFSE",
        "Ax DWI b1000",
        "Ax T2 FRFSE",
        "Ax T1 FSE",
        "Sag T2 FRFSE",
        "Sag T1 FSE",
        "Sag STIR",
        "3-Plane Loc",
        "HEAD WITHOUT",
    ),
    variant=("SK", "SP"),
    scan_options=("FAST_GEMS", "TRF_GEMS", "FILTERED_GEMS"),
    file_names=FileNames.BARE,
    storage=Storage(bits_stored=16, signed=True),
    private=(
        PrivateTag(0x0009, "GEMS_IDEN_01", 0x0001, "LO", "GE_GENESIS_FF"),
        PrivateTag(0x0019, "GEMS_ACQU_01", 0x009C, "LO", "fse"),
        PrivateTag(0x0043, "GEMS_PARM_01", 0x0001, "SS", 6),
    ),
)

_TOSHIBA = Habits(
    manufacturer="TOSHIBA_MEC",
    model="Excelart Vantage",
    field_strength_t=1.5,
    station="MRT200PP3",
    descriptions=_table(
        "FLAIR AX",
        "3D FLAIR SG",
        "T1 AX",
        "T2 AX",
        "DWI AX",
        "T2 AX ANGLED",
        "T1 AX ANGLED",
        "T2 SG",
        "T1 SG",
        "STIR SG",
        "LOCATOR",
        "BRAIN 5.0",
    ),
    sequence_names=MappingProxyType(
        {_P.BRAIN_FLAIR: "FIR", _P.BRAIN_FLAIR_3D: "FIR3D", _P.SPINE_STIR_SAGITTAL: "FIR", _P.LOCALIZER: "FE"}
    ),
    image_type=("ORIGINAL", "PRIMARY"),
    file_names=FileNames.DIGITS,
    storage=Storage(bits_stored=16, signed=True),
    private=(PrivateTag(0x700D, "TOSHIBA_MEC_MR3", 0x0000, "LO", "FIR"),),
)

_HITACHI = Habits(
    manufacturer="Hitachi Medical Corporation",
    model="APERTO",
    field_strength_t=0.4,
    station="APERTO01",
    descriptions=_table(
        "AX FLAIR",
        "SAG isoFLAIR",
        "AX T1",
        "AX T2",
        "AX DWI",
        "AX T2 FSE",
        "AX T1 SE",
        "SAG T2 FSE",
        "SAG T1 SE",
        "SAG STIR",
        "SCANOGRAM",
        "BRAIN",
    ),
    syntax=Syntax.IMPLICIT,
    file_names=FileNames.UPPER,
    storage=Storage(signed=True),
    fills_body_part=False,
    fills_number_of_frames=True,
)

HABITS: Final[Mapping[Vendor, Habits]] = MappingProxyType(
    {
        Vendor.SIEMENS: _SIEMENS,
        Vendor.PHILIPS: _PHILIPS,
        Vendor.GE: _GE,
        Vendor.TOSHIBA: _TOSHIBA,
        Vendor.CANON: Habits(
            manufacturer="CANON_MEC",
            model="Vantage Elan",
            field_strength_t=1.5,
            station="MRT-2020",
            descriptions=_TOSHIBA.descriptions,
            sequence_names=_TOSHIBA.sequence_names,
            image_type=_TOSHIBA.image_type,
            file_names=FileNames.UID,
            storage=_TOSHIBA.storage,
        ),
        Vendor.HITACHI: _HITACHI,
        Vendor.ANONYMISED: Habits(
            manufacturer="",
            model="",
            field_strength_t=1.5,
            station="",
            descriptions=_table(*("" for _ in Protocol)),
            file_names=FileNames.DIGITS,
            fills_body_part=False,
        ),
    }
)

STRIPPED_BY_ANONYMISER: Final = (
    "AccessionNumber",
    "BodyPartExamined",
    "DeviceSerialNumber",
    "InstitutionName",
    "Manufacturer",
    "ManufacturerModelName",
    "PatientAge",
    "PatientBirthDate",
    "ProtocolName",
    "ReferringPhysicianName",
    "ScanningSequence",
    "SequenceName",
    "SequenceVariant",
    "SeriesDescription",
    "StationName",
    "StudyDescription",
    "StudyTime",
    "SeriesTime",
    "AcquisitionTime",
    "ContentTime",
)


def add_private_tags(header: Dataset, habits: Habits) -> None:
    """Put a vendor's own elements beside the public ones."""
    for tag in habits.private:
        block = header.private_block(tag.group, tag.creator, create=True)
        block.add_new(tag.element, tag.vr, tag.value)
