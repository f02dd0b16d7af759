"""What an update will do to this machine, decided from what is known before anything is copied. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import UpdateRefused
from appliance.models.slots import is_newer, numbers_of, versions_of

if TYPE_CHECKING:
    from appliance.update.release import Program, Release

NOTHING_CHANGED = "Nothing was changed."


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine has."""

    app_version: str
    model_schema: int
    openvino: str
    """Empty where it is not installed."""
    platform: str
    installed: tuple[str, ...]
    """The packages that are used now."""
    program_version: str
    """Of the newest program that an update brought; else that of this program."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done."""

    models: tuple[str, ...]
    """Packages to install."""
    kept: tuple[str, ...]
    """Packages that stay beside them."""
    program: Program | None
    notices: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.models and self.program is None


def plan_for(release: Release, here: Here) -> Plan:
    """Decide what to install, or refuse the release because it does not fit."""
    program, notices = _program(release, here)
    if program is not None and numbers_of(release.needs.app) > numbers_of(here.app_version):
        later = "Its models need that program: start Outpost again, then install this update once more."
        return Plan((), here.installed, program, (*notices, later))
    _check_needs(release, here)
    _check_rise(release, here)
    models = tuple(name for name in release.models if is_newer((name,), here.installed))
    tasks = versions_of(models)
    kept = tuple(name for name in here.installed if not versions_of((name,)).keys() & tasks.keys())
    return Plan(models, kept, program, (*notices, *_missing(release, here)))


def _check_needs(release: Release, here: Here) -> None:
    needs = release.needs
    if needs.model_schema != here.model_schema:
        raise _unfit(f"models of format {needs.model_schema}, and this program reads format {here.model_schema}")
    if numbers_of(needs.app) > numbers_of(here.app_version):
        raise _unfit(f"program version {needs.app} or newer, and this is {here.app_version}")
    if release.models and numbers_of(needs.openvino)[:2] > numbers_of(here.openvino)[:2]:
        raise _unfit(f"OpenVINO {needs.openvino} or newer, and this program has {here.openvino or 'none'}")


def _check_rise(release: Release, here: Here) -> None:
    ours = versions_of(here.installed)
    for name in release.models:
        ((task, version),) = versions_of((name,)).items()
        if version < ours.get(task, ()):
            raise UpdateRefused(
                f"The update brings {name}, which is older than what is installed.",
                advice=f"{NOTHING_CHANGED} To go back on purpose, use “outpost models rollback”.",
            )


def _program(release: Release, here: Here) -> tuple[Program | None, tuple[str, ...]]:
    ours = [program for program in release.programs if program.platform == here.platform]
    if not ours:
        others = ", ".join(program.platform for program in release.programs)
        return None, (f"Its program is for {others}, not for this machine.",) if others else ()
    newest = max(numbers_of(here.app_version), numbers_of(here.program_version))
    return (ours[0] if numbers_of(ours[0].version) > newest else None), ()


def _missing(release: Release, here: Here) -> tuple[str, ...]:
    """Say what else is current, and came with an earlier update that this machine never had."""
    missing = [name for name in release.also if is_newer((name,), here.installed)]
    if not missing:
        return ()
    return (f"{', '.join(missing)} is current too, but came with an earlier update: ask for the whole bundle.",)


def _unfit(what: str) -> UpdateRefused:
    return UpdateRefused(
        f"The update needs {what}.", advice=f"{NOTHING_CHANGED} Ask for an update that is made for this program."
    )
