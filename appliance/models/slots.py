"""Which models are used: those of the active slot, else those that came with the program.

A slot is a folder of packages that an update brought, complete in itself. One small file names the active slot and
the one before it; it is replaced as a whole, so that a switch has happened or has not. Reading never fails for want
of a slot: if it is gone, damaged or made for a newer program, the factory's models are used, and it is said why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.atomic import write_whole
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.state import MachineState, find_state
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

FACTORY = Path(__file__).parent.parent / "factory"
"""The models that came with the program."""
SLOT_NAME = re.compile(r"[0-9]{4,8}")
PACKAGE_NAME = re.compile(r"([a-z][a-z-]{0,31})-([0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6})", re.ASCII)
FACTORY_WORDS = "the models that came with the program"


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot, as it was when it was filled."""

    name: str
    """Of its folder; rises from update to update."""
    minimum_app_version: str
    """The oldest program that can use all of its packages."""
    release: int
    """Number of the release that it came from."""
    installed_at: str
    """By this machine's clock, which may be wrong."""
    digest: str
    """Over every file of every package."""


@dataclass(frozen=True, slots=True)
class Slots:
    """The content of the one small file."""

    active: Slot | None = None
    """``None`` where the factory's models are used."""
    previous: Slot | None = None
    """Where a roll-back leads; ``None`` leads to the factory's models."""
    chosen: bool = False
    """Whether a person rolled back to what is active: then newer models of a newer program wait."""
    highest: int = 0
    """Number of the newest slot that ever was."""


@dataclass(frozen=True, slots=True)
class Active:
    """The folder to read models from."""

    folder: Path
    slot: Slot | None
    notice: str = ""
    """Why it is not the folder that one would expect; empty if it is."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What has to be said of it."""
        return (self.notice,) if self.notice else ()


def read_slots(state: MachineState) -> Slots:
    """Read the small file; ``NotAsAgreed`` if it is damaged."""
    try:
        text = state.models.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Slots()
    except (OSError, UnicodeDecodeError) as error:
        raise NotAsAgreed(f"{state.models.name} cannot be read ({error})") from error
    slots = fitted(parsed(text), Slots)
    for slot in (slots.active, slots.previous):
        if slot is not None and not SLOT_NAME.fullmatch(slot.name):
            raise NotAsAgreed(f"“{shown(slot.name)}” cannot be a slot's name")
    return slots


def switch_to(state: MachineState, slots: Slots) -> None:
    """Make the switch: one file takes the place of another, wholly or not at all."""
    write_whole(state.models, written(slots).encode("utf-8"))


def rolled_back(slots: Slots) -> Slots:
    """Say what a roll-back makes of the slots: one step back, and from there to the factory."""
    return replace(slots, active=slots.previous, previous=None, chosen=True)


def active_models(
    state: MachineState | None = None, factory: Path | None = None, app_version: str = __version__
) -> Active:
    """Say which folder models are read from now."""
    state, factory = state or find_state(), factory or FACTORY
    try:
        slots = read_slots(state)
    except NotAsAgreed as error:
        return _factory(factory, f"The list of installed models is damaged ({error}).")
    if slots.active is None:
        return Active(factory, None)
    folder = state.model_slots / slots.active.name
    if not folder.is_dir():
        return _factory(factory, "The models of the last update are no longer there.")
    if numbers_of(slots.active.minimum_app_version) > numbers_of(app_version):
        return _factory(factory, "The models of the last update need a newer program.")
    if not slots.chosen and is_newer(packages_in(factory), packages_in(folder)):
        return _factory(factory, "This program brought newer models than the last update.")
    return Active(folder, slots.active)


def is_newer(names: Iterable[str], than: Iterable[str]) -> bool:
    """Whether any task has a higher version among some packages than among others, or only there."""
    others = versions_of(than)
    return any(version > others.get(task, ()) for task, version in versions_of(names).items())


def versions_of(names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Read tasks and their highest versions from the names of packages; other names are passed over."""
    found: dict[str, tuple[int, ...]] = {}
    for name in names:
        if match := PACKAGE_NAME.fullmatch(name):
            task, version = match[1], numbers_of(match[2])
            found[task] = max(version, found.get(task, ()))
    return found


def packages_in(folder: Path) -> tuple[str, ...]:
    """Name the packages of a folder without looking into them."""
    try:
        return tuple(sorted(entry.name for entry in folder.iterdir() if PACKAGE_NAME.fullmatch(entry.name)))
    except OSError:
        return ()


def numbers_of(version: str) -> tuple[int, ...]:
    """Return a version's numbers, for comparing; of what is no version, none."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


def _factory(factory: Path, why: str) -> Active:
    return Active(factory, None, f"{why} So {FACTORY_WORDS} are used.")
