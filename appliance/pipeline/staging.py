"""A study's results appear under their name whole or not at all, whatever is pulled, killed or full.

They are made in a folder with a hidden name, forced to the disk, and renamed into place. Results that were there
before step aside first and are removed last; what a kill left in between is put right by the next ``tidy``.
A doctor's review is never lost: it is carried over, and says itself which findings it belongs to.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.findings.review import NAME as REVIEW
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNFINISHED, REPLACED = ".part", ".old"


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Put what the disk says into words."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"{what} could not be written ({error.strerror or error}).",
            advice="Check that the disk is plugged in, has room and is not write-protected, then start again: "
            "what was done is kept.",
        ) from error


def make_folder(output: Path) -> None:
    """Make the folder of results, or say why not."""
    with translated(f"The folder {shown(output.name)}"):
        output.mkdir(parents=True, exist_ok=True)


def tidy(output: Path) -> None:
    """Remove what a run that was killed left half-made, and put back what it had moved aside."""
    with translated(f"The folder {shown(output.name)}"):
        for left in sorted(output.glob(f".*{UNFINISHED}")):
            _remove(left)
        for old in sorted(output.glob(f".*{REPLACED}")):
            place = output / old.name[1 : -len(REPLACED)]
            if place.exists():
                _remove(old)
            else:
                old.rename(place)


@contextmanager
def staged(output: Path, name: str) -> Iterator[Path]:
    """Give an empty folder for results of this name; if the body does not finish, nothing of it stays."""
    making = output / f".{name}.{secrets.token_hex(4)}{UNFINISHED}"
    with translated(f"The results {shown(name)}"):
        making.mkdir()
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)


def put_in_place(making: Path, output: Path, name: str) -> Path:
    """Show finished results under their name."""
    place, old = output / name, output / f".{name}{REPLACED}"
    with translated(f"The results {shown(name)}"):
        if (place / REVIEW).is_file() and not (making / REVIEW).exists():
            shutil.copyfile(place / REVIEW, making / REVIEW)
        for path in sorted(making.rglob("*")):
            if path.is_file():
                _to_disk(path)
        if place.exists():
            place.rename(old)
        making.rename(place)
        _folder_to_disk(output)
        if old.exists():
            _remove(old)
    return place


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder_to_disk(folder: Path) -> None:
    """Force the folder's names to the disk, where the system knows how: Windows does not."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
