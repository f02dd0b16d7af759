"""DICOM files put together element by element, so that any rule of the standard can be broken."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pydicom.tag import Tag

if TYPE_CHECKING:
    from collections.abc import Iterable

LONG_FORM = frozenset({"OB", "OD", "OF", "OL", "OW", "SQ", "UC", "UN", "UR", "UT"})
ENHANCED = "1.2.840.10008.5.1.4.1.1.4.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
UNDEFINED = 0xFFFFFFFF


def element(keyword: str, vr: str, value: bytes | str, *, order: str = "<", implicit: bool = False) -> bytes:
    """Encode one element, whatever it says."""
    raw = value.encode() if isinstance(value, str) else value
    raw += b"\0" * (len(raw) % 2) if vr in ("UI", "OB", "UN") else b" " * (len(raw) % 2)
    return tag(keyword, order) + head(vr, len(raw), order=order, implicit=implicit) + raw


def tag(keyword: str, order: str = "<") -> bytes:
    number = int(Tag(keyword))
    return struct.pack(f"{order}HH", number >> 16, number & 0xFFFF)


def head(vr: str, length: int, *, order: str = "<", implicit: bool = False) -> bytes:
    if implicit:
        return struct.pack(f"{order}L", length)
    if vr in LONG_FORM:
        return vr.encode() + b"\0\0" + struct.pack(f"{order}L", length)
    return vr.encode() + struct.pack(f"{order}H", length)


def meta(syntax: str = EXPLICIT, sop_class: str = MR) -> bytes:
    """Encode the preamble and the file's own description."""
    body = element("MediaStorageSOPClassUID", "UI", sop_class) + element("TransferSyntaxUID", "UI", syntax)
    return bytes(128) + b"DICM" + element("FileMetaInformationGroupLength", "UL", struct.pack("<L", len(body))) + body


def image(*changed: tuple[str, str, bytes | str], order: str = "<", implicit: bool = False) -> bytes:
    """Encode a small MR image's data set; elements given replace or join the usual ones."""
    short = struct.Struct(f"{order}H").pack
    usual: list[tuple[str, str, bytes | str]] = [
        ("SOPClassUID", "UI", MR),
        ("SOPInstanceUID", "UI", "1.2.3.4"),
        ("Modality", "CS", "MR"),
        ("StudyInstanceUID", "UI", "1.2.3"),
        ("SeriesInstanceUID", "UI", "1.2.3.1"),
        ("Rows", "US", short(2)),
        ("Columns", "US", short(2)),
        ("PixelData", "OW", bytes(8)),
    ]
    merged = {keyword: (keyword, vr, value) for keyword, vr, value in [*usual, *changed]}
    return b"".join(
        element(*entry, order=order, implicit=implicit)
        for entry in sorted(merged.values(), key=lambda e: int(Tag(e[0])))
    )


def file_of(*changed: tuple[str, str, bytes | str]) -> bytes:
    """Encode a whole file in the usual syntax."""
    return meta() + image(*changed)


def item(content: bytes, *, defined: bool = True) -> bytes:
    """Encode one item of a sequence."""
    if defined:
        return struct.pack("<HHL", 0xFFFE, 0xE000, len(content)) + content
    return struct.pack("<HHL", 0xFFFE, 0xE000, UNDEFINED) + content + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)


def sequence(keyword: str, items: Iterable[bytes], *, defined: bool = True) -> bytes:
    """Encode a sequence of encoded items."""
    content = b"".join(items)
    if defined:
        return tag(keyword) + head("SQ", len(content)) + content
    return tag(keyword) + head("SQ", UNDEFINED) + content + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
