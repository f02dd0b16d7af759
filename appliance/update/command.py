"""``outpost models list | update | rollback``: what is used, a newer one from a stick, and the way back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import ExitCode, Misuse
from appliance.settings import Settings, load_settings
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.update.machine import Machine

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_update_commands(actions: argparse._SubParsersAction[Parser]) -> None:
    """Tell the command line of them."""
    listing = actions.add_parser("list", help="say which models are used, and where they came from")
    listing.set_defaults(command=_list, settings=None, operator="")

    update = actions.add_parser("update", help="install an update, or change nothing")
    update.add_argument("path", type=Path, help="the update: a folder or a single file on the stick")
    update.add_argument(
        "--accept-expired", action="store_true", help="install it though it is old or the clock is wrong; it is logged"
    )
    _add_options(update)
    update.set_defaults(command=_update)

    rollback = actions.add_parser("rollback", help="go back to the models that were used before; it is logged")
    rollback.add_argument("--program", action="store_true", help="go back to the program before, not the models")
    rollback.add_argument("--yes", action="store_true", help="do it; without this it is only said what would be done")
    _add_options(rollback)
    rollback.set_defaults(command=_rollback)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operator", default="", metavar="NAME", help="who answers for this; stands in the record")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file (outpost.toml)")


def _list(options: argparse.Namespace) -> ExitCode:
    from appliance.update.standing import standing_of  # noqa: PLC0415 - keeps --version fast

    print("\n".join(standing_of(_machine(options)).lines()))
    return ExitCode.ALL_READ


def _update(options: argparse.Namespace) -> ExitCode:
    from appliance.update.install import install  # noqa: PLC0415 - keeps --version fast

    if not options.path.exists():
        raise Misuse(
            f"{shown(str(options.path))} does not exist.", advice="Check the spelling, or that the stick is plugged in."
        )
    for told in install(options.path, _machine(options), accept_expired=options.accept_expired):
        print(f"{told.stage:<8}{told.sentence}", flush=True)
    return ExitCode.ALL_READ


def _rollback(options: argparse.Namespace) -> ExitCode:
    from appliance.update.rollback import roll_back_models, roll_back_program, way_back  # noqa: PLC0415 - the same

    machine = _machine(options)
    if not options.yes:
        where = "the program before" if options.program else way_back(machine)
        raise Misuse(
            f"This would go back to {where}." if where else "There is nothing to go back to.",
            advice="Give the command with “--yes” to do it." if where else "",
        )
    print(roll_back_program(machine) if options.program else roll_back_models(machine))
    return ExitCode.ALL_READ


def _machine(options: argparse.Namespace) -> Machine:
    from appliance.update.machine import Machine  # noqa: PLC0415 - keeps --version fast

    settings = load_settings(options.settings) if options.settings else Settings()
    return Machine(settings, operator=options.operator)
