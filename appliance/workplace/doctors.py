"""Who may sign, and by which PIN. A PIN is kept only as a salted scrypt hash; a forgotten one can only be replaced.

The PIN keeps one doctor from signing in another's name by mistake at a shared machine. Whoever can write this
workplace's files can replace it; the ledger then still shows who signed what, and when.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - the exact loader reads the annotations at run time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.errors import Misuse
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.workplace.pins import is_pin, kept_pin
from appliance.workplace.texts import write_text
from appliance.workplace.tongue import say

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Doctors:
    """By name: salt and hash, both hexadecimal, with a colon between them."""

    pins: Mapping[str, str] = field(default_factory=dict)


def known_doctors(path: Path) -> tuple[str, ...]:
    """Name those who have a PIN here."""
    return tuple(sorted(_read(path).pins))


def enrol(path: Path, name: str, pin: str) -> None:
    """Give a doctor a PIN, or a new one."""
    pins = {**_read(path).pins, _named(name): kept_pin(pin)}
    write_text(path, written(Doctors(pins)))


def check_pin(path: Path, name: str, pin: str) -> None:
    """Let a doctor through, or say why not."""
    kept = _read(path).pins.get(_named(name))
    if kept is None:
        raise Misuse(
            say("{name} has no PIN here yet.", name=name.strip()), advice=say("Set one under Settings, Doctors.")
        )
    if not is_pin(pin, kept):
        raise Misuse(say("The PIN is not right."), advice=say("Type it again; under Settings a new one can be set."))


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise Misuse(say("A name is missing."), advice=say("Type the name that should stand under the report."))
    return clean


def _read(path: Path) -> Doctors:
    try:
        return fitted(parsed(path.read_text(encoding="utf-8")), Doctors)
    except FileNotFoundError:
        return Doctors()
    except (OSError, UnicodeDecodeError, NotAsAgreed) as error:
        raise Misuse(
            say("The file of doctors' PINs cannot be read ({why}).", why=error),
            advice=say("Remove {file} from {folder} and set the PINs again.", file=path.name, folder=path.parent.name),
        ) from error
