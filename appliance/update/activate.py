"""From staged files to models in use: a whole slot, tested where it lies, then one switch, then another look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import BadModel, UpdateRefused
from appliance.exact_json import NotAsAgreed
from appliance.models import load_package
from appliance.models.slots import SLOT_NAME, Slot, Slots, active_models, numbers_of, packages_in, read_slots, switch_to
from appliance.update.plan import NOTHING_CHANGED
from appliance.update.record import Stage, Step, Told
from appliance.update.staging import copy_kept, digest_of, place, remove
from appliance.update.trial import try_models
from appliance.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from appliance.models import ModelPackage
    from appliance.update.machine import Machine
    from appliance.update.plan import Plan
    from appliance.update.record import Record
    from appliance.update.release import Release


def activate_models(release: Release, plan: Plan, machine: Machine, record: Record) -> Iterator[Told]:
    """Complete the staged models to a slot, test the new ones, and switch to it."""
    staged = machine.state.staging / "models"
    for name in plan.kept:
        copy_kept(machine.models() / name, staged / name)
    packages, notices = _loaded(plan, machine, staged)
    yield from (Told(Stage.NOTICE, notice) for notice in notices)
    yield from _tested(plan, machine, staged)
    record.tell(Step.TESTED, models=" ".join(plan.models))
    slots, slot = _slot(release, packages, machine, staged)
    place(staged, machine.state.model_slots / slot.name)
    before = _slots(machine)
    switch_to(machine.state, slots)
    _look(slot, before, machine)
    record.tell(Step.SWITCHED, slot=slot.name, models_after=slot.digest)
    _tidy(slots, machine)
    yield Told(Stage.SWITCH, "The new models are in use. “outpost models rollback” goes back to those before.")


def _loaded(plan: Plan, machine: Machine, staged: Path) -> tuple[list[ModelPackage], list[str]]:
    """Load every package; a new one must be sound, one that stays is no worse than it was, and it is said."""
    packages, notices = [], []
    for name in (*plan.models, *plan.kept):
        try:
            packages.append(load_package(staged / name, machine.settings.limits))
        except BadModel as error:
            if name in plan.models:
                raise UpdateRefused(error.what, advice=f"{NOTHING_CHANGED} Tell the publisher.") from error
            notices.append(str(error))
    return packages, notices


def _tested(plan: Plan, machine: Machine, staged: Path) -> Iterator[Told]:
    folders = tuple(staged / name for name in plan.models)
    passed = 0
    for outcome in try_models(folders, machine.settings, machine.device):
        if not outcome.passed:
            raise UpdateRefused(
                f"The update failed its self-test on this machine. {outcome.sentence}",
                advice="The models that were used before are used on, unchanged. Tell the publisher.",
            )
        passed += 1
        yield Told(Stage.TEST, outcome.sentence)
    yield Told(Stage.TEST, f"{counted(passed, 'golden case')} computed on this machine as they must be.")


def _slot(release: Release, packages: list[ModelPackage], machine: Machine, staged: Path) -> tuple[Slots, Slot]:
    used = active_models(machine.state, machine.factory, machine.app_version).slot
    number = _highest(machine) + 1
    slot = Slot(
        name=f"{number:04d}",
        minimum_app_version=max((package.spec.minimum_app_version for package in packages), key=numbers_of),
        release=release.number,
        installed_at=machine.clock().isoformat(timespec="seconds"),
        digest=digest_of(staged, packages_in(staged)),
    )
    return Slots(active=slot, previous=used, highest=number), slot


def _highest(machine: Machine) -> int:
    """Say the highest number that any slot had; the folders know it too, should the list be damaged."""
    folders = machine.state.model_slots
    there = (
        [int(entry.name) for entry in folders.iterdir() if SLOT_NAME.fullmatch(entry.name)] if folders.is_dir() else []
    )
    return max([_slots(machine).highest, *there])


def _slots(machine: Machine) -> Slots:
    try:
        return read_slots(machine.state)
    except NotAsAgreed:
        return Slots()


def _look(slot: Slot, before: Slots, machine: Machine) -> None:
    """Read what was switched to as reading reads it; if it is not what was tested, take the switch back."""
    active = active_models(machine.state, machine.factory, machine.app_version)
    if active.slot is not None and active.slot.name == slot.name and machine.digest() == slot.digest:
        return
    switch_to(machine.state, before)
    raise UpdateRefused(
        f"The new models are not on the disk as they were tested. {active.notice}".strip(),
        advice="Those before are used again. This disk may be failing: copy your results to another one.",
    )


def _tidy(slots: Slots, machine: Machine) -> None:
    """Remove the slots that nothing leads to any more."""
    kept = {slot.name for slot in (slots.active, slots.previous) if slot is not None}
    for entry in machine.state.model_slots.iterdir():
        if entry.name not in kept:
            remove(entry)
