"""Facts about this machine, looked up and not judged. What cannot be learnt is ``None``."""

from __future__ import annotations

import contextlib
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

PROCESSOR_FILE = Path("/proc/cpuinfo")
FLAG_LINES = frozenset({"flags", "Features"})
NAME_LINES = frozenset({"model name", "Model"})
WINDOWS_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
INSTRUCTION_SETS = {
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "VNNI": {"avx512_vnni", "avx512vnni", "avx_vnni"},
    "NEON": {"asimd", "neon"},
    "dot product": {"asimddp"},
}
"""As people call them, and as Linux and NumPy do."""


@dataclass(frozen=True, slots=True)
class Processor:
    """What computes when no graphics card does."""

    name: str
    cores: int
    threads: int
    instructions: tuple[str, ...]
    """Those of ``INSTRUCTION_SETS`` that it has."""


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes."""

    total: int
    available: int


@dataclass(frozen=True, slots=True)
class Disk:
    """Where results go."""

    folder: Path
    """The folder that was asked for, or the nearest one above it that exists."""
    free: int | None
    """In bytes."""
    refusal: str
    """Why nothing can be written there; empty if it can."""


def processor() -> Processor:
    """Look at the processor."""
    lines = _processor_lines()
    flags = {word for name, value in lines if name in FLAG_LINES for word in value.split()} or _numpy_flags()
    name = next((value for name, value in lines if name in NAME_LINES), "") or _registered_name() or platform.machine()
    threads = psutil.cpu_count() or 1
    instructions = tuple(title for title, words in INSTRUCTION_SETS.items() if words & flags)
    return Processor(name, psutil.cpu_count(logical=False) or threads, threads, instructions)


def memory() -> Memory:
    """Look at the memory."""
    found = psutil.virtual_memory()
    return Memory(found.total, found.available)


def disk(folder: Path) -> Disk:
    """Look at the disk that a folder is on or will be on, and try to write there."""
    wanted = folder.absolute()
    place = next((above for above in (wanted, *wanted.parents) if above.is_dir()), wanted)
    free = None
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(place).free
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
    except OSError as error:
        return Disk(place, free, error.strerror or str(error))
    return Disk(place, free, "")


def _processor_lines() -> list[tuple[str, str]]:
    try:
        text = PROCESSOR_FILE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    parts = [line.partition(":") for line in text.splitlines()]
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _numpy_flags() -> set[str]:
    """NumPy looks at the processor itself, on every system; it says so only in private."""
    features: dict[str, bool] = getattr(np._core._multiarray_umath, "__cpu_features__", {})  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return {name.lower() for name, present in features.items() if present}


def _registered_name() -> str:
    """Look where Windows keeps the processor's name."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - only there

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, WINDOWS_KEY) as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    return platform.processor()
