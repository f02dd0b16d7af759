r"""Zips from a CD burner, read in place: nothing is ever unpacked onto a disk.

A member's name is a label and never a path, so ``../../x`` or ``C:\x`` harms nobody. The list of
members is measured before it is loaded, and a member before it is opened, so that a bomb costs no
memory. What the zip library raises while a member's bytes are read is listed in ``DAMAGED``.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from lzma import LZMAError
from typing import IO, TYPE_CHECKING, BinaryIO

from appliance.contracts import LeftOut, Reason, Source
from appliance.errors import OverLimit, Refused, Unreadable
from appliance.files import check_size, open_regular, unreadable
from appliance.words import megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from appliance.settings import Limits

DAMAGED = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, struct.error, UnicodeError)
READABLE_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
ENCRYPTED = 0x1
UNPACK = "Unpack the zip with another program and point Outpost at the folder."

MEMBER_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
END64_SIGNATURE = b"PK\x06\x06"
SEE_END64 = 0xFFFFFFFF
LONGEST_END = 22 + 0xFFFF + 20 + 56
TYPICAL_ENTRY = 256
"""Bytes that one member takes in the list of members: 46, its name, and time stamps."""


class Archives:
    """Keeps the zip that was opened last: listing 100,000 members anew for each of them takes hours."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | None = None
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, so that the stick can be pulled out."""
        for opened in (self._archive, self._stream):
            if opened is not None:
                opened.close()
        self._path = self._archive = self._stream = None

    def members(self, path: Path) -> Iterator[Source | LeftOut]:
        """List what lies in a zip, in the order of names."""
        try:
            listed = sorted(self._opened(path).infolist(), key=lambda member: member.filename)
        except Refused as refused:
            yield left_out(refused, Source(path))
            return
        if not listed:
            yield LeftOut(Source(path), Reason.EMPTY, f"{shown(path.name)} holds no files. Copy it again.")
            return
        for member, following in zip(listed, [*listed[1:], None], strict=True):
            if not member.filename:
                sentence = f"{shown(path.name)} holds a file without a name. {UNPACK}"
                yield LeftOut(Source(path), Reason.UNREADABLE, sentence)
            elif not member.filename.endswith("/"):
                hidden = following is not None and following.filename == member.filename
                yield self._offered(path, member, hidden=hidden)

    def open(self, source: Source) -> IO[bytes]:
        """Open one member, or say in a sentence why not."""
        archive = self._opened(source.path)
        try:
            member = archive.getinfo(source.member)
            self._check(source, member)
            return archive.open(member)
        except (*DAMAGED, KeyError, RuntimeError, OSError) as error:
            raise damaged(source, error) from error

    def holds(self, source: Source) -> bool:
        """Say whether a zip has a member of that name."""
        try:
            return source.member in self._opened(source.path).NameToInfo
        except Refused:
            return False

    def _opened(self, path: Path) -> zipfile.ZipFile:
        if self._archive is None or self._path != path:
            self.close()
            self._stream = open_regular(path, self._limits)
            self._archive = _open_archive(Source(path), self._stream, self._limits)
            self._path = path
        return self._archive

    def _offered(self, path: Path, member: zipfile.ZipInfo, *, hidden: bool) -> Source | LeftOut:
        source = Source(path, member.filename)
        if hidden:
            return LeftOut(source, Reason.DUPLICATE, f"{_named(source)} stands there twice; the last one is read.")
        try:
            self._check(source, member)
        except Refused as refused:
            return left_out(refused, source)
        return source

    def _check(self, source: Source, member: zipfile.ZipInfo) -> None:
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Unreadable(f"{_named(source)} is a link.", advice=UNPACK, source=source, reason=Reason.LINK)
        if member.flag_bits & ENCRYPTED:
            raise Unreadable(f"{_named(source)} is locked with a password.", advice=UNPACK, source=source)
        if member.compress_type not in READABLE_METHODS:
            raise Unreadable(f"{_named(source)} is packed in a way that is not read.", advice=UNPACK, source=source)
        if source.name.lower().endswith(".zip"):
            raise Unreadable(
                f"{_named(source)} is a zip inside a zip.", advice=UNPACK, source=source, reason=Reason.UNSUPPORTED
            )
        check_size(source, member.file_size, self._limits)
        _check_ratio(source, member, self._limits)


def left_out(refused: Refused, source: Source) -> LeftOut:
    """Turn a refusal into data."""
    return LeftOut(refused.source or source, refused.reason, str(refused))


def damaged(source: Source, error: Exception) -> Unreadable:
    """Say that a zip is broken at this place."""
    if isinstance(error, OSError):
        return unreadable(source, error)
    return Unreadable(
        f"{_named(source)} is damaged ({shown(str(error)) or type(error).__name__}).",
        advice="Copy the zip again from where it came from.",
        source=source,
    )


def _named(source: Source) -> str:
    return f"{shown(source.name)} in {shown(source.path.name)}" if source.member else shown(source.name)


def _check_ratio(source: Source, member: zipfile.ZipInfo, limits: Limits) -> None:
    """Refuse a bomb; a blank slice packs a thousandfold too, so what is small is let through."""
    large = member.file_size > limits.max_header_bytes
    if large and member.file_size > limits.max_zip_ratio * max(member.compress_size, 1):
        raise OverLimit(
            f"{_named(source)} would unpack from {megabytes(member.compress_size)} to {megabytes(member.file_size)}.",
            advice=f"No scan does that, so it was not opened. {UNPACK}",
            source=source,
        )


def _open_archive(source: Source, stream: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    try:
        _check_members(source, stream, limits)
        stream.seek(0)
        return zipfile.ZipFile(stream)
    except (*DAMAGED, NotImplementedError, ValueError, OSError) as error:
        raise damaged(source, error) from error


def _check_members(source: Source, stream: BinaryIO, limits: Limits) -> None:
    """Count the list of members before the zip library loads all of it."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - LONGEST_END))
    directory = _directory_bytes(stream.read())
    if directory <= TYPICAL_ENTRY * limits.max_zip_members:
        stream.seek(max(0, size - LONGEST_END - directory))
        if stream.read().count(MEMBER_SIGNATURE) <= limits.max_zip_members:
            return
    raise OverLimit(
        f"{shown(source.name)} holds more than the {limits.max_zip_members:,} files allowed in one zip.",
        advice=UNPACK,
        source=source,
    )


def _directory_bytes(tail: bytes) -> int:
    """Find how long the list of members claims to be: the longest claim counts."""
    claims = [0]
    end, end64 = tail.rfind(END_SIGNATURE), tail.rfind(END64_SIGNATURE)
    if 0 <= end <= len(tail) - 22:
        claims += struct.unpack_from("<L", tail, end + 12)
    if 0 <= end64 <= len(tail) - 56:
        claims += struct.unpack_from("<Q", tail, end64 + 40)
    usable = [claim for claim in claims if claim != SEE_END64]
    return max(usable, default=0)
