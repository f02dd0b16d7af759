"""A new program folder: placed beside the others, sealed, and named as the one to start next time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appliance.errors import UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.update.handover import SEAL, Installed, Programs, is_running, read_programs, seal, write_programs
from appliance.update.staging import place, remove

if TYPE_CHECKING:
    from appliance.update.machine import Machine
    from appliance.update.release import Program
    from appliance.update.verify import Verified


def install_program(program: Program, signed: Verified, machine: Machine) -> None:
    """Let a staged program be the one that is started next time."""
    if program.folder + program.start not in signed.files:
        raise UpdateRefused("The update's program has no file to start.", advice="Tell the publisher.")
    programs = programs_of(machine)
    number = programs.highest + 1
    folder = machine.state.program_slots / f"{number:04d}"
    place(machine.state.staging / program.folder, folder)
    signed_here = {name: info for name, info in signed.files.items() if name.startswith(program.folder)}
    seal(folder, {name.removeprefix(program.folder): info.hashes["sha256"] for name, info in signed_here.items()})
    before = programs.active if programs.active and programs.active.proven else programs.previous
    installed = Installed(folder.name, program.version, program.start)
    programs = replace(programs, active=installed, previous=before, highest=number)
    write_programs(machine.state, programs)
    _tidy(programs, machine)


def programs_of(machine: Machine) -> Programs:
    """Read which programs are here; a damaged list names none, and the program that is called starts."""
    try:
        return read_programs(machine.state)
    except NotAsAgreed:
        there = [int(entry.name) for entry in machine.state.program_slots.glob("[0-9]*") if entry.name.isdigit()]
        return Programs(highest=max(there, default=0))


def _tidy(programs: Programs, machine: Machine) -> None:
    kept = {program.name for program in (programs.active, programs.previous) if program is not None}
    for folder in machine.state.program_slots.iterdir():
        if (
            folder.is_dir()
            and folder.name not in kept
            and not is_running(Installed(folder.name, "", ""), machine.state)
        ):
            remove(folder)
            folder.with_name(SEAL.format(folder.name)).unlink(missing_ok=True)
