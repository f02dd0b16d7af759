"""What a compressed picture says about its own size, learnt before any decoder sees it.

A decoder believes the stream, not the DICOM header around it: a stream that claims 60,000 × 60,000
pixels, or that stops in the middle, costs memory, a hang or a crash. So the claim is read here, in
Python, from the few bytes that hold it. Anything odd is a ``ValueError``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import pairwise

from appliance.decoding.syntaxes import JPEG_2000

JPEG_START = b"\xff\xd8"
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
JPEG_SCAN = 0xDA
JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
END = b"\xff\xd9"
"""The same for JPEG, JPEG-LS and JPEG 2000."""
PADDING = b"\x00\xff"
JPEG_2000_START = b"\xff\x4f\xff\x51"
TILE_PART = b"\xff\x90"
JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
JP2_CODESTREAM = b"jp2c"
MOST_TILES = 4096
"""More exist only in streams made to exhaust the decoder."""
RLE_HEADER = struct.Struct("<16L")
RLE_SLACK = 256
"""Segments may be padded, but not by much."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a stream says that it holds."""

    rows: int
    columns: int
    samples: int
    bits: int


@dataclass(frozen=True, slots=True)
class Task:
    """One compressed picture, and what the DICOM header says of it."""

    syntax: str
    stream: bytes
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    signed: bool


def checked(task: Task) -> Task:
    """Trim a stream to what a decoder needs, or say why no decoder should see it."""
    if task.syntax in JPEG_2000:
        stream = whole(jpeg_2000_codestream(task.stream))
        claim = jpeg_2000_claim(stream)
        check_tiles(stream)
    else:
        stream = whole(task.stream)
        claim = jpeg_claim(stream)
    if claim.samples != 1:
        raise ValueError("it holds a colour picture")
    if (claim.rows, claim.columns) != (task.rows, task.columns):
        raise ValueError(f"it holds {claim.columns} × {claim.rows} pixels, not {task.columns} × {task.rows}")
    if not 0 < claim.bits <= task.bits_allocated:
        raise ValueError(f"it holds {claim.bits} bits for a pixel")
    return replace(task, stream=stream)


def whole(stream: bytes) -> bytes:
    """Give a JPEG stream of any kind without the padding behind its end, if it has an end."""
    trimmed = stream.rstrip(PADDING)
    if not trimmed.endswith(END[1:]) or stream[len(trimmed) - 2 : len(trimmed)] != END:
        raise ValueError("it has no end")
    return trimmed


def jpeg_claim(stream: bytes) -> Claim:
    """Read the frame header of a JPEG or JPEG-LS stream."""
    if not stream.startswith(JPEG_START):
        raise ValueError("it does not begin as JPEG does")
    at = 2
    while True:
        marker, length = _marker(stream, at)
        if marker in JPEG_FRAMES:
            bits, rows, columns, samples = struct.unpack_from(">BHHB", stream, at + 4)
            return Claim(rows, columns, samples, bits)
        if marker == JPEG_SCAN:
            raise ValueError("it has no frame header")
        at += length


def jpeg_2000_codestream(stream: bytes) -> bytes:
    """Take a bare codestream out of the JP2 wrapping that some writers leave on."""
    if not stream.startswith(JP2_SIGNATURE):
        return stream
    at = 0
    while at + 8 <= len(stream):
        length, kind = struct.unpack_from(">L4s", stream, at)
        if kind == JP2_CODESTREAM:
            return stream[at + 8 : at + length if length else len(stream)]
        if length < 8:  # noqa: PLR2004 - a box is at least its own header
            break
        at += length
    raise ValueError("its wrapping holds no picture")


def jpeg_2000_claim(stream: bytes) -> Claim:
    """Read the size segment of a JPEG 2000 codestream."""
    if not stream.startswith(JPEG_2000_START) or len(stream) < 45:  # noqa: PLR2004 - one component's segment
        raise ValueError("it does not begin as JPEG 2000 does")
    width, height, left, top, tile_width, tile_height, tile_left, tile_top, samples, bits, x_step, y_step = (
        struct.unpack_from(">8L H 3B", stream, 8)
    )
    if (x_step, y_step) != (1, 1) or 0 in (tile_width, tile_height):
        raise ValueError("it is divided in a way that no scanner uses")
    if -((tile_left - width) // tile_width) * -((tile_top - height) // tile_height) > MOST_TILES:
        raise ValueError("it is divided into too many tiles")
    return Claim(height - top, width - left, samples, (bits & 0x7F) + 1)


def check_tiles(stream: bytes) -> None:
    """Follow the parts of a JPEG 2000 codestream to its end: decoders fill up what is lost and say nothing."""
    at = 2
    while at + 10 <= len(stream) and stream[at : at + 2] != TILE_PART:
        at += 2 + max(2, int(struct.unpack_from(">H", stream, at + 2)[0]))
    while at + 10 <= len(stream) and stream[at : at + 2] == TILE_PART:
        length = int(struct.unpack_from(">L", stream, at + 6)[0]) or len(stream) - len(END) - at
        at += max(length, 12)
    if stream[at:] != END:
        raise ValueError("a part of it is missing")


def check_rle(stream: bytes, plain_bytes: int) -> None:
    """Measure what run-length coded segments expand to, without expanding them."""
    count, *offsets = RLE_HEADER.unpack_from(stream)
    if not 0 < count <= len(offsets):
        raise ValueError("it has an impossible number of segments")
    edges = [*offsets[:count], len(stream)]
    if edges != sorted(edges) or edges[0] < RLE_HEADER.size:
        raise ValueError("its segments overlap")
    most = plain_bytes // count + RLE_SLACK
    for start, end in pairwise(edges):
        if _rle_length(stream[start:end], most) > most:
            raise ValueError("it expands to more than the picture")


def _rle_length(segment: bytes, most: int) -> int:
    length = at = 0
    while at < len(segment) and length <= most:
        head = segment[at]
        if head < 128:  # noqa: PLR2004 - so many bytes follow as they are
            length += head + 1
            at += head + 2
        else:
            length += 257 - head if head > 128 else 0  # noqa: PLR2004 - the next byte is repeated
            at += 2 if head > 128 else 1  # noqa: PLR2004 - 128 says nothing
    return length


def _marker(stream: bytes, at: int) -> tuple[int, int]:
    """Give a marker and how far on the next one is."""
    if at + 10 > len(stream) or stream[at] != END[0]:
        raise ValueError("its markers are broken")
    marker = stream[at + 1]
    if marker == END[0]:
        return marker, 1
    if marker in JPEG_WITHOUT_LENGTH:
        return marker, 2
    return marker, 2 + int(struct.unpack_from(">H", stream, at + 2)[0])
