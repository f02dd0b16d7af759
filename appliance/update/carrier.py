"""A bundle as it lies on a stick, a folder or a single file, given out piece by piece within bounds.

The metadata come first and are small; they are all that is read before somebody has verified them. The files come
after, one at a time, as streams that the caller bounds by their signed length. Only ordinary files are given out:
no links, no devices, nothing hidden in a header. A single file is an xz-packed tar without any of tar's extensions.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from appliance.errors import UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.files import HOW_TO_OPEN
from appliance.update.archive import BLOCK, PACKING_TROUBLE, Archive
from appliance.update.names import DEEPEST, METADATA, RELEASE, TARGETS, check_bundle_name
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.update.archive import Readable

MOST_METADATA = 16 * 1024 * 1024
"""Bytes before anything is verified, and of the metadata together."""
MOST_FILES = 20_000
CHUNK = 65_536
NO_LINKS = HOW_TO_OPEN | getattr(os, "O_NOFOLLOW", 0)
ADVICE = "Copy it again from where it came from; nothing was changed."


@dataclass(frozen=True, slots=True)
class Carried:
    """One file of a bundle."""

    name: str
    """Below ``targets/``."""
    stream: Readable
    bundle: Path

    def chunks(self) -> Iterator[bytes]:
        """Give out the content; it may never end, so the caller counts."""
        with told(self.bundle):
            while chunk := self.stream.read(CHUNK):
                yield chunk


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was opened."""

    path: Path
    metadata: Mapping[str, bytes]
    """By name below ``metadata/``; nothing of it is verified."""
    files: Iterator[Carried]
    """Each must be used before the next is asked for."""


@contextlib.contextmanager
def open_bundle(path: Path, most_bytes: int) -> Iterator[Bundle]:
    """Open a bundle, or say why it is none; what is wrong with its files shows when they are asked for."""
    with contextlib.ExitStack() as stack:
        with told(path):
            if path.is_dir():
                bundle = _of_folder(path)
            else:
                file = stack.enter_context(path.open("rb"))
                bundle = _of_archive(Archive(file, MOST_METADATA), most_bytes, path)
        yield bundle


def _of_folder(folder: Path) -> Bundle:
    names = sorted(_names(folder))
    for name in names:
        check_bundle_name(name)
    metadata: dict[str, bytes] = {}
    for name in names:
        if name.startswith(METADATA):
            with _opened(folder / name) as stream:
                metadata[name.removeprefix(METADATA)] = stream.read(MOST_METADATA + 1)
        if sum(map(len, metadata.values())) > MOST_METADATA:
            raise NotAsAgreed("its metadata are far too large")
    targets = [name for name in names if name.startswith(TARGETS)]
    return Bundle(folder, metadata, _streams(folder, sorted(targets, key=lambda name: name != TARGETS + RELEASE)))


def _names(folder: Path) -> Iterator[str]:
    """Name every file below a folder; whatever is neither file nor folder ends it."""
    waiting, seen = [PurePosixPath()], 0
    while waiting:
        place = waiting.pop()
        with os.scandir(folder / place) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_FILES or len(place.parts) > DEEPEST:
                    raise NotAsAgreed("it holds far too many files and folders")
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(place / entry.name)
                elif entry.is_file(follow_symlinks=False):
                    yield str(place / entry.name)
                else:
                    raise NotAsAgreed(f"“{shown(entry.name)}” is not an ordinary file")


def _streams(folder: Path, names: list[str]) -> Iterator[Carried]:
    with told(folder):
        for name in names:
            with _opened(folder / name) as stream:
                yield Carried(name.removeprefix(TARGETS), stream, folder)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open an ordinary file, even if another thing took its place a moment ago."""
    with os.fdopen(os.open(path, NO_LINKS), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise NotAsAgreed(f"“{shown(path.name)}” is not an ordinary file")
        yield stream


def _of_archive(archive: Archive, most_bytes: int, path: Path) -> Bundle:
    metadata: dict[str, bytes] = {}
    members = archive.members()
    first = None
    for name, member in members:
        check_bundle_name(name)
        if not name.startswith(METADATA):
            first = Carried(name.removeprefix(TARGETS), member, path)
            break
        if metadata.setdefault(name.removeprefix(METADATA), content := member.read(MOST_METADATA)) is not content:
            raise NotAsAgreed(f"“{name}” is given twice")
    archive.allow(most_bytes + MOST_FILES * 2 * BLOCK)
    return Bundle(path, metadata, _rest(path, first, members))


def _rest(path: Path, first: Carried | None, members: Iterator[tuple[str, Readable]]) -> Iterator[Carried]:
    with told(path):
        if first is not None:
            yield first
        for count, (name, member) in enumerate(members):
            check_bundle_name(name)
            if not name.startswith(TARGETS) or count > MOST_FILES:
                raise NotAsAgreed("its files are not in the order that was agreed, or too many")
            yield Carried(name.removeprefix(TARGETS), member, path)


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Put whatever is wrong with a bundle into a sentence with its name."""
    try:
        yield
    except NotAsAgreed as error:
        raise UpdateRefused(f"{shown(path.name)} is not an update: {error}.", advice=ADVICE) from error
    except PACKING_TROUBLE as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UpdateRefused(f"{shown(path.name)} cannot be read as an update ({why}).", advice=ADVICE) from error
