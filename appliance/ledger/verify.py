"""Whether a ledger and the results that it names, signed ones among them, are as they were written. Changes nothing.

What it cannot know: whoever rewrites the whole file, hash by hash, makes a sound chain. Only an anchor printed
in an old report shows that.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.errors import Misuse, NothingToRead
from appliance.ledger.chain import Checked, Entry, check
from appliance.ledger.database import LEDGER_NAME, DamagedError, reading
from appliance.ledger.ledger import REVIEWED
from appliance.ledger.records import Anchor, Output, State
from appliance.words import counted, shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

HEX_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found."""

    sound: bool
    entries: int
    """That hold, counted up to the first that does not."""
    broken: int | None
    """The number of the first entry that does not hold."""
    sentences: tuple[str, ...]
    newest: Anchor | None
    """To be written down, so that a later check can show that nothing up to here was removed."""


def verify_ledger(folder: Path, anchor: Anchor | None = None) -> Verdict:
    """Follow the chain from its first entry, then compare every study's results with their hashes."""
    path = folder / LEDGER_NAME
    if not path.is_file():
        raise NothingToRead(
            f"There is no ledger in {shown(str(folder))}.", advice="Give the folder that results were written into."
        )
    try:
        with reading(path) as connection:
            checked = check(_entries(connection), anchor, _highest(connection))
            if checked.broken is not None:
                return Verdict(False, checked.entries, checked.broken.sequence, _broken_words(checked), None)
            newest = _newest(connection)
            outputs = (*_outputs(connection), *_signed(connection))
            results = [sentence for output in outputs if (sentence := _compared(folder, output))]
    except DamagedError as damage:
        advice = "Start a batch: it is set aside, and a new one begun."
        return Verdict(False, 0, None, (f"The ledger's file is damaged ({damage}).", advice), None)
    words = (f"{counted(checked.entries, 'entry', 'entries')}, each following the one before.", *_jumps(checked))
    return Verdict(not results, checked.entries, None, (*words, *results), newest)


def anchor_from(text: str) -> Anchor:
    """Read an anchor as a report prints it: ``17:`` and 64 hexadecimal digits."""
    number, _, digits = text.strip().partition(":")
    if not (
        number.isascii() and number.isdigit() and len(digits) == HEX_DIGITS and set(digits) <= set("0123456789abcdef")
    ):
        raise Misuse(
            f"“{shown(text)}” is not an anchor.",
            advice="Copy it from the report: a number, a colon, 64 digits and letters.",
        )
    return Anchor(int(number), digits)


def _entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    rows = connection.execute(
        "SELECT sequence, at, kind, study, patient, operator, body, previous, hash FROM entry ORDER BY sequence"
    )
    return (Entry(*row) for row in rows)


def _highest(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
    return int(row[0]) if row else 0


def _newest(connection: sqlite3.Connection) -> Anchor | None:
    row = connection.execute("SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1").fetchone()
    return Anchor(*row) if row else None


def _outputs(connection: sqlite3.Connection) -> list[Output]:
    """List the results of every study as its newest reading left them."""
    rows = connection.execute(
        "SELECT body FROM entry WHERE sequence IN "
        "(SELECT max(sequence) FROM entry WHERE kind IN (?, ?) GROUP BY study) AND kind = ? ORDER BY sequence",
        (State.DONE, State.READING, State.DONE),
    ).fetchall()
    return [Output(*output) for (body,) in rows for output in json.loads(body)["outputs"]]


def _signed(connection: sqlite3.Connection) -> list[Output]:
    """List what the newest signature of every study left, unless the study was read again since."""
    read = dict(
        connection.execute(
            "SELECT study, max(sequence) FROM entry WHERE kind IN (?, ?) GROUP BY study", (State.DONE, State.READING)
        ).fetchall()
    )
    rows = connection.execute("SELECT sequence, body FROM entry WHERE kind = ? ORDER BY sequence", (REVIEWED,))
    newest = {body["study"]: (sequence, body) for sequence, body in ((at, json.loads(text)) for at, text in rows)}
    standing = (body for study, (sequence, body) in newest.items() if sequence > read.get(study, 0))
    return [Output(*output) for body in standing for output in body["outputs"]]


def _compared(folder: Path, output: Output) -> str | None:
    path = folder / output.path
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return f"{shown(output.path)} is no longer there, or cannot be read."
    return None if digest == output.sha256 else f"{shown(output.path)} was changed after it was written."


def _broken_words(checked: Checked) -> tuple[str, ...]:
    assert checked.broken is not None  # the caller has looked
    kept = f"The {counted(checked.entries, 'entry', 'entries')} before it hold." if checked.entries else ""
    advice = "Keep the folder as it is, and ask who had access to it."
    return tuple(word for word in (checked.broken.sentence, kept, advice) if word)


def _jumps(checked: Checked) -> tuple[str, ...]:
    if not checked.clock_jumps:
        return ()
    times = counted(checked.clock_jumps, "time")
    return (f"The clock went backwards {times}; the order of the entries does not depend on it.",)
