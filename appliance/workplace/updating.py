"""Updates as the app needs them: found on sticks, looked into, installed in a process of its own, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.update.install import install, look_into
from appliance.update.machine import Machine
from appliance.update.rollback import roll_back_models
from appliance.update.standing import Standing, standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from appliance.settings import Settings
    from appliance.update.record import Told
    from appliance.workplace.background import Wishes

ENDING = ".outpost"
"""Of an update that is a single file."""
MARK = "metadata/timestamp.json"
"""Every update that is a folder has this."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What an update would do."""

    number: int
    """Of the release."""
    made_on: str
    notes: tuple[str, ...]
    models: tuple[str, ...]
    program: str
    """The version of a program that it brings too; empty if it brings none."""
    remarks: tuple[str, ...]
    doubts: tuple[str, ...]
    """What a person must say yes to."""


def machine_of(settings: Settings) -> Machine:
    """Gather what an update is told of this machine."""
    return Machine(settings)


def updates_on(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Find updates that lie on a stick or one folder deeper."""
    found: list[Path] = []
    for folder in folders:
        found += [entry for entry in (folder, *_entries(folder)) if _is_update(entry)]
        found += [deeper for entry in _entries(folder) for deeper in _entries(entry) if _is_update(deeper)]
    return tuple(dict.fromkeys(found))


def look(_wishes: Wishes, machine: Machine, path: Path) -> Iterator[Offered]:
    """Look into an update; nothing is changed."""
    offer = look_into(path, machine)
    release, plan = offer.release, offer.plan
    yield Offered(
        release.number,
        f"{release.made_at:%Y-%m-%d}",
        tuple(line for line in release.notes.splitlines() if line),
        tuple(plan.models),
        plan.program.version if plan.program else "",
        plan.notices,
        offer.doubts,
    )


def install_update(
    _wishes: Wishes,
    machine: Machine,
    path: Path,
    accepted: bool,  # noqa: FBT001 - handed on by position
) -> Iterator[Told]:
    """Install an update, or change nothing."""
    yield from install(path, machine, accept_expired=accepted)


def standing(machine: Machine) -> Standing:
    """Say what is used here, and where a roll-back leads."""
    return standing_of(machine)


def go_back(machine: Machine) -> str:
    """Go back to the models before; say where that led."""
    return roll_back_models(machine)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _is_update(path: Path) -> bool:
    try:
        return (path.suffix == ENDING and path.is_file()) or (path / MARK).is_file()
    except OSError:
        return False
