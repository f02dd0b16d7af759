"""The single file of a bundle: an xz-packed tar, read forwards, within bounds, without any of tar's extensions.

``tarfile`` reads one header at a time here, and nothing else: as a whole it follows long names, sparse files and
links that a header announces, and takes as much memory as a header asks for. Packed as one, files that share most of
their content (a network in two precisions) cost little more than one of them.
"""

from __future__ import annotations

import lzma
import tarfile
from typing import IO, TYPE_CHECKING, Protocol

from appliance.exact_json import NotAsAgreed
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
"""Of a tar: its headers, and what its files are rounded up to."""
MOST_MEMORY = 192 * 1024 * 1024
"""For unpacking: more than the largest usual dictionary takes, far less than a hostile header may ask for."""
PIECE = 65_536
PLAIN = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
PACKING_TROUBLE = (tarfile.TarError, lzma.LZMAError, EOFError, OSError, ValueError, MemoryError)
"""What hostile bytes make the libraries raise."""


class Readable(Protocol):
    """Something to read from, forwards."""

    def read(self, size: int, /) -> bytes:
        """Read up to so many bytes; none at the end."""


class Archive:
    """Gives out one file after the other; never more bytes in all than were allowed."""

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        self._file = file
        self._xz = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
        self._left = most_bytes

    def allow(self, most_bytes: int) -> None:
        """Allow so many bytes from here on."""
        self._left = most_bytes

    def members(self) -> Iterator[tuple[str, Readable]]:
        """Give out every file; it ends where the next one is asked for."""
        while (header := self._exactly(BLOCK)).strip(b"\0"):
            info = tarfile.TarInfo.frombuf(header, "ascii", "strict")
            if info.type not in PLAIN or info.size < 0:
                raise NotAsAgreed(f"“{shown(info.name)}” is not an ordinary file")
            member = _Member(self, info.size)
            yield info.name, member
            member.skip()
            self._exactly(-info.size % BLOCK)
        self._expect_the_end()

    def read(self, size: int) -> bytes:
        """Unpack up to so many bytes; none at the end of the file."""
        content = b""
        while size and not content and not self._xz.eof:
            packed = self._file.read(PIECE) if self._xz.needs_input else b""
            if self._xz.needs_input and not packed:
                raise NotAsAgreed("it ends too early")
            content = self._xz.decompress(packed, max_length=size)
        self._left -= len(content)
        if self._left < 0:
            raise NotAsAgreed("it unpacks to more than an update may hold")
        return content

    def _exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            if not (piece := self.read(size - len(content))):
                raise NotAsAgreed("it ends too early")
            content += piece
        return content

    def _expect_the_end(self) -> None:
        """Only what a tar fills its end with may follow."""
        while piece := self.read(PIECE):
            if piece.strip(b"\0"):
                raise NotAsAgreed("something lies behind its end")
        if self._xz.unused_data or self._file.read(1):
            raise NotAsAgreed("something lies behind its end")


class _Member:
    """One file inside."""

    def __init__(self, archive: Archive, size: int) -> None:
        self._archive = archive
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Read up to so many bytes; none at the end."""
        content = self._archive.read(min(size, self._left))
        if self._left and not content:
            raise NotAsAgreed("it ends too early")
        self._left -= len(content)
        return content

    def skip(self) -> None:
        """Pass over what was not read."""
        while self.read(PIECE):
            continue
