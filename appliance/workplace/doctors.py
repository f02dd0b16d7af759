"""Who may sign, and by which PIN. A PIN is kept only as a salted scrypt hash; a forgotten one can only be replaced.

The PIN keeps one doctor from signing in another's name by mistake at a shared machine. Whoever can write this
workplace's files can replace it; the ledger then still shows who signed what, and when.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping  # noqa: TC003 - the exact loader reads the annotations at run time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance.errors import Misuse
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.workplace.texts import write_text

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST_PIN = 4
COST, BLOCK, WAYS = 2**14, 8, 1
"""About 50 ms a try, 16 MB."""


@dataclass(frozen=True, slots=True)
class Doctors:
    """By name: salt and hash, both hexadecimal, with a colon between them."""

    pins: Mapping[str, str] = field(default_factory=dict)


def known_doctors(path: Path) -> tuple[str, ...]:
    """Name those who have a PIN here."""
    return tuple(sorted(_read(path).pins))


def enrol(path: Path, name: str, pin: str) -> None:
    """Give a doctor a PIN, or a new one."""
    name = _named(name)
    if not (pin.isascii() and pin.isdigit() and len(pin) >= SHORTEST_PIN):
        raise Misuse(f"A PIN has at least {SHORTEST_PIN} digits and nothing else.", advice="Choose another one.")
    salt = secrets.token_bytes(16)
    pins = {**_read(path).pins, name: f"{salt.hex()}:{_hash(pin, salt)}"}
    write_text(path, written(Doctors(pins)))


def check_pin(path: Path, name: str, pin: str) -> None:
    """Let a doctor through, or say why not."""
    kept = _read(path).pins.get(_named(name))
    if kept is None:
        raise Misuse(f"{name.strip()} has no PIN here yet.", advice="Set one under Settings, Doctors.")
    salt, _, digest = kept.partition(":")
    if not hmac.compare_digest(digest, _hash(pin, bytes.fromhex(salt))):
        raise Misuse("The PIN is not right.", advice="Type it again; under Settings a new one can be set.")


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean:
        raise Misuse("A name is missing.", advice="Type the name that should stand under the report.")
    return clean


def _read(path: Path) -> Doctors:
    try:
        return fitted(parsed(path.read_text(encoding="utf-8")), Doctors)
    except FileNotFoundError:
        return Doctors()
    except (OSError, UnicodeDecodeError, NotAsAgreed) as error:
        raise Misuse(
            f"The file of doctors' PINs cannot be read ({error}).",
            advice=f"Remove {path.name} from {path.parent.name} and set the PINs again.",
        ) from error


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, n=COST, r=BLOCK, p=WAYS).hex()
