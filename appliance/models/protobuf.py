"""The protobuf encoding, as far as it takes to look into a file: fields by number, nothing built, nothing recursed.

What is not understood is broken, and a file of countless empty fields is refused before they are counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from appliance.exact_json import NotAsAgreed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Message: TypeAlias = "memoryview[int]"
Fields: TypeAlias = "dict[int, list[int | memoryview[int]]]"
"""The values of each field number, in the order of the file."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED32: 4, FIXED64: 8}
LONGEST_VARINT = 10
GOES_ON, SEVEN_BITS = 0x80, 0x7F
MOST_FIELDS = 200_000


@dataclass(slots=True)
class Walk:
    """Looks into messages and counts what it sees."""

    steps: int = field(default=0)

    def into(self, message: Message) -> Fields:
        """Return the fields of one message."""
        found: Fields = defaultdict(list)
        at = 0
        while at < len(message):
            number, value, at = _field(message, at)
            found[number].append(value)
            self.steps += 1
            if self.steps > MOST_FIELDS:
                raise NotAsAgreed("it has too many parts")
        return found

    def children(self, fields: Fields, number: int) -> Iterator[Fields]:
        """Look into each message that a field holds."""
        for value in fields.get(number, ()):
            yield self.into(as_bytes(value))


def as_bytes(value: int | Message) -> Message:
    """Return the content of a field that must not be a plain number."""
    if isinstance(value, int):
        raise NotAsAgreed("it is broken")
    return value


def text(fields: Fields, number: int) -> str:
    """Return a field's text; empty if it is not there."""
    values = fields.get(number)
    return bytes(as_bytes(values[-1])).decode("utf-8", errors="replace") if values else ""


def integer(fields: Fields, number: int) -> int:
    """Return a field's number; zero if it is not there."""
    last = fields[number][-1] if fields.get(number) else 0
    if not isinstance(last, int):
        raise NotAsAgreed("it is broken")
    return last


def packed(message: Message) -> NDArray[np.uint64]:
    """Return whole numbers that lie one behind the other."""
    parts = np.frombuffer(message, dtype=np.uint8)
    last = np.flatnonzero(parts < GOES_ON)
    if not len(last) or last[-1] != len(parts) - 1:
        raise NotAsAgreed("it is cut short")
    first = np.concatenate([[0], last[:-1] + 1])
    lengths = last - first + 1
    if lengths.max() > LONGEST_VARINT:
        raise NotAsAgreed("it is broken")
    shifts = 7 * (np.arange(len(parts)) - np.repeat(first, lengths))
    return np.add.reduceat((parts & SEVEN_BITS).astype(np.uint64) << shifts.astype(np.uint64), first)


def _field(message: Message, at: int) -> tuple[int, int | Message, int]:
    """Return a field's number, its value, and where the next one begins."""
    key, at = _varint(message, at)
    number, wire = key >> 3, key & 7
    if wire == VARINT:
        value, at = _varint(message, at)
        return number, value, at
    if wire == BYTES:
        size, at = _varint(message, at)
    elif wire in SIZES:
        size = SIZES[wire]
    else:
        raise NotAsAgreed("it is broken")
    if size > len(message) - at:
        raise NotAsAgreed("it is cut short")
    return number, message[at : at + size], at + size


def _varint(message: Message, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(message[at : at + LONGEST_VARINT]):
        value |= (byte & SEVEN_BITS) << (7 * shift)
        if byte < GOES_ON:
            return value, at + shift + 1
    raise NotAsAgreed("it is cut short")
