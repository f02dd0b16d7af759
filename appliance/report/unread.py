"""Studies that never got findings, as the ledger of an output folder names them: for a batch's report. Changes nothing.

A ledger that is damaged, or not there, names none: the report of what was read is still made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.ledger.database import LEDGER_NAME, DamagedError, reading
from appliance.ledger.records import State

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

NEWEST = """
    SELECT study, kind, body FROM entry
    WHERE sequence IN (SELECT max(sequence) FROM entry WHERE study <> '' GROUP BY study) ORDER BY sequence
"""
WITHOUT_RESULT = frozenset({State.REFUSED.value, State.FAILED.value})


@dataclass(frozen=True, slots=True)
class Unread:
    """A study without findings, or with findings that nobody can read."""

    study: str
    outcome: str
    reason: str


def unread_in_ledger(folder: Path, known: Container[str]) -> tuple[Unread, ...]:
    """List the refused and failed studies that are not among the known ones."""
    path = folder / LEDGER_NAME
    if not path.is_file():
        return ()
    try:
        with reading(path) as connection:
            rows = connection.execute(NEWEST).fetchall()
    except (DamagedError, OutputFailed):
        return ()
    return tuple(
        Unread(study, kind, str(json.loads(body).get("sentence", "")))
        for study, kind, body in rows
        if kind in WITHOUT_RESULT and study not in known
    )
