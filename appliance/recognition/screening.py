"""What is set aside before anyone asks what it shows: reports, pictures of screens, scouts, maps, masks.

Decided from the header of one file alone, so that one odd file never takes its whole series with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.contracts import Plane, Reason
from appliance.recognition.vocabulary import LOCALIZER_WORDS, MASK_WORDS, contrasts_in, plain, says
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.headers.image import DicomHeader
    from appliance.headers.nifti import NiftiGrid
    from appliance.settings import Limits

STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
MR_CLASSES: Final = frozenset(STORAGE + number for number in ("4", "4.1", "4.3", "4.4"))
REPORT_CLASSES: Final = tuple(STORAGE + number for number in ("88.", "104.", "11.", "9."))
CAPTURE_CLASSES: Final = tuple(STORAGE + number for number in ("7", "7.1", "7.2", "7.3", "7.4"))
RESULT_CLASSES: Final = tuple(STORAGE + number for number in ("66", "66.4", "66.5", "67", "68.1", "30"))
SPECTROSCOPY_CLASS: Final = f"{STORAGE}4.2"
REPORT_MODALITIES: Final = frozenset({"SR", "PR", "KO", "DOC", "PLAN", "AU", "FID", "RWV", "STAIN"})
CAPTURE_MODALITIES: Final = frozenset({"SC", "OT", "XC"})
RESULT_MODALITIES: Final = frozenset({"SEG", "REG"})
MACHINES: Final = {
    "CT": "a CT",
    "PT": "a PET scan",
    "NM": "a nuclear medicine scan",
    "US": "an ultrasound",
    "CR": "an X-ray",
    "DX": "an X-ray",
    "MG": "a mammogram",
    "XA": "an X-ray angiography",
    "RF": "a fluoroscopy",
}
LOCALIZER: Final = frozenset({"LOCALIZER", "SCOUT", "SURVEY"})
CALCULATED: Final = {
    "ADC": "an ADC map",
    "EADC": "an exponential ADC map",
    "FA": "an anisotropy map",
    "TRACEW": "a diffusion trace image",
    "TENSOR": "a diffusion tensor map",
    "PROJECTION IMAGE": "a projection",
    "MIP": "a projection",
    "MNIP": "a projection",
    "MINIP": "a projection",
    "MIN IP": "a projection",
    "MAX_IP": "a projection",
    "MIN_IP": "a projection",
    "SUBTRACTION": "a subtraction",
    "SUB": "a subtraction",
    "PERFUSION": "a perfusion map",
    "RCBF": "a perfusion map",
    "RCBV": "a perfusion map",
    "CBF": "a perfusion map",
    "CBV": "a perfusion map",
    "MTT": "a perfusion map",
    "TTP": "a perfusion map",
    "TMAX": "a perfusion map",
    "P": "a phase image",
    "PHASE": "a phase image",
    "PHASE MAP": "a phase image",
    "R": "a real-part image",
    "I": "an imaginary-part image",
    "FIELD MAP": "a field map",
    "T1 MAP": "a map of relaxation times",
    "T2 MAP": "a map of relaxation times",
    "T2_STAR MAP": "a map of relaxation times",
    "VELOCITY": "a flow map",
    "CSAPARALLEL": "a processed copy",
    "CSA BLACK IMAGE": "a blank page",
    "SCREEN SAVE": "a picture of a screen",
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """Why an image is not looked at any further; ``why`` completes “is not read: …”."""

    reason: Reason
    why: str


def screen(header: DicomHeader, modality: str, image_type: tuple[str, ...], limits: Limits) -> SetAside | None:
    """Say why one DICOM file is set aside, if it is."""
    return (
        _by_what_it_is(header.sop_class, modality)
        or _by_what_it_holds(header, limits)
        or _by_machine(header.sop_class, modality)
        or _by_making(image_type)
    )


def _by_what_it_is(sop_class: str, modality: str) -> SetAside | None:
    if sop_class.startswith(REPORT_CLASSES) or modality in REPORT_MODALITIES:
        return SetAside(Reason.REPORT, "it is a report or a note, not images")
    if sop_class in RESULT_CLASSES or modality in RESULT_MODALITIES:
        return SetAside(Reason.DERIVED, "it is a result that a program made from other images")
    if sop_class in CAPTURE_CLASSES or modality in CAPTURE_MODALITIES:
        return SetAside(Reason.SECONDARY_CAPTURE, "it is a picture of a screen or of paper")
    if sop_class == SPECTROSCOPY_CLASS:
        return SetAside(Reason.NOT_AN_IMAGE, "it is a spectroscopy, which is no image")
    return None


def _by_what_it_holds(header: DicomHeader, limits: Limits) -> SetAside | None:
    if not header.rows or not header.columns:
        if header.cut_short:
            return SetAside(Reason.UNREADABLE, "the file is cut short; copy it again from where it came from")
        return SetAside(Reason.NOT_AN_IMAGE, "it holds no image")
    if max(header.rows, header.columns) > limits.max_rows_or_columns:
        size = f"{header.columns:,} × {header.rows:,} pixels"
        return SetAside(Reason.TOO_LARGE, f"its images have {size}; if that is right, raise limits.max_rows_or_columns")
    if header.frames > limits.max_slices:
        return SetAside(
            Reason.TOO_LARGE, f"it has {counted(header.frames, 'image')}; if that is right, raise limits.max_slices"
        )
    return None


def _by_machine(sop_class: str, modality: str) -> SetAside | None:
    if modality == "MR" or (not modality and sop_class in MR_CLASSES):
        return None
    if not modality:
        return SetAside(Reason.NOT_KNOWN, "it does not say which kind of machine made it")
    machine = MACHINES.get(modality, f"an image of the kind {modality}")
    return SetAside(Reason.OTHER_MODALITY, f"it is {machine}, and only MR is read")


def _by_making(image_type: tuple[str, ...]) -> SetAside | None:
    words = image_type[2:]
    if LOCALIZER.intersection(words):
        return SetAside(Reason.LOCALIZER, "it is a scout view for planning")
    calculated = next((CALCULATED[word] for word in words if word in CALCULATED), None)
    if calculated is None:
        return None
    return SetAside(Reason.DERIVED, f"it is {calculated}, calculated from other images")


def screen_series(words: Iterable[str], planes: Iterable[Plane]) -> SetAside | None:
    """Say why a whole series is set aside: a scout, or slices that belong to no one stack."""
    seen = set(planes)
    if len(seen) == len(Plane) or says(plain(" ".join(words)), LOCALIZER_WORDS):
        return SetAside(Reason.LOCALIZER, "it is a scout view for planning")
    if len(seen) > 1:
        turned = " and ".join(sorted(seen))
        return SetAside(Reason.MIXED_ORIENTATION, f"it mixes {turned} slices; export each direction as a series")
    return None


def screen_nifti(name: str, grid: NiftiGrid, *, described: bool) -> SetAside | None:
    """Say why a NIfTI file is set aside: names of regions instead of a scan."""
    words = plain(name)
    if grid.holds_labels or says(words, MASK_WORDS):
        return SetAside(Reason.DERIVED, "it is a mask or a map of regions, not a scan")
    if grid.eight_bit and not described and not contrasts_in(words):
        return SetAside(
            Reason.DERIVED,
            "it holds whole numbers up to 255 and its name says no contrast, so it is taken for a mask; "
            "if it is a scan, say so in its name (for instance flair.nii.gz)",
        )
    return None
