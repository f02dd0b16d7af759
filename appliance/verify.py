"""outpost verify [FOLDER]: whether every file of the program, or of the whole stick, is as it was written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import ExitCode, Misuse
from appliance.seal import faults, is_sealed
from appliance.words import counted, shown

if TYPE_CHECKING:
    import argparse


def add_verify_command(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``outpost``."""
    verify = commands.add_parser("verify", help="read every file of this program or stick, and say whether it is sound")
    verify.add_argument(
        "folder", type=Path, nargs="?", help="a stick or a program folder; the one in use if none is given"
    )
    verify.set_defaults(command=_verify)


def folder_in_use(executable: Path) -> Path:
    """Find the stick that the program lies on, or else its own folder."""
    program = executable.resolve().parent
    return program.parent if is_sealed(program.parent) else program


def _verify(options: argparse.Namespace) -> ExitCode:
    folder: Path = options.folder or folder_in_use(Path(sys.executable))
    if not is_sealed(folder):
        raise Misuse(
            f"Nothing says what {shown(str(folder))} should hold, so it cannot be checked.",
            advice="Give the folder of a stick, or of a program that was built with its seal.",
        )
    print(f"Reading every file in {shown(str(folder))} …", flush=True)
    found = 0
    for fault in faults(folder):
        found += 1
        print(f"{fault}.", flush=True)
    if found:
        print(f"{counted(found, 'fault')}: do not use this copy; write it again.")
        return ExitCode.SOME_REFUSED
    print("Every file is as it was written.")
    return ExitCode.ALL_READ
