"""Entries that each hash the one before: canonical bytes, hashes, and the first link that does not hold. Pure.

What is hashed is a JSON list of the entry's columns in a fixed order, without spaces, in ASCII, after the hash
of the entry before. Nothing else in the file counts: pages may move, indexes may be rebuilt.

A chain alone cannot show that its newest entries were removed. Whoever holds an ``Anchor`` of one of them, as
every report does, can: ``check`` is given it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.ledger.records import Anchor

BEGINNING = "0" * 64
"""What the first entry has instead of the hash before it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, as it is stored."""

    sequence: int
    at: str
    """The clock's word, UTC; order comes from ``sequence`` alone, for clocks jump."""
    kind: str
    study: str
    patient: str | None
    operator: str
    body: str
    """Canonical JSON."""
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that is not as it was written."""

    sequence: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What following the chain showed."""

    entries: int
    broken: Broken | None
    clock_jumps: int
    """How often the clock went backwards: no fault, but worth knowing."""


def canonical(value: object) -> str:
    """Write a value in the one way in which it is hashed: ASCII, so that no stray character can be unwritable."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(
    sequence: int, at: str, kind: str, study: str, patient: str | None, operator: str, body: str, previous: str
) -> str:
    """Hash an entry's columns after the hash of the entry before."""
    columns = canonical([previous, sequence, at, kind, study, patient, operator, body])
    return hashlib.sha256(columns.encode("ascii")).hexdigest()


def check(entries: Iterable[Entry], anchor: Anchor | None = None, highest: int = 0) -> Checked:
    """Follow the chain; ``highest`` is the largest number that was ever given out."""
    previous, count, at, jumps = BEGINNING, 0, "", 0
    for expected, entry in enumerate(entries, start=1):
        broken = _broken(entry, expected, previous) or _off_anchor(entry, anchor)
        if broken is not None:
            return Checked(count, broken, jumps)
        jumps += entry.at < at
        previous, count, at = entry.hash, expected, entry.at
    return Checked(count, _cut_off(count, anchor, highest), jumps)


def _broken(entry: Entry, expected: int, previous: str) -> Broken | None:
    if entry.sequence != expected:
        return Broken(expected, f"Entry {expected} is missing.")
    if entry.previous != previous:
        return Broken(expected, f"Entry {expected} does not follow the entry before it.")
    columns = (entry.sequence, entry.at, entry.kind, entry.study, entry.patient, entry.operator, entry.body)
    if entry.hash != hash_of(*columns, entry.previous):
        return Broken(expected, f"Entry {expected} was changed after it was written.")
    return None


def _off_anchor(entry: Entry, anchor: Anchor | None) -> Broken | None:
    if anchor is None or entry.sequence != anchor.sequence or entry.hash == anchor.hash:
        return None
    return Broken(
        entry.sequence, f"Entry {entry.sequence} is not the one that the report names: this is another ledger."
    )


def _cut_off(count: int, anchor: Anchor | None, highest: int) -> Broken | None:
    last = max(highest, anchor.sequence if anchor else 0)
    if last <= count:
        return None
    return Broken(count + 1, f"Entries {count + 1} to {last} were removed from the end.")
