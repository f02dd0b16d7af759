"""Which program starts: the one that was called, or a newer one that an update left on this machine.

The executable asks ``program_to_start`` before it does anything else, so this loads the standard library alone.
A new program is compared file by file with what was signed until it has once started well, and after that wherever
its sizes or times differ. One that does not say ``started_well`` within a few starts is given up, and the one
before it is used again. Whatever is wrong here, the program that was called starts.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Mapping  # noqa: TC003 - the strict loader reads the annotations at run time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import OutpostError
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.state import find_state

if TYPE_CHECKING:
    from appliance.state import MachineState

MOST_TRIES = 3
"""Starts without a good one, after which a new program is given up."""
SEAL = "{}.json"
"""The list of a program's files, beside its folder."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A program that an update brought."""

    name: str
    """Of its folder; rises from update to update."""
    version: str
    start: str
    """The file to start, below its folder."""
    tries: int = 0
    """Starts since it was installed, or since it last started well."""
    proven: bool = False
    """Whether it ever started well."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Which programs are here. ``None`` stands for the program that is called."""

    active: Installed | None = None
    previous: Installed | None = None
    given_up: tuple[str, ...] = ()
    """Sentences about programs that did not start; told and emptied when somebody looks."""
    highest: int = 0
    """Number of the newest folder that ever was."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One file of a program folder, as it was signed and as it lies there."""

    sha256: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Seal:
    """Every file of a program folder."""

    files: Mapping[str, Sealed]


def program_to_start(own_version: str, state: MachineState | None = None) -> Path | None:
    """Name the program to start instead of this one; ``None`` to go on with this one."""
    with contextlib.suppress(OutpostError, OSError, NotAsAgreed):
        state = state or find_state()
        programs = read_programs(state)
        if programs.active is None or is_running(programs.active, state):
            return None
        programs = _usable(programs, state)
        active = programs.active
        if active is None or _numbers(active.version) <= _numbers(own_version):
            return None
        if not active.proven:
            write_programs(state, replace(programs, active=replace(active, tries=active.tries + 1)))
        return state.program_slots / active.name / active.start
    return None


def started_well(state: MachineState | None = None) -> None:
    """Say that this program works here; only one that an update brought has to."""
    with contextlib.suppress(OutpostError, OSError, NotAsAgreed):
        state = state or find_state()
        programs = read_programs(state)
        active = programs.active
        if active is not None and not active.proven and is_running(active, state):
            write_programs(state, replace(programs, active=replace(active, tries=0, proven=True)))


def read_programs(state: MachineState) -> Programs:
    """Read which programs are here; ``NotAsAgreed`` if the list is damaged."""
    try:
        return fitted(parsed(state.programs.read_text(encoding="utf-8")), Programs)
    except FileNotFoundError:
        return Programs()
    except UnicodeDecodeError as error:
        raise NotAsAgreed("it is not UTF-8") from error


def write_programs(state: MachineState, programs: Programs) -> None:
    """Replace the list, as a whole."""
    write_whole(state.programs, written(programs).encode("utf-8"))


def seal(folder: Path, hashes: Mapping[str, str]) -> None:
    """Write down every file of a program folder, with the hashes that were signed."""
    files = {}
    for name, sha256 in hashes.items():
        status = (folder / name).stat()
        files[name] = Sealed(sha256, status.st_size, status.st_mtime_ns)
    write_whole(folder.with_name(SEAL.format(folder.name)), written(Seal(files)).encode("utf-8"))


def is_running(program: Installed, state: MachineState) -> bool:
    """Whether this very process is that program."""
    return Path(sys.executable).resolve().is_relative_to((state.program_slots / program.name).resolve())


def back_one(programs: Programs, why: str) -> Programs:
    """Give the active program up for the one before it."""
    gone = programs.active.version if programs.active else ""
    sentence = f"Program {gone} is no longer used: {why}."
    return replace(programs, active=programs.previous, previous=None, given_up=(*programs.given_up, sentence))


def _usable(programs: Programs, state: MachineState) -> Programs:
    """Give up programs until one is left that may be started, or none."""
    while programs.active is not None and (why := _trouble(programs.active, state)):
        programs = back_one(programs, why)
        write_programs(state, programs)
        _record(state, programs.given_up[-1])
    return programs


def _record(state: MachineState, sentence: str) -> None:
    """Write it into the record of updates; nothing of that is loaded on any other start."""
    from appliance.update.record import Step, recording  # noqa: PLC0415 - as the docstring says

    with contextlib.suppress(OutpostError), recording(state.folder, "") as record:
        record.tell(Step.ROLLED_BACK, program=sentence)


def _trouble(program: Installed, state: MachineState) -> str:
    if not program.proven and program.tries >= MOST_TRIES:
        return f"it was started {program.tries} times and never came up"
    folder = state.program_slots / program.name
    try:
        text = folder.with_name(SEAL.format(folder.name)).read_text(encoding="utf-8")
        files = fitted(parsed(text), Seal).files
        changed = [name for name, sealed in files.items() if _is_changed(folder / name, sealed, program.proven)]
    except (OSError, UnicodeDecodeError, NotAsAgreed):
        return "its files cannot be read"
    if program.start not in files:
        return "it has no file to start"
    return f"{changed[0]} was changed or damaged" if changed else ""


def _is_changed(path: Path, sealed: Sealed, proven: bool) -> bool:  # noqa: FBT001 - one of three facts
    status = path.stat()
    if status.st_size != sealed.size:
        return True
    if proven and status.st_mtime_ns == sealed.modified_ns:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() != sealed.sha256


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()
