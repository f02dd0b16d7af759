"""Whether a folder is as it was when it was finished: nothing missing, nothing cut short, nothing changed.

Who fills a folder calls ``begin`` first and ``finish`` last. ``COMPLETE.json`` is written after every other file
has reached the disk, and only then the mark of the unfinished goes: a stick that was pulled out too early still
has the mark. ``first_fault`` compares sizes and takes milliseconds; ``faults`` reads every byte and compares it
with ``SHA256SUMS``, which ``sha256sum --check`` reads too. Files that were added later are nobody's fault.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from appliance.atomic import flush_names, write_whole
from appliance.errors import OutputFailed
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEAL = "COMPLETE.json"
SUMS = "SHA256SUMS"
MARK = "UNFINISHED.txt"
MARK_SAYS = b"This folder is being written. If nobody is writing it now, it is not complete: write it again.\n"
TO_FLUSH = os.O_RDWR if sys.platform == "win32" else os.O_RDONLY
"""Windows flushes only what is open for writing."""


def begin(folder: Path) -> None:
    """Mark a folder as unfinished, and take its old seal away; both reach the disk before this returns."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / MARK, MARK_SAYS)
        (folder / SEAL).unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error
    flush_names(folder)


def finish(folder: Path) -> None:
    """Bring every file to the disk, write down what each is, and only then take the mark away."""
    try:
        files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_own(path, folder)]
        write_whole(folder / SUMS, "".join(f"{_hashed(path)}  {_name(path, folder)}\n" for path in files).encode())
        sizes = {_name(path, folder): _flushed(path) for path in [*files, folder / SUMS]}
        for inner in {path.parent for path in files}:
            flush_names(inner)
        write_whole(folder / SEAL, json.dumps({"sums": _hashed(folder / SUMS), "sizes": sizes}, indent=0).encode())
        (folder / MARK).unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(folder, error) from error
    flush_names(folder)


def is_sealed(folder: Path) -> bool:
    """Whether a folder was ever begun or finished, so that it can be looked at."""
    return (folder / SEAL).exists() or (folder / MARK).exists()


def first_fault(folder: Path) -> str:
    """Say what is wrong at the first glance; empty if nothing is."""
    if (folder / MARK).exists():
        return f"{shown(folder.name)} was not written to its end"
    told = _seal(folder)
    if told is None:
        return f"{SEAL} is missing or damaged"
    return next((said for name, size in told[1].items() if (said := _by_size(folder, name, size))), "")


def faults(folder: Path) -> Iterator[str]:
    """Say everything that is wrong, by reading every byte."""
    told = _seal(folder)
    if (folder / MARK).exists() or told is None or _by_content(folder, SUMS, told[0]):
        yield first_fault(folder) or f"{SUMS} is damaged"
        return
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        if said := _by_size(folder, name, told[1].get(name, -1)) or _by_content(folder, name, sha256):
            yield said


def _seal(folder: Path) -> tuple[str, dict[str, int]] | None:
    """Read the hash of the sums, and the sizes of all files; ``None`` if the seal is not what was written."""
    try:
        told = json.loads((folder / SEAL).read_bytes())
        return str(told["sums"]), {str(name): int(size) for name, size in told["sizes"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _by_size(folder: Path, name: str, size: int) -> str:
    try:
        found = (folder / PurePosixPath(name)).stat().st_size
    except OSError:
        return f"{shown(name)} is missing or cannot be read"
    return "" if found == size else f"{shown(name)} is damaged: it has not the size that it should have"


def _by_content(folder: Path, name: str, sha256: str) -> str:
    try:
        found = _hashed(folder / PurePosixPath(name))
    except OSError:
        return f"{shown(name)} is missing or cannot be read"
    return "" if found == sha256 else f"{shown(name)} is damaged: its content is not what it should be"


def _flushed(path: Path) -> int:
    descriptor = os.open(path, TO_FLUSH)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def _hashed(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _is_own(path: Path, folder: Path) -> bool:
    return path.parent == folder and path.name in {SEAL, SUMS, MARK}


def _not_written(folder: Path, error: OSError) -> OutputFailed:
    return OutputFailed(
        f"{shown(folder.name)} could not be written to its end ({error.strerror}).",
        advice="Check that the stick has room and is not write-protected, and write it again.",
    )
