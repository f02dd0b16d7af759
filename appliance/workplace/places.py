"""Disks and sticks, by the names that people know them by; what cannot be learnt is left out.

``places_from`` decides on facts and touches nothing; ``find_places`` looks.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import psutil

from appliance.report.marks import N_
from appliance.words import shown
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from collections.abc import Iterable

STICKS_BELOW = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
NOT_FOR_PEOPLE = ("/boot", "/snap", "/var", "/etc", "/proc", "/sys", "/dev", "/run/user", "/usr")
GIGA = 1_000_000_000
LONGEST_LABEL = 261
"""Characters, as Windows counts them."""
NO_DISKS = frozenset({"squashfs", "overlay", "tmpfs", "devtmpfs", "proc", "sysfs", "autofs", "ramfs"})


class PlaceKind(StrEnum):
    """What to call it on the screen."""

    STICK = N_("stick")
    DISC = N_("CD or DVD")
    NETWORK = N_("network")
    DISK = N_("disk")


@dataclass(frozen=True, slots=True)
class Mounted:
    """One file system, as the operating system tells it."""

    folder: str
    file_system: str
    options: str
    label: str = ""
    """Its volume name, where the system gives one."""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere scans may lie."""

    name: str
    folder: Path
    kind: PlaceKind
    size: int | None

    def __str__(self) -> str:
        size = f", {self.size / GIGA:,.0f} GB" if self.size else ""
        return f"{shown(self.name)} ({say(self.kind)}{size})"


def places_from(mounted: Iterable[Mounted]) -> tuple[Place, ...]:
    """Choose those that a person would look for scans on; sticks and discs first."""
    places = [_place(one) for one in mounted if _is_for_people(one)]
    order = list(PlaceKind)
    return tuple(sorted(places, key=lambda place: (order.index(place.kind), place.name.casefold())))


def find_places() -> tuple[Place, ...]:
    """Look which file systems are there now."""
    partitions = psutil.disk_partitions(all=False)
    return places_from(
        Mounted(part.mountpoint, part.fstype, part.opts, _label(part.mountpoint), _size(part.mountpoint))
        for part in partitions
    )


def _is_for_people(one: Mounted) -> bool:
    return one.file_system.lower() not in NO_DISKS and not one.folder.startswith(NOT_FOR_PEOPLE)


def _place(one: Mounted) -> Place:
    options = set(one.options.split(","))
    if "cdrom" in options or one.file_system in {"iso9660", "udf"}:
        kind = PlaceKind.DISC
    elif "remote" in options or one.file_system in {"nfs", "nfs4", "cifs", "smb3"}:
        kind = PlaceKind.NETWORK
    elif "removable" in options or one.folder.startswith(STICKS_BELOW):
        kind = PlaceKind.STICK
    else:
        kind = PlaceKind.DISK
    return Place(one.label or PurePath(one.folder).name or one.folder, Path(one.folder), kind, one.size)


def _size(folder: str) -> int | None:
    try:
        return psutil.disk_usage(folder).total
    except OSError:
        return None


def _label(folder: str) -> str:
    """Ask Windows for a volume's name; elsewhere the folder it is mounted on has it."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only there

        name = ctypes.create_unicode_buffer(LONGEST_LABEL)
        ctypes.windll.kernel32.GetVolumeInformationW(folder, name, LONGEST_LABEL, None, None, None, None, 0)
        return f"{name.value} {folder}".strip()
    return ""
