"""A folder, a single file or a zip → every file in it, once, in the order of names.

Nothing is followed out of the folder: a link is named and left, since what it points to inside the
folder is met at its own place anyway. Pipes, sockets and devices are named and never opened. What
cannot be looked into becomes a ``LeftOut``; nothing raises. A folder of any depth costs no recursion,
and memory for the names of one folder only.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING

from appliance.archives import DAMAGED, Archives, damaged, left_out
from appliance.contracts import LeftOut, Reason, Source
from appliance.files import not_ordinary, open_regular, unreadable
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.settings import Limits

MOUNT_POINT_TAG = 0xA0000003
"""How Windows marks a junction: a link between folders that does not look like one."""


@contextmanager
def open_source(source: Source, limits: Limits, archives: Archives | None = None) -> Iterator[IO[bytes]]:
    """Open a file for reading, bounded; damage met while reading becomes ``Unreadable``.

    Pass ``archives`` to read many members of one zip without listing the zip again for each.
    """
    lent = archives or Archives(limits)
    try:
        stream = lent.open(source) if source.member else open_regular(source.path, limits)
        with stream:
            yield stream
    except (*DAMAGED, OSError) as error:
        raise damaged(source, error) from error
    finally:
        if archives is None:
            lent.close()


def walk(
    root: Path, limits: Limits, archives: Archives | None = None, besides: Path | None = None
) -> Iterator[Source | LeftOut]:
    """Yield every file below ``root``, or why it is left out; the folder ``besides`` is passed over in silence."""
    lent = archives or Archives(limits)
    try:
        for count, found in enumerate(_everything(root, limits, lent, besides)):
            if count == limits.max_files:
                yield _too_many(root, limits)
                return
            yield found
    finally:
        if archives is None:
            lent.close()


def _everything(root: Path, limits: Limits, archives: Archives, besides: Path | None) -> Iterator[Source | LeftOut]:
    try:
        is_folder, is_file = root.is_dir(), root.is_file()
        exists = os.path.lexists(root)
    except (OSError, ValueError) as error:
        yield left_out(unreadable(Source(root), error), Source(root))
        return
    if is_folder:
        yield from _folders(root, limits, archives, besides.resolve() if besides else None)
    elif is_file:
        yield from _file(root, archives)
    elif exists:
        yield left_out(not_ordinary(Source(root)), Source(root))
    else:
        yield LeftOut(Source(root), Reason.UNREADABLE, f"{shown(root.name)} does not exist. Check the spelling.")


def _file(path: Path, archives: Archives) -> Iterator[Source | LeftOut]:
    if path.suffix.lower() == ".zip":
        yield from archives.members(path)
    else:
        yield Source(path)


def _folders(root: Path, limits: Limits, archives: Archives, besides: Path | None) -> Iterator[Source | LeftOut]:
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        if besides is not None and folder.name == besides.name and folder.resolve() == besides:
            continue
        if depth > limits.max_folder_depth:
            yield _too_deep(folder, limits)
            continue
        listing = _list(folder, limits)
        yield from (_describe_link(root, folder / name) for name in listing.links)
        yield from (left_out(not_ordinary(Source(folder / name)), Source(folder)) for name in listing.special)
        for name in listing.files:
            yield from _file(folder / name, archives)
        if listing.failure is not None:
            yield _closed(folder, listing.failure)
        pending.extend((folder / name, depth + 1) for name in reversed(listing.folders))


@dataclass(slots=True)
class _Listing:
    """The names in one folder, sorted, by what they are."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)
    failure: OSError | None = None

    def take(self, entry: os.DirEntry[str]) -> None:
        """Put one entry where it belongs."""
        if entry.is_symlink():
            self.links.append(entry.name)
        elif entry.is_dir(follow_symlinks=False):
            (self.links if _is_junction(entry.path) else self.folders).append(entry.name)
        elif entry.is_file(follow_symlinks=False):
            self.files.append(entry.name)
        else:
            self.special.append(entry.name)


def _list(folder: Path, limits: Limits) -> _Listing:
    listing = _Listing()
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, limits.max_files + 1):
                listing.take(entry)
    except OSError as error:
        listing.failure = error
    for names in (listing.files, listing.folders, listing.links, listing.special):
        names.sort()
    return listing


def _is_junction(path: str) -> bool:
    return getattr(os.lstat(path), "st_reparse_tag", 0) == MOUNT_POINT_TAG


def _describe_link(root: Path, link: Path) -> LeftOut:
    try:
        inside = link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        sentence = "is a link that leads nowhere or in a circle."
    else:
        sentence = (
            "is a link to a place inside this folder, which is read where it lies."
            if inside
            else "is a link that leads out of this folder. Copy what it points to into the folder to have it read."
        )
    return LeftOut(Source(link), Reason.LINK, f"{shown(link.name)} {sentence}")


def _closed(folder: Path, failure: OSError) -> LeftOut:
    return LeftOut(
        Source(folder),
        Reason.UNREADABLE,
        f"The folder {shown(folder.name)} could not be looked into ({failure.strerror}). "
        "Check that you may open it and that the disk is still plugged in.",
    )


def _too_deep(folder: Path, limits: Limits) -> LeftOut:
    return LeftOut(
        Source(folder),
        Reason.TOO_LARGE,
        f"The folder {shown(folder.name)} lies more than {limits.max_folder_depth} folders deep. "
        "Point Outpost at it directly.",
    )


def _too_many(root: Path, limits: Limits) -> LeftOut:
    return LeftOut(
        Source(root),
        Reason.TOO_LARGE,
        f"{shown(root.name)} holds more than {limits.max_files:,} files; the rest was not looked at. "
        "Point Outpost at one part of it at a time.",
    )
