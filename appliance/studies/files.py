"""The names of a hundred thousand files in little memory: folders once, file names as they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from appliance.contracts import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Folders:
    """Hands out one and the same object for one and the same folder."""

    def __init__(self) -> None:
        self._known: dict[str, Path] = {}

    def of(self, source: Source) -> Path:
        """Give the folder of a file, or the zip that a member lies in."""
        if source.member:
            return self._known.setdefault(str(source.path), source.path)
        name = os.path.dirname(source.path)  # noqa: PTH120 - a Path for each file would cost more than its name
        if name not in self._known:
            self._known[name] = source.path.parent
        return self._known[name]


class FileList:
    """Files in the order in which they were met; a ``Source`` is made only when it is asked for."""

    __slots__ = ("_folders", "_names", "_zipped")

    def __init__(self) -> None:
        self._folders: list[Path] = []
        self._names: list[str] = []
        self._zipped: list[bool] = []

    def __len__(self) -> int:
        return len(self._names)

    def add(self, source: Source, folders: Folders) -> None:
        """Remember a file."""
        self._folders.append(folders.of(source))
        self._names.append(source.member or source.path.name)
        self._zipped.append(bool(source.member))

    def __iter__(self) -> Iterator[Source]:
        for folder, name, zipped in zip(self._folders, self._names, self._zipped, strict=True):
            yield Source(folder, name) if zipped else Source(folder / name)
