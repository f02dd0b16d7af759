"""Takes symbols out of libraries, blanks out of tables and twins out of wheels, where that leaves them working.

A wheel's library that ``patchelf`` has changed can be broken by ``strip``: its segments then lie where the loader
will not map them. Each stripped copy is therefore looked at before it takes the original's place.

NumPy and SciPy bring the same Fortran library each. SciPy never loads before NumPy, and the loader takes a library
that it has loaded already, so one copy is enough.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ELF = b"\x7fELF\x02\x01"
LOAD = 1
FIRST, SECOND = "numpy.libs", "scipy.libs"
WORTH_IT = 100_000
"""Tables with fewer bytes stay as they are."""


def slim(folder: Path) -> int:
    """Make a program folder smaller; return the bytes saved."""
    before = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    _drop_twins(folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and "appliance" not in path.parts:
            if path.suffix == ".json" and path.stat().st_size > WORTH_IT:
                _without_blanks(path)
            elif path.name != "outpost" and _is_elf(path):
                _without_symbols(path)
    return before - sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _drop_twins(folder: Path) -> None:
    for second in sorted(folder.glob(f"**/{SECOND}/*.so*")):
        first = second.parent.with_name(FIRST) / second.name
        if first.is_file() and first.read_bytes() == second.read_bytes():
            second.unlink()


def is_loadable(library: bytes) -> bool:
    """Whether each segment of a 64-bit ELF file lies where the loader can map it."""
    start, size, count = struct.unpack_from("<Q", library, 32) + struct.unpack_from("<HH", library, 54)
    for number in range(count):
        kind, _flags, offset, address = struct.unpack_from("<IIQQ", library, start + number * size)
        (alignment,) = struct.unpack_from("<Q", library, start + number * size + 48)
        if kind == LOAD and (address - offset) % max(alignment, 1):
            return False
    return True


def _without_blanks(table: Path) -> None:
    told = json.loads(table.read_text(encoding="utf-8"))
    table.write_text(json.dumps(told, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def _without_symbols(library: Path) -> None:
    program = shutil.which("strip")
    if program is None:
        return
    stripped = library.with_name(f"{library.name}.stripped")
    subprocess.run([program, "--strip-unneeded", "-o", str(stripped), str(library)], check=True)  # noqa: S603
    if stripped.stat().st_size < library.stat().st_size and is_loadable(stripped.read_bytes()):
        shutil.copymode(library, stripped)
        stripped.replace(library)
    else:
        stripped.unlink()


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(ELF)) == ELF
