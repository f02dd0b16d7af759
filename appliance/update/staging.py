"""Copying beside what works: a folder of its own, every byte flushed to the disk before anybody looks at it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.atomic import flush_names
from appliance.errors import OutputFailed, UpdateRefused
from appliance.update.release import folder_of
from appliance.update.verify import refused
from appliance.words import megabytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.update.carrier import Bundle, Carried
    from appliance.update.plan import Plan
    from appliance.update.verify import Verified

SPARE_BYTES = 64 * 1024 * 1024
"""Room that is left on the disk for everybody else."""
EXECUTABLE = "executable"
"""What a signed file says of itself if it is to be started."""


def wanted_files(plan: Plan, verified: Verified) -> tuple[str, ...]:
    """Name the signed files that a plan installs."""
    folders = tuple(map(folder_of, plan.models)) + ((plan.program.folder,) if plan.program else ())
    return tuple(name for name in verified.files if name.startswith(folders)) if folders else ()


def check_room(staging: Path, names: tuple[str, ...], verified: Verified, most_bytes: int) -> None:
    """Refuse what is larger than allowed, or than the disk can take."""
    size = sum(verified.files[name].length for name in names)
    if size > most_bytes:
        raise UpdateRefused(
            f"The update has {megabytes(size)}, more than the {megabytes(most_bytes)} allowed.",
            advice="If it really is one, raise limits.max_update_bytes in the settings.",
        )
    free = shutil.disk_usage(staging).free
    if size + SPARE_BYTES > free:
        raise OutputFailed(
            f"The update needs {megabytes(size + SPARE_BYTES)}, and {megabytes(free)} are free.",
            advice="Make room on the disk of this machine, and install it again.",
        )


def copy_signed(bundle: Bundle, verified: Verified, names: tuple[str, ...], staging: Path) -> None:
    """Copy the wanted files out of a bundle; every one must be there, be signed for, and come once."""
    waiting, seen = set(names), set[str]()
    for carried in bundle.files:
        if carried.name not in verified.files or carried.name in seen:
            raise refused(bundle.path, f"“{shown(carried.name)}” is not among its signed files")
        seen.add(carried.name)
        if carried.name in waiting:
            waiting.discard(carried.name)
            copy_one(carried, verified, staging / carried.name)
    if waiting:
        raise refused(bundle.path, f"“{shown(min(waiting))}” is missing in it")


def copy_one(carried: Carried, verified: Verified, path: Path) -> None:
    """Copy one file while it is compared with what was signed."""
    with _words():
        path.parent.mkdir(parents=True, exist_ok=True)
        verified.receive(carried, path)
        _flush(path)
        if (verified.files[carried.name].custom or {}).get(EXECUTABLE):
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def copy_kept(source: Path, target: Path) -> None:
    """Copy the files of a package that stays."""
    with _words():
        target.mkdir(parents=True)
        for path in source.iterdir():
            if path.is_file() and not path.is_symlink():
                shutil.copyfile(path, target / path.name)
                _flush(target / path.name)


def flush_folders(folder: Path) -> None:
    """Flush the names of everything below a folder to the disk."""
    for name, _, _ in os.walk(folder):
        flush_names(Path(name))


def empty_folder(folder: Path) -> None:
    """Make a folder anew, with nothing in it."""
    with _words():
        remove(folder)
        folder.mkdir(parents=True)


def remove(folder: Path) -> None:
    """Remove a folder with everything in it, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


def place(staged: Path, final: Path) -> None:
    """Give a staged folder its final name; nobody looks there yet."""
    with _words():
        remove(final)
        final.parent.mkdir(parents=True, exist_ok=True)
        flush_folders(staged)
        staged.rename(final)
        flush_names(final.parent)


def digest_of(folder: Path, packages: tuple[str, ...]) -> str:
    """Hash every file of some packages with its name: the same before and after, if nothing was touched."""
    whole = hashlib.sha256()
    for package in sorted(packages):
        for path in sorted((folder / package).iterdir()):
            with path.open("rb") as stream:
                whole.update(f"{package}/{path.name}\n{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def _words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"The update could not be copied to this machine ({error.strerror or error}).",
            advice="Check that its disk has room and is not write-protected; the models in use are unchanged.",
        ) from error
