"""Whom this machine trusts: the root that the program was built with, and what it has seen since.

The root holds public keys only. It is put beside this module when the program is built (``packaging/bundle.py
keys`` makes one); the repository ships none, and a program without one trusts nobody and says so. What was seen
since (newer roots, the newest versions of everything) lies in one file on the machine, written whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the strict loader reads the annotations at run time
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.atomic import write_whole
from appliance.errors import UpdateRefused
from appliance.exact_json import NotAsAgreed, fitted, parsed, written
from appliance.words import shown

if TYPE_CHECKING:
    from appliance.state import MachineState

EMBEDDED_ROOT = Path(__file__).parent / "root.json"


@dataclass(frozen=True, slots=True)
class Trust:
    """What was verified on this machine before, as signed texts."""

    roots: tuple[str, ...] = ()
    """Every root after the embedded one, in order."""
    timestamp: str | None = None
    snapshot: str | None = None
    targets: str | None = None
    newest: datetime | None = None
    """When the newest release that was seen here was made: no clock that is right says less."""


def embedded_root(path: Path | None = None) -> bytes:
    """Return the root that this program was built with, or say that it trusts nobody."""
    try:
        return (path or EMBEDDED_ROOT).read_bytes()
    except OSError as error:
        raise UpdateRefused(
            "This program was built without a publisher's root, so it trusts no update.",
            advice="Install updates with a program that the publisher built; docs/updates.md says how a root is made.",
        ) from error


def read_trust(state: MachineState) -> Trust:
    """Read what this machine has seen; damage is no reason to begin from nothing, for an attacker could cause it."""
    try:
        return fitted(parsed(state.trust.read_text(encoding="utf-8")), Trust)
    except FileNotFoundError:
        return Trust()
    except (OSError, UnicodeDecodeError, NotAsAgreed) as error:
        raise UpdateRefused(
            f"What this machine knows of earlier updates cannot be read ({shown(str(error), longest=160)}).",
            advice=f"Show this to whoever looks after the program; the file is {shown(str(state.trust), longest=200)}.",
        ) from error


def write_trust(state: MachineState, trust: Trust) -> None:
    """Remember what was seen."""
    write_whole(state.trust, written(trust).encode("utf-8"))
