"""A DICOM file opened so far that its image can be described and then fetched, at a bounded cost.

Reading is metered: a header of millions of pieces, a value that claims to be longer than the file and
a deflated file that inflates for ever are refused before they cost memory or time. What a library
raises on broken bytes becomes ``Unreadable`` here.
"""

from __future__ import annotations

import io
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Literal, TypeAlias, cast

from pydicom.filereader import read_dataset, read_preamble
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian

from appliance.contracts import Reason
from appliance.decoding.syntaxes import READABLE
from appliance.errors import OverLimit, Unreadable
from appliance.headers.foreign import BROKEN_BYTES, silenced
from appliance.headers.tags import Tags, tag_of
from appliance.sources import open_source
from appliance.volumes.metered import ITEMS, Metered
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.archives import Archives
    from appliance.contracts import Source
    from appliance.settings import Limits

META_GROUP = 0x0002
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
INTEGER_PIXELS = 0x7FE00010
UNDEFINED_LENGTH = 0xFFFFFFFF
PACKED_CHUNK = 1 << 16
SEQUENCES = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
IMAGE_ELEMENTS = """
    ImageType SOPClassUID SOPInstanceUID EchoTime EchoNumbers InversionTime SequenceName TriggerTime
    DiffusionBValue DiffusionGradientOrientation TemporalPositionIdentifier AcquisitionNumber InstanceNumber
    FrameOfReferenceUID ImagePositionPatient ImageOrientationPatient ComplexImageComponent StackID
    SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows Columns PixelSpacing BitsAllocated BitsStored
    PixelRepresentation PixelPaddingValue PixelPaddingRangeLimit RescaleSlope RescaleIntercept
    ModalityLUTSequence ExtendedOffsetTable ExtendedOffsetTableLengths
"""
WANTED = (*SEQUENCES, *IMAGE_ELEMENTS.split())
Elements: TypeAlias = dict[int, object]
COPY_AGAIN = "Copy it again from the scanner or the CD."


@dataclass(frozen=True, slots=True)
class PixelPlace:
    """Where the stored pixels of a file lie and how they are written."""

    syntax: UID
    offset: int
    """Of the first byte, in the file or in what it inflates to."""
    length: int | None
    """``None``: as long as the fragments say."""
    representation: str | None
    """The element's VR, where it is written down."""


@dataclass(frozen=True, slots=True)
class DicomHeader:
    """All of a file but its pixels."""

    source: Source
    tags: Tags
    place: PixelPlace
    extended_offsets: tuple[bytes, bytes] | None
    """Where each frame begins and how long it is, if the file lists it."""
    padding: tuple[int, int] | None
    """The lowest and highest stored number that stands for “outside the image”."""


def read_header(source: Source, limits: Limits, archives: Archives) -> DicomHeader:
    """Read all of a file but its pixels."""
    with _opened(source, limits, archives) as stream:
        metered = Metered(
            stream,
            source,
            most_bytes=limits.max_header_bytes,
            most_items=limits.max_header_items,
        )
        return _header(metered, source, limits)


@contextmanager
def pixel_stream(header: DicomHeader, limits: Limits, archives: Archives, *, most_bytes: int) -> Iterator[Metered]:
    """Open a file at the first byte of its pixels; no more than ``most_bytes`` are given from there."""
    with _opened(header.source, limits, archives) as stream:
        plain: IO[bytes] = stream
        if header.place.syntax == DeflatedExplicitVRLittleEndian:
            whole = Metered(stream, header.source, most_bytes=limits.max_file_bytes, most_items=limits.max_header_items)
            _meta(whole)
            plain = io.BytesIO(_inflated(whole, header.place.offset + most_bytes))
        plain.seek(header.place.offset)
        yield Metered(plain, header.source, most_bytes=most_bytes, most_items=limits.max_header_items)


@contextmanager
def _opened(source: Source, limits: Limits, archives: Archives) -> Iterator[IO[bytes]]:
    """Open a source, and translate everything that a library raises over its bytes."""
    with open_source(source, limits, archives) as stream, silenced():
        try:
            yield stream
        except BROKEN_BYTES as error:
            raise Unreadable(
                f"{shown(source.name)} is damaged or cut short.", advice=COPY_AGAIN, source=source
            ) from error


def _header(stream: Metered, source: Source, limits: Limits) -> DicomHeader:
    syntax = _meta(stream)
    _check_syntax(syntax, source)
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = Metered(
            io.BytesIO(_inflated(stream, limits.max_header_bytes)),
            source,
            most_bytes=limits.max_header_bytes,
            most_items=limits.max_header_items,
        )
    syntax = syntax or _guessed(stream)
    dataset = read_dataset(
        cast("BinaryIO", stream),
        syntax.is_implicit_VR,
        syntax.is_little_endian,
        stop_when=_is_pixels,
        specific_tags=[tag_of(keyword) for keyword in WANTED],
    )
    elements: Elements = {int(tag): element for tag, element in dataset.items()}
    _check_items(elements, source, limits)
    place = _place(stream, syntax, dataset.original_encoding, source)
    tags = Tags(elements)
    return DicomHeader(source, tags, place, _extended_offsets(elements), _padding(elements, tags))


def _meta(stream: Metered) -> UID | None:
    """Step over the file's description of itself; give the transfer syntax that it states."""
    stream.seek(0)
    read_preamble(cast("BinaryIO", stream), force=True)
    meta = read_dataset(cast("BinaryIO", stream), False, True, stop_when=lambda tag, *_: tag >> 16 != META_GROUP)
    stated = meta.get("TransferSyntaxUID")
    return UID(str(stated)) if stated else None


def _check_syntax(syntax: UID | None, source: Source) -> None:
    if syntax is not None and syntax not in READABLE:
        raise Unreadable(
            f"{shown(source.name)} is written or compressed in a way that is not read ({shown(syntax.name)}).",
            advice="Send it again without compression.",
            source=source,
            reason=Reason.UNSUPPORTED,
        )


def _guessed(stream: Metered) -> UID:
    """Without a stated syntax, pydicom tells explicit from implicit itself; the byte order it does not."""
    start = stream.tell()
    first = stream.read(2)
    stream.seek(start)
    return ExplicitVRBigEndian if first.startswith(b"\0") else ExplicitVRLittleEndian


def _inflated(stream: Metered, most: int) -> bytes:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = bytearray()
    while len(plain) < most and not inflate.eof and (part := inflate.unconsumed_tail or stream.read(PACKED_CHUNK)):
        plain += inflate.decompress(part, most - len(plain))
    return bytes(plain)


def _is_pixels(tag: int, _representation: str | None, _length: int) -> bool:
    return int(tag) in PIXELS


def _check_items(elements: Elements, source: Source, limits: Limits) -> None:
    """Count the items of sequences that are still unparsed: parsing them is what costs."""
    unparsed = [_raw(elements, keyword) for keyword in SEQUENCES]
    items = sum(value.count(item) for value in unparsed for item in ITEMS)
    if items > limits.max_header_items:
        raise OverLimit(
            f"The header of {shown(source.name)} has {items:,} pieces; no scan has so many.",
            advice=COPY_AGAIN,
            source=source,
        )


def _place(stream: Metered, syntax: UID, encoding: tuple[bool | None, bool | None], source: Source) -> PixelPlace:
    implicit, little = encoding
    order: Literal["little", "big"] = "little" if little else "big"
    start = stream.read(8)
    if len(start) < 8:  # noqa: PLR2004 - the shortest element
        raise Unreadable(f"{shown(source.name)} ends before its picture begins.", advice=COPY_AGAIN, source=source)
    tag = int.from_bytes(start[:2], order) << 16 | int.from_bytes(start[2:4], order)
    length = int.from_bytes(start[4:] if implicit else stream.read(4), order)
    if tag != INTEGER_PIXELS:
        raise Unreadable(
            f"{shown(source.name)} holds a map of computed numbers, not a picture of the scanner.",
            advice="Only the scanner's own pictures are read.",
            source=source,
            reason=Reason.UNSUPPORTED,
        )
    return PixelPlace(
        syntax=syntax,
        offset=stream.tell(),
        length=None if length == UNDEFINED_LENGTH else length,
        representation=None if implicit else start[4:6].decode("ascii"),
    )


def _extended_offsets(elements: Elements) -> tuple[bytes, bytes] | None:
    offsets, lengths = _raw(elements, "ExtendedOffsetTable"), _raw(elements, "ExtendedOffsetTableLengths")
    return (offsets, lengths) if offsets and lengths else None


def _padding(elements: Elements, tags: Tags) -> tuple[int, int] | None:
    """Read the padding from its two bytes: whether they are signed stands in another element."""
    signed = tags.whole("PixelRepresentation") == 1
    ends: list[int] = []
    for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
        if value := _raw(elements, keyword):
            little = getattr(elements[tag_of(keyword)], "is_little_endian", True)
            ends.append(int.from_bytes(value[:2], "little" if little else "big", signed=signed))
    return (min(ends), max(ends)) if ends else None


def _raw(elements: Elements, keyword: str) -> bytes:
    value = getattr(elements.get(tag_of(keyword)), "value", None)
    return value if isinstance(value, bytes) else b""
