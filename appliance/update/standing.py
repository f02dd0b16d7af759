"""What is used on this machine, where it came from, and where a roll-back leads; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import UpdateRefused
from appliance.models.slots import FACTORY_WORDS, active_models, packages_in
from appliance.update.programs import programs_of
from appliance.update.rollback import way_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.update.machine import Machine


@dataclass(frozen=True, slots=True)
class Standing:
    """How this machine stands."""

    origin: str
    """Where the models came from."""
    models: tuple[str, ...]
    way_back: str
    """Where a roll-back leads; empty if there is nothing to go back to."""
    notices: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Say all of it."""
        yield f"In use: {self.origin}."
        yield from (f"  {name}" for name in self.models)
        yield f"A roll-back leads to {self.way_back}." if self.way_back else "There is nothing to go back to."
        yield from (f"! {notice}" for notice in self.notices)


def standing_of(machine: Machine) -> Standing:
    """Say how a machine stands."""
    active = active_models(machine.state, machine.factory, machine.app_version)
    origin = (
        f"release {active.slot.release}, installed {active.slot.installed_at[:10]}" if active.slot else FACTORY_WORDS
    )
    notices = [*active.notices, *programs_of(machine).given_up]
    if program := programs_of(machine).active:
        notices.append(f"Program {program.version} came with an update and is started instead of older ones.")
    return Standing(origin, packages_in(active.folder), _way_back(machine), tuple(notices))


def _way_back(machine: Machine) -> str:
    try:
        return way_back(machine)
    except UpdateRefused:
        return ""
