"""Going back on purpose: to the slot before, and from there to what came with the program. Kept in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse, UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.models import load_shelf
from appliance.models.slots import FACTORY_WORDS, Slots, packages_in, read_slots, rolled_back, switch_to
from appliance.update.handover import back_one, write_programs
from appliance.update.programs import programs_of
from appliance.update.record import Step, recording

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.update.machine import Machine


def way_back(machine: Machine) -> str:
    """Say where a roll-back of the models leads; empty if there is nothing to go back to."""
    slots = _slots(machine)
    if slots.active is None:
        return ""
    models = ", ".join(packages_in(_target(slots, machine)))
    return f"release {slots.previous.release} ({models})" if slots.previous else f"{FACTORY_WORDS} ({models})"


def roll_back_models(machine: Machine) -> str:
    """Go one step back, or raise and leave everything as it was; return a sentence."""
    with recording(machine.state.folder, machine.operator) as record:
        slots = _slots(machine)
        if slots.active is None:
            raise Misuse("There is nothing to go back to.", advice=f"In use are {FACTORY_WORDS}.")
        where, before = way_back(machine), machine.digest()
        packages, faults = load_shelf(_target(slots, machine), machine.settings.limits)
        if faults or not packages:
            why = faults[0].what if faults else "It is no longer there."
            raise UpdateRefused(f"What came before cannot be used. {why}", advice="The models in use are used on.")
        switch_to(machine.state, rolled_back(slots))
        record.tell(Step.ROLLED_BACK, models_before=before, models_after=machine.digest(), to=where)
        return f"In use again: {where}."


def roll_back_program(machine: Machine) -> str:
    """Let the program before be started next time; return a sentence."""
    with recording(machine.state.folder, machine.operator) as record:
        programs = programs_of(machine)
        if programs.active is None:
            raise Misuse("No update brought a program to this machine.", advice="The one that is called is used.")
        after = back_one(programs, "somebody went back on purpose")
        write_programs(machine.state, after)
        to = f"program {after.active.version}" if after.active else "the program that is called"
        record.tell(Step.ROLLED_BACK, program=programs.active.version, to=to)
        return f"From the next start on, {to} is used."


def _target(slots: Slots, machine: Machine) -> Path:
    return machine.state.model_slots / slots.previous.name if slots.previous else machine.factory


def _slots(machine: Machine) -> Slots:
    try:
        return read_slots(machine.state)
    except NotAsAgreed as error:
        raise UpdateRefused(
            f"The list of installed models is damaged ({error}).", advice=f"In use are {FACTORY_WORDS}."
        ) from error
