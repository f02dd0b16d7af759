"""What a DICOM header says, read so that no value in it can do harm.

Values are taken from their raw bytes: a number that is none, a date that never was, a text in a
character set that was declared wrongly or never existed come out as ``None`` or as the most readable
text that can be had. Nothing raises, nothing warns; where one value is expected and several stand
there, the first counts.
"""

from __future__ import annotations

import math
import re
import struct
from datetime import date, time
from functools import cache
from typing import TYPE_CHECKING

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_sequence
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import Tag

from appliance.headers.beginning import pieces
from appliance.headers.foreign import BROKEN_BYTES, silenced

if TYPE_CHECKING:
    from collections.abc import Mapping

RESET = {0x09, 0x0A, 0x0C, 0x0D, 0x5E, 0x3D}
"""Characters that end a change of character set: line ends, and ``^`` and ``=`` in a name."""
LATIN = frozenset({"iso8859", "latin_1", "ascii"})
SEQUENCE_OR_UNKNOWN = ("SQ", "UN", None)
ESCAPE = b"\x1b"
ESCAPED_SETS = ["iso2022_jp", "iso2022_jp_2", "euc_kr", "iso_ir_58"]
"""Sets that announce themselves inside the text, so they are understood even where they were not declared."""
LONGEST_TEXT = 4096
"""Bytes of one text that are looked at; no standard text is longer but a free comment."""
BINARY = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d"}
DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?")


@cache
def tag_of(keyword: str) -> int:
    """Find a tag by the standard's keyword; the keywords are ours, so one that does not exist is a slip of ours."""
    return int(Tag(keyword))


class Tags:
    """The elements of one data set, or of several laid over each other."""

    __slots__ = ("_elements", "_encodings")

    def __init__(self, elements: Mapping[int, object], encodings: list[str] | None = None) -> None:
        self._elements = elements
        self._encodings = encodings

    def __contains__(self, keyword: str) -> bool:
        return tag_of(keyword) in self._elements

    def laid_over(self, below: Tags) -> Tags:
        """Join two sets of elements; where both have one, this set's counts."""
        return Tags({**below._elements, **self._elements}, self.encodings)

    @property
    def encodings(self) -> list[str]:
        """The character sets that texts are in, as Python knows them."""
        if self._encodings is None:
            self._encodings = _declared_encodings(_raw_bytes(self._element("SpecificCharacterSet")))
        return self._encodings

    def _element(self, keyword: str) -> object:
        return self._elements.get(tag_of(keyword))

    def raw(self, keyword: str) -> bytes:
        """Give a value's bytes without the padding; empty if there is none."""
        return _raw_bytes(self._element(keyword)).strip(b"\0 ")

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Give every non-empty value as text."""
        raw = self.raw(keyword)[:LONGEST_TEXT]
        if not raw:
            return ()
        text = raw.decode("ascii") if raw.isascii() and ESCAPE not in raw else _readable(raw, self.encodings)
        return tuple(value for part in text.split("\\") if (value := part.strip("\0 \t\r\n")))

    def text(self, keyword: str) -> str | None:
        """Give the first non-empty value as text."""
        return next(iter(self.texts(keyword)), None)

    def whole_text(self, keyword: str) -> str | None:
        """Give one text in which a backslash is a letter like others."""
        return "\\".join(self.texts(keyword)) or None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Give every value as a number, or nothing if one of them is none."""
        element = self._element(keyword)
        code = BINARY.get(_representation(element, keyword))
        values = list(map(_number, self.texts(keyword))) if code is None else _unpacked(element, code)
        return tuple(value for value in values if value is not None) if None not in values else ()

    def number(self, keyword: str) -> float | None:
        """Give the first value as a number."""
        return next(iter(self.numbers(keyword)), None)

    def positive(self, keyword: str) -> float | None:
        """Give the first value if it is a number above zero: a time or a length that was measured."""
        value = self.number(keyword)
        return value if value is not None and value > 0 else None

    def whole(self, keyword: str) -> int | None:
        """Give the first value as a whole number."""
        value = self.number(keyword)
        return None if value is None else int(value)

    def day(self, keyword: str) -> date | None:
        """Give a date, if there ever was such a day."""
        found = DATE.match(self.text(keyword) or "")
        try:
            return date(*map(int, found.groups())) if found else None
        except ValueError:
            return None

    def clock(self, keyword: str) -> time | None:
        """Give a time of day, as far as it was written down."""
        found = TIME.match(self.text(keyword) or "")
        try:
            hour, minute, second = (int(part or 0) for part in found.groups()) if found else (-1, 0, 0)
            return time(hour, minute, second)
        except ValueError:
            return None

    def items(self, keyword: str) -> list[Tags]:
        """Give the items of a sequence."""
        return self._items(self._element(keyword))

    def flattened(self) -> Tags:
        """Lay the first items of all sequences over each other, as functional groups are to be read."""
        flat = Tags({}, self.encodings)
        for element in self._elements.values():
            for item in self._items(element)[:1]:
                flat = flat.laid_over(item)
        return flat

    def _items(self, element: object) -> list[Tags]:
        if isinstance(element, RawDataElement):
            element = _parsed(element, self.encodings) if element.VR in SEQUENCE_OR_UNKNOWN else None
        items = getattr(element, "value", element)
        if not isinstance(items, DicomSequence):
            return []
        return [Tags({int(tag): inner for tag, inner in item.items()}, self.encodings) for item in items]


def _raw_bytes(element: object) -> bytes:
    value = getattr(element, "value", None)
    return value if isinstance(value, bytes) else b""


def _representation(element: object, keyword: str) -> str:
    stated = getattr(element, "VR", None)
    if stated is not None and stated != "UN":
        return str(stated)
    return dictionary_VR(tag_of(keyword))


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _unpacked(element: object, code: str) -> list[float | None]:
    raw = _raw_bytes(element)[:LONGEST_TEXT]
    order = "<" if getattr(element, "is_little_endian", True) else ">"
    count = len(raw) // struct.calcsize(f"{order}{code}")
    values = struct.unpack_from(f"{order}{count}{code}", raw)
    return [float(value) if math.isfinite(value) else None for value in values]


def _declared_encodings(raw: bytes) -> list[str]:
    declared = [part.strip("\0 ") for part in raw.decode("ascii", "replace").split("\\")]
    with silenced():
        return convert_encodings(declared)


def _readable(raw: bytes, encodings: list[str]) -> str:
    """Decode as declared; where that cannot be what was meant, as UTF-8 or Latin-1."""
    if ESCAPE not in raw and encodings[0] in LATIN:
        return _as_utf8_or_latin(raw)
    with silenced():
        try:
            text = decode_bytes(raw, [*encodings, *ESCAPED_SETS], RESET)
        except BROKEN_BYTES:
            return _as_utf8_or_latin(raw)
    lost = text.count("\N{REPLACEMENT CHARACTER}")
    mostly_lost = 2 * lost > sum(not letter.isascii() for letter in text)
    return _as_utf8_or_latin(raw) if mostly_lost else text


def _as_utf8_or_latin(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parsed(raw: RawDataElement, encodings: list[str]) -> DicomSequence | None:
    with silenced():
        try:
            value = raw.value or b""
            return read_sequence(pieces(value), raw.is_implicit_VR, raw.is_little_endian, len(value), encodings)
        except BROKEN_BYTES:
            return None
