"""The first bytes of a DICOM file → its tags, without its pixels.

Preamble or none, any transfer syntax, classic or multi-frame. Only as many bytes are read as the header
needs, and a deflated one is inflated no further than the limit. What is no DICOM gives ``None``; what is
DICOM and broken is refused.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pydicom.filereader import data_element_generator
from pydicom.uid import (
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MediaStorageDirectoryStorage,
)
from pydicom.valuerep import VR

from appliance.errors import OverLimit, Unreadable
from appliance.headers.beginning import pieces
from appliance.headers.foreign import BROKEN_BYTES, silenced
from appliance.headers.tags import Tags, tag_of
from appliance.words import megabytes, shown

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.tag import BaseTag

    from appliance.contracts import Source
    from appliance.headers.beginning import Beginning
    from appliance.settings import Limits

PREAMBLE = 128
MAGIC = b"DICM"
STANDARD = "1.2.840.10008."
META_BYTES = 2048
"""The file's own description, which says whether the rest is deflated, ends within these."""
DEFLATED = b"1.2.840.10008.1.2.1.99"
MULTI_FRAME = frozenset({EnhancedMRImageStorage, EnhancedMRColorImageStorage, LegacyConvertedEnhancedMRImageStorage})
AFTER_IMAGE_FACTS = 0x00290000
PIXELS = 0x7FE00000
AFTER_META = 0x00030000
FIRST_GROUPS = (0x0002, 0x0008)
SHORTEST_ELEMENT = 8
LONGEST_FIRST_VALUE = 1024
ITEM_MARKS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""How an item of a sequence begins, in either byte order."""
KNOWN_REPRESENTATIONS = frozenset(representation.value.encode() for representation in VR if len(representation) == 2)  # noqa: PLR2004 - longer ones are pydicom's own

FACTS = (
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "StudyTime",
    "SeriesTime",
    "AcquisitionTime",
    "ContentTime",
    "AccessionNumber",
    "Modality",
    "Manufacturer",
    "InstitutionName",
    "StudyDescription",
    "SeriesDescription",
    "ManufacturerModelName",
    "AcquisitionContrast",
    "AnatomicRegionSequence",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "ContrastBolusAgent",
    "BodyPartExamined",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "MRAcquisitionType",
    "SequenceName",
    "SliceThickness",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "MagneticFieldStrength",
    "SpacingBetweenSlices",
    "ProtocolName",
    "FlipAngle",
    "PulseSequenceName",
    "EchoPulseSequence",
    "InversionRecovery",
    "EchoPlanarPulseSequence",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
)
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
RECORDS = "DirectoryRecordSequence"


@dataclass(frozen=True, slots=True)
class DicomTags:
    """A header that could be parsed."""

    tags: Tags
    cut_short: bool
    """The file ended before the image facts did."""

    @property
    def sop_class(self) -> str:
        """What kind of object this is, by the standard's number."""
        return self.tags.text("SOPClassUID") or self.tags.text("MediaStorageSOPClassUID") or ""


def read_dicom(source: Source, beginning: Beginning) -> DicomTags | None:
    """Read the tags that say what an image is and where it belongs."""
    has_magic = beginning.data[PREAMBLE : PREAMBLE + len(MAGIC)] == MAGIC
    if not has_magic and not _starts_with_an_element(beginning.data):
        return None
    found = _parsed(source, beginning, _Wish(FACTS, AFTER_IMAGE_FACTS))
    if found.sop_class in MULTI_FRAME:
        return _parsed(source, beginning, _Wish((*FACTS, *GROUPS), PIXELS))
    if found.sop_class == MediaStorageDirectoryStorage:
        return _parsed(source, beginning, _Wish((*FACTS, RECORDS), AFTER_IMAGE_FACTS))
    return found if has_magic or _says_what_it_is(found) else None


@dataclass(frozen=True, slots=True)
class _Wish:
    """Which elements are wanted, and the tag at which reading ends."""

    keywords: tuple[str, ...]
    end: int


@cache
def _numbers_of(keywords: tuple[str, ...]) -> list[BaseTag | int]:
    return [tag_of(keyword) for keyword in keywords]


def _starts_with_an_element(data: bytes) -> bool:
    """Say whether a file without the magic word begins as a DICOM data set does."""
    if len(data) < SHORTEST_ELEMENT:
        return False
    (little,) = struct.unpack_from("<H", data)
    (big,) = struct.unpack_from(">H", data)
    if data[4:6] in KNOWN_REPRESENTATIONS:
        return little in FIRST_GROUPS or big in FIRST_GROUPS
    (length,) = struct.unpack_from("<L", data, 4)
    return little in FIRST_GROUPS and length <= LONGEST_FIRST_VALUE


def _says_what_it_is(found: DicomTags) -> bool:
    return found.sop_class.startswith(STANDARD) or ("Modality" in found.tags and "Rows" in found.tags)


def _parsed(source: Source, beginning: Beginning, wish: _Wish) -> DicomTags:
    while True:
        attempt = _attempt(source, beginning, wish)
        if isinstance(attempt, DicomTags) and not attempt.cut_short:
            return attempt
        if not beginning.grow():
            break
    if beginning.at_limit:
        raise OverLimit(
            f"The header of {shown(source.name)} is longer than {megabytes(len(beginning.data))}.",
            advice="If it really is a scan, raise limits.max_header_bytes in the settings.",
            source=source,
        )
    if isinstance(attempt, DicomTags):
        return attempt
    raise Unreadable(
        f"{shown(source.name)} starts like a DICOM file, but its header is broken.",
        advice="Copy it again from where it came from.",
        source=source,
    ) from attempt


def _attempt(source: Source, beginning: Beginning, wish: _Wish) -> DicomTags | Exception:
    """Parse the bytes at hand; with too few of them this may fail where more would do."""
    end = _End(wish.end)
    with silenced():
        try:
            elements = _elements(source, beginning, wish, end)
        except BROKEN_BYTES as error:
            return error
    return DicomTags(Tags(elements), cut_short=not end.reached)


class _End:
    """Tells pydicom where to stop, and remembers whether it got there."""

    def __init__(self, tag: int) -> None:
        self.tag = tag
        self.reached = False

    def __call__(self, tag: int, _representation: str | None, _length: int) -> bool:
        # pydicom's own comparison of tags is a hundred times slower, and this runs for every element
        self.reached = int.__ge__(tag, self.tag)
        return self.reached


def _elements(source: Source, beginning: Beginning, wish: _Wish, end: _End) -> dict[int, object]:
    stream = pieces(beginning.data)
    if beginning.data[PREAMBLE : PREAMBLE + len(MAGIC)] == MAGIC:
        stream.seek(PREAMBLE + len(MAGIC))
    meta = _collected(data_element_generator(stream, False, True, _End(AFTER_META)))
    if DEFLATED in beginning.data[:META_BYTES]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        stream = pieces(inflate.decompress(stream.read(), beginning.limits.max_header_bytes))
    _check_items(source, stream.getvalue(), beginning.limits)
    implicit, little = _encoding(stream)
    return meta | _collected(
        data_element_generator(stream, implicit, little, end, specific_tags=_numbers_of(wish.keywords))
    )


def _check_items(source: Source, data: bytes, limits: Limits) -> None:
    """Count the items before they are unpacked: sixteen megabytes of empty ones would take gigabytes."""
    if sum(map(data.count, ITEM_MARKS)) > limits.max_header_items:
        raise OverLimit(
            f"The header of {shown(source.name)} has more than {limits.max_header_items:,} parts.",
            advice="It is probably damaged. If it really is a scan, raise limits.max_header_items in the settings.",
            source=source,
        )


def _encoding(stream: io.BytesIO) -> tuple[bool, bool]:
    """Tell from the first element how it is written; the transfer syntax that is stated may be wrong."""
    start = stream.tell()
    element = stream.read(SHORTEST_ELEMENT)
    stream.seek(start)
    implicit = element[4:6] not in KNOWN_REPRESENTATIONS
    return implicit, implicit or not element.startswith(b"\0")


def _collected(elements: Iterator[RawDataElement | DataElement]) -> dict[int, object]:
    # plain whole numbers as keys, because pydicom's tags are slow to compare
    return {int(element.tag): element for element in elements}
