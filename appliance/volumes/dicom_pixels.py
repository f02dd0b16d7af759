"""The pixels of one DICOM file, frame by frame in the order in which they lie, as stored numbers.

Uncompressed, deflated and run-length coded pixels are read here with pydicom; all others go through the
decoding process. A file that holds less than its header promises is refused, never filled up.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder

from appliance.decoding import codestreams
from appliance.decoding.codestreams import Task
from appliance.decoding.process import DECODER, DecodingError
from appliance.decoding.syntaxes import NATIVE, RUN_LENGTH
from appliance.errors import Unreadable
from appliance.volumes.dicom_files import COPY_AGAIN, pixel_stream
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from appliance.archives import Archives
    from appliance.settings import Limits
    from appliance.volumes.dicom_files import DicomHeader
    from appliance.volumes.frames import Coding
    from appliance.volumes.metered import Metered

LARGEST_GROWTH = 2
"""No compression makes a picture larger than this many times itself …"""
SLACK_BYTES = 1 << 20
"""… and tables, comments and padding."""


def stored_frames(
    header: DicomHeader, coding: Coding, limits: Limits, archives: Archives
) -> Iterator[NDArray[np.integer[Any]]]:
    """Yield every frame ``[row, column]``."""
    plain_bytes = coding.frames * coding.frame_bytes
    most = plain_bytes if coding.syntax in NATIVE else LARGEST_GROWTH * plain_bytes + SLACK_BYTES
    with pixel_stream(header, limits, archives, most_bytes=most) as stream:
        frames = _native(header, coding, stream) if coding.syntax in NATIVE else _packed(header, coding, stream, limits)
        count = 0
        for frame in islice(frames, coding.frames):
            count += 1
            yield frame
        if count < coding.frames:
            raise _cut_short(header)


def _native(header: DicomHeader, coding: Coding, stream: Metered) -> Iterator[NDArray[np.integer[Any]]]:
    options = _options(header, coding)
    decoder = get_decoder(coding.syntax)
    for _ in range(coding.frames):
        data = stream.read(coding.frame_bytes)
        if len(data) < coding.frame_bytes:
            raise _cut_short(header)
        yield decoder.as_array(data + bytes(len(data) % 2), index=0, raw=True, **options)[0]


def _packed(header: DicomHeader, coding: Coding, stream: Metered, limits: Limits) -> Iterator[NDArray[np.integer[Any]]]:
    streams = generate_frames(
        cast("BinaryIO", stream), number_of_frames=coding.frames, extended_offsets=header.extended_offsets
    )
    for number, packed in enumerate(streams, 1):
        try:
            yield _unpacked(packed, header, coding, limits)
        except (DecodingError, ValueError, LookupError) as error:
            which = f"picture {number} of " if coding.frames > 1 else "the picture in "
            raise Unreadable(
                f"{shown(header.source.name)}: {which}the file cannot be unpacked, {error}.",
                advice=COPY_AGAIN,
                source=header.source,
            ) from error


def _unpacked(packed: bytes, header: DicomHeader, coding: Coding, limits: Limits) -> NDArray[np.integer[Any]]:
    if coding.syntax in RUN_LENGTH:
        codestreams.check_rle(packed, coding.frame_bytes)
        options = _options(header, coding)
        return get_decoder(coding.syntax).as_array(
            encapsulate([packed]), raw=True, decoding_plugin="pydicom", **options
        )[0]
    task = Task(
        str(coding.syntax),
        packed,
        coding.rows,
        coding.columns,
        coding.bits_allocated,
        coding.bits_stored,
        coding.signed,
    )
    return DECODER.decode(task, limits)


def _options(header: DicomHeader, coding: Coding) -> dict[str, Any]:
    """Tell pydicom's decoder about one frame."""
    options: dict[str, Any] = {
        "rows": coding.rows,
        "columns": coding.columns,
        "bits_allocated": coding.bits_allocated,
        "bits_stored": coding.bits_stored,
        "pixel_representation": int(coding.signed),
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "number_of_frames": 1,
        "pixel_keyword": "PixelData",
    }
    if header.place.representation is not None:
        options["pixel_vr"] = header.place.representation
    return options


def _cut_short(header: DicomHeader) -> Unreadable:
    return Unreadable(
        f"{shown(header.source.name)} is cut short: a part of its picture is missing.",
        advice=COPY_AGAIN,
        source=header.source,
    )
