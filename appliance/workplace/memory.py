"""What the workplace remembers from day to day. A memory that is damaged or gone is empty, never an error."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the exact loader reads the annotations at run time
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.workplace.texts import write_text

if TYPE_CHECKING:
    from pathlib import Path

MOST_FOLDERS = 6


def _no_keys() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it."""

    started_before: bool = False
    """Whether the three questions of the first start were answered."""
    folders: tuple[str, ...] = ()
    """Folders that were read, the last one first."""
    light: bool = False
    """Whether the screen is light."""
    keys: Mapping[str, str] = field(default_factory=_no_keys)
    """Keys that somebody wants elsewhere: name of the command → keys."""

    def with_folder(self, folder: Path) -> Memory:
        """Put a folder first."""
        name = str(folder)
        others = [other for other in self.folders if other != name]
        return replace(self, folders=(name, *others)[:MOST_FOLDERS])


def recall(path: Path) -> Memory:
    """Read the memory."""
    try:
        return fitted(parsed(path.read_text(encoding="utf-8")), Memory)
    except (OSError, UnicodeDecodeError, NotAsAgreed):
        return Memory()


def remember(path: Path, memory: Memory) -> None:
    """Write the memory."""
    write_text(path, written(memory))
