"""The first bytes of a file: as many as are needed to learn what it is, and never more than the limit."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.settings import Limits

FIRST_BYTES = 8 * 1024
"""Most headers end within these, so that one read of the disk is enough."""
GROWTH = 16
MOST_PIECES = 1_000_000
"""Reads while one header is parsed: each leaves an object in memory thirty times its size."""


class Beginning:
    """Bytes from the start of a stream, more of them whenever they prove too few."""

    def __init__(self, stream: IO[bytes], limits: Limits) -> None:
        self._stream = stream
        self.limits = limits
        self.data = stream.read(min(FIRST_BYTES, limits.max_header_bytes))

    @property
    def at_limit(self) -> bool:
        """Whether there may be more, but more may not be read."""
        return len(self.data) >= self.limits.max_header_bytes

    def grow(self) -> bool:
        """Read on; say whether anything came."""
        wanted = min(len(self.data) * GROWTH, self.limits.max_header_bytes) - len(self.data)
        more = self._stream.read(wanted) if wanted > 0 else b""
        self.data += more
        return bool(more)


class Metered(io.BytesIO):
    """Bytes that may be read in a million pieces and no more."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._left = MOST_PIECES

    def read(self, size: int | None = -1, /) -> bytes:
        """Read like any stream, until the pieces are used up."""
        self._left -= 1
        if self._left < 0:
            raise ValueError(MOST_PIECES)
        return super().read(size)


def pieces(data: bytes) -> io.BytesIO:
    """Make bytes readable in a bounded number of pieces; few bytes cannot be many pieces."""
    return io.BytesIO(data) if len(data) <= MOST_PIECES else Metered(data)
