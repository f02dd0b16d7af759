"""A stream that may be read only so far: by bytes, by nested items and by single reads.

Parsing a hostile header costs a hundred times its size in memory, and minutes: two million empty items
fit into 16 MB. So what is counted is what costs.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from appliance.errors import OverLimit
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.contracts import Source

READS_PER_ITEM = 10
"""Each element takes two or three."""
ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""How an item begins, in either byte order."""
CHUNK = 1 << 20


class Metered:
    """A stream that gives no more than was granted, and never sets memory aside for bytes that do not come."""

    def __init__(self, stream: IO[bytes], source: Source, *, most_bytes: int, most_items: int) -> None:
        self._stream = stream
        self._source = source
        self._bytes_left = most_bytes
        self._items_left = most_items
        self._reads_left = READS_PER_ITEM * most_items
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes; fewer come only at the end."""
        wanted = self._bytes_left + 1 if size < 0 else size
        parts: list[bytes] = []
        while wanted > 0 and (part := self._stream.read(min(wanted, CHUNK))):
            parts.append(part)
            wanted -= len(part)
            self._bytes_left -= len(part)
            self._check()
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._reads_left -= 1
        self._items_left -= data.startswith(ITEMS)
        self._check()
        return data

    def _check(self) -> None:
        if min(self._bytes_left, self._reads_left, self._items_left) < 0:
            raise OverLimit(
                f"{shown(self._source.name)} holds far more than an image of its size needs.",
                advice="It is probably damaged or not a scan. If it is one, raise the limits in the settings.",
                source=self._source,
            )
