"""The first bytes of a file: as many as are needed to learn what it is, and never more than the limit."""

from __future__ import annotations

from typing import IO

FIRST_BYTES = 8 * 1024
"""Most headers end within these, so that one read of the disk is enough."""
GROWTH = 16


class Beginning:
    """Bytes from the start of a stream, more of them whenever they prove too few."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self.limit = limit
        self.data = stream.read(min(FIRST_BYTES, limit))

    @property
    def at_limit(self) -> bool:
        """Whether there may be more, but more may not be read."""
        return len(self.data) >= self.limit

    def grow(self) -> bool:
        """Read on; say whether anything came."""
        wanted = min(len(self.data) * GROWTH, self.limit) - len(self.data)
        more = self._stream.read(wanted) if wanted > 0 else b""
        self.data += more
        return bool(more)
