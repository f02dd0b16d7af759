"""A DICOM header → its frames, classic and enhanced multi-frame alike; what is no grey picture is refused.

In an enhanced file each frame's facts stand in nested groups, its own laid over those that all share,
and both over the file's. Laid flat they are the facts of a classic image, and are read as such.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from appliance.contracts import Reason
from appliance.errors import BadGeometry, OverLimit, Unreadable
from appliance.volumes.dicom_files import COPY_AGAIN
from appliance.volumes.frames import Coding, Frame, Marks, Place, Scale
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.headers.tags import Tags
    from appliance.settings import Limits, Reading
    from appliance.volumes.dicom_files import DicomHeader

GROUPS = (
    "PlanePositionSequence",
    "PlaneOrientationSequence",
    "PixelMeasuresSequence",
    "FrameContentSequence",
    "PixelValueTransformationSequence",
    "MREchoSequence",
    "MRModifierSequence",
    "MRDiffusionSequence",
    "MRImageFrameTypeSequence",
    "CardiacSynchronizationSequence",
)
COMPONENTS = {"M": "magnitude", "P": "phase", "R": "real", "I": "imaginary"}
COMPONENT_WORDS = {
    "MAGNITUDE": "magnitude",
    "PHASE": "phase",
    "PHASE MAP": "phase",
    "REAL": "real",
    "IMAGINARY": "imaginary",
}
READABLE_BITS = (8, 16)
UNIT_TOLERANCE = 0.01
LARGEST_STORED = 2**16
LARGEST_VALUE = 1e30
"""Far beyond any scanner's values, and safely within single precision."""
ONLY_GREY = "Only grey pictures as the scanner makes them are read."


def frames_of(header: DicomHeader, limits: Limits, reading: Reading) -> Iterator[Frame]:
    """Describe every frame of a file, in the order in which their pixels lie."""
    coding = coding_of(header, limits)
    for index, tags in enumerate(_tags_of_frames(header.tags, coding.frames)):
        yield Frame(
            header=header,
            coding=coding,
            index=index,
            place=_place(header, tags, coding, reading),
            scale=_scale(header, tags),
            marks=_marks(tags),
            instance=header.tags.whole("InstanceNumber"),
        )


def coding_of(header: DicomHeader, limits: Limits) -> Coding:
    """Say how an image is stored, if it is one that can be read and is not too large."""
    tags = header.tags
    photometric = (tags.text("PhotometricInterpretation") or "MONOCHROME2").upper()
    allocated = tags.whole("BitsAllocated") or 0
    coding = Coding(
        syntax=header.place.syntax,
        rows=tags.whole("Rows") or 0,
        columns=tags.whole("Columns") or 0,
        frames=tags.whole("NumberOfFrames") or 1,
        bits_allocated=allocated,
        bits_stored=tags.whole("BitsStored") or allocated,
        signed=tags.whole("PixelRepresentation") == 1,
        inverted=photometric == "MONOCHROME1",
    )
    _check_kind(header, coding, photometric)
    _check_size(header, coding, limits)
    return coding


def _check_kind(header: DicomHeader, coding: Coding, photometric: str) -> None:
    if not photometric.startswith("MONOCHROME") or (header.tags.whole("SamplesPerPixel") or 1) != 1:
        raise _unsupported(header, "is a colour picture", ONLY_GREY)
    if "MOSAIC" in header.tags.texts("ImageType"):
        raise _unsupported(header, "holds many small slices in one picture (a Siemens mosaic)", ONLY_GREY)
    if coding.bits_allocated not in READABLE_BITS or not 0 < coding.bits_stored <= coding.bits_allocated:
        raise _unsupported(header, f"stores {coding.bits_allocated} bits for a pixel", "8 and 16 are read.")
    if "ModalityLUTSequence" in header.tags:
        raise _unsupported(header, "has values that only a table explains", ONLY_GREY)
    if min(coding.rows, coding.columns, coding.frames) < 1:
        raise Unreadable(
            f"{shown(header.source.name)} does not say how large its picture is.",
            advice=COPY_AGAIN,
            source=header.source,
        )


def _check_size(header: DicomHeader, coding: Coding, limits: Limits) -> None:
    name = shown(header.source.name)
    if max(coding.rows, coding.columns) > limits.max_rows_or_columns:
        raise OverLimit(
            f"{name} claims to have {coding.rows:,} × {coding.columns:,} pixels.",
            advice=f"No MR image has more than {limits.max_rows_or_columns:,} on a side. {COPY_AGAIN}",
            source=header.source,
        )
    if coding.frames > limits.max_slices:
        raise OverLimit(
            f"{name} claims to have {coding.frames:,} slices.",
            advice="If it really is a scan, raise limits.max_slices in the settings.",
            source=header.source,
        )


def _unsupported(header: DicomHeader, what: str, advice: str) -> Unreadable:
    return Unreadable(
        f"{shown(header.source.name)} {what}.", advice=advice, source=header.source, reason=Reason.UNSUPPORTED
    )


def _tags_of_frames(tags: Tags, frames: int) -> Iterator[Tags]:
    shared = _flat(tags.items("SharedFunctionalGroupsSequence")[:1], tags)
    own = tags.items("PerFrameFunctionalGroupsSequence")
    for index in range(frames):
        yield _flat(own[index : index + 1], shared)


def _flat(groups: list[Tags], below: Tags) -> Tags:
    """Lay the facts of one item's groups over those that hold without it."""
    for group in groups:
        for keyword in GROUPS:
            for item in group.items(keyword)[:1]:
                for gradient in item.items("DiffusionGradientDirectionSequence")[:1]:
                    below = gradient.laid_over(below)
                below = item.laid_over(below)
    return below


def _place(header: DicomHeader, tags: Tags, coding: Coding, reading: Reading) -> Place:
    position, orientation = tags.numbers("ImagePositionPatient"), tags.numbers("ImageOrientationPatient")
    spacing = tags.numbers("PixelSpacing")
    if (len(position), len(orientation), len(spacing)) != (3, 6, 2):
        raise _no_geometry(header, "does not say where in the patient it lies")
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = float(np.linalg.norm(along_row)), float(np.linalg.norm(along_column))
    off_unit = [abs(length - 1) for length in lengths]
    if max(*off_unit, abs(float(along_row @ along_column))) > UNIT_TOLERANCE:
        raise _no_geometry(header, "says something impossible about how it lies in the patient")
    if not all(reading.min_spacing_mm <= step <= reading.max_spacing_mm for step in spacing):
        raise _no_geometry(header, f"says that its pixels are {spacing[0]:g} × {spacing[1]:g} mm large")
    x, y, z = position
    row, column = along_row / lengths[0], along_column / lengths[1]
    return Place(
        rows=coding.rows,
        columns=coding.columns,
        position=(x, y, z),
        along_row=(float(row[0]), float(row[1]), float(row[2])),
        along_column=(float(column[0]), float(column[1]), float(column[2])),
        row_spacing=spacing[0],
        column_spacing=spacing[1],
    )


def _no_geometry(header: DicomHeader, what: str) -> BadGeometry:
    return BadGeometry(
        f"{shown(header.source.name)} {what}.",
        advice="It cannot be put into a volume. Send the original series from the scanner.",
        source=header.source,
    )


def _scale(header: DicomHeader, tags: Tags) -> Scale:
    slope = tags.number("RescaleSlope") if tags.text("RescaleSlope") else 1.0
    intercept = tags.number("RescaleIntercept") if tags.text("RescaleIntercept") else 0.0
    if not slope or intercept is None or LARGEST_STORED * abs(slope) + abs(intercept) > LARGEST_VALUE:
        raise Unreadable(
            f"{shown(header.source.name)} gives a scale for its values that cannot be used.",
            advice=COPY_AGAIN,
            source=header.source,
        )
    return Scale(slope, intercept)


def _marks(tags: Tags) -> Marks:
    image_type = tags.texts("FrameType") or tags.texts("ImageType")
    gradient = tags.numbers("DiffusionGradientOrientation")
    return Marks(
        stack=tags.text("StackID"),
        component=_component(tags.text("ComplexImageComponent"), image_type),
        echo_time_ms=_rounded(tags.number("EffectiveEchoTime") or tags.number("EchoTime")),
        echo=tags.whole("EchoNumbers"),
        b_value=_rounded(tags.number("DiffusionBValue")),
        direction=tuple(round(part, 3) for part in gradient) or None,
        inversion_time_ms=_rounded(tags.number("InversionTimes") or tags.number("InversionTime")),
        time_point=tags.whole("TemporalPositionIndex") or tags.whole("TemporalPositionIdentifier"),
        trigger_time_ms=_rounded(tags.number("NominalCardiacTriggerDelayTime") or tags.number("TriggerTime")),
        sequence=tags.text("SequenceName"),
        image_type=" ".join(image_type) or None,
        acquisition=tags.whole("FrameAcquisitionNumber") or tags.whole("AcquisitionNumber"),
    )


def _component(stated: str | None, image_type: tuple[str, ...]) -> str | None:
    """Find the part of the complex signal; vendors write ``M``, ``M_FFE`` or ``PHASE MAP``."""
    for word in (stated, *image_type):
        if word and (found := COMPONENT_WORDS.get(word.upper()) or COMPONENTS.get(word.upper().partition("_")[0])):
            return found
    return None


def _rounded(value: float | None) -> float | None:
    """Make one time of those that only rounding tells apart."""
    return None if value is None or not math.isfinite(value) else round(value, 2)
