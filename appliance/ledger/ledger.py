"""The book of an output folder: entries are added at the end, never changed, and read back as they were told.

Guarantees: when a method that adds returns, its entry is on the disk; when it raises, or the process ends
within it, the file is as before. Hold the ``FolderLock`` while adding. The write order that makes a result
believable: results first (temporary name, flush, replace), then ``done`` with their hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Self

from appliance.errors import OutputFailed
from appliance.ledger.chain import BEGINNING, canonical, hash_of
from appliance.ledger.database import LEDGER_NAME, DamagedError, in_words, open_database, set_aside, transaction
from appliance.ledger.records import Anchor, EarlierStudy, LastEntry, Output, Run, State, StudyInput, Timing
from appliance.words import shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from appliance.contracts import PatientFacts

CREATED = "created"
"""The kind of the first entry; it carries the salt of the patients' keys."""
REVIEWED = "reviewed"
"""The kind of an entry that tells of a doctor's signature; like the first one, it belongs to no study's states."""
PRINTED = "printed"
"""The kind of an entry that tells of a report on paper."""
UPDATED = "updated"
"""The kind of an entry that tells of one step of an update of this machine."""
COLUMNS = "sequence, study, kind, patient, body, hash"


@dataclass(frozen=True, slots=True)
class Opened:
    """A ledger ready for entries, and what the operator must be told."""

    ledger: Ledger
    notices: tuple[str, ...]


def open_ledger(
    folder: Path, *, operator: str, app_version: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Opened:
    """Open the ledger of an output folder; a damaged one is set aside and a new one begun."""
    path = folder / LEDGER_NAME
    try:
        return Opened(Ledger(open_database(path), path, operator, app_version, clock), ())
    except DamagedError as damage:
        aside = set_aside(path)
        notice = (
            f"The ledger was damaged ({damage}), so a new one was begun: studies are read again. "
            f"The old one is kept as {shown(aside.name)}: send it to whoever looks after this program."
        )
        connection = _open_anew(path)
        return Opened(Ledger(connection, path, operator, app_version, clock, after=aside), (notice,))


def _open_anew(path: Path) -> sqlite3.Connection:
    try:
        return open_database(path)
    except DamagedError as damage:
        raise OutputFailed(
            f"A new ledger could not be begun in {shown(path.parent.name)} ({damage}).",
            advice="The disk seems to be failing: choose another output folder.",
        ) from damage


class Ledger:
    """See the module's docstring. One thread, one process."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        operator: str,
        app_version: str,
        clock: Callable[[], datetime],
        after: Path | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._operator = _writable(operator)
        self._clock = clock
        try:
            with self._in_words():
                self._salt = self._read_salt() or self._begin(app_version, after)
        except OutputFailed:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, so that the stick can be pulled out."""
        self._connection.close()

    def found(self, study: StudyInput) -> Anchor | None:
        """Tell of a study that lies before the batch; nothing is added if it is known as it is."""
        last = self.last(study.key)
        if last is not None and last.study.fingerprint == study.fingerprint:
            return None
        return self._add(State.FOUND, study, {})

    def reading(self, study: StudyInput, run: Run) -> Anchor:
        """Tell that reading begins."""
        return self._add(State.READING, study, _run_as_json(run))

    def done(
        self, study: StudyInput, run: Run, outputs: tuple[Output, ...], timings: tuple[Timing, ...] = ()
    ) -> Anchor:
        """Tell that all results of a study are on the disk."""
        body = _run_as_json(run)
        body["outputs"] = [[output.path, output.sha256, output.size] for output in outputs]
        body["timings"] = [[timing.step, round(timing.seconds, 3)] for timing in timings]
        return self._add(State.DONE, study, body)

    def refused(self, study: StudyInput, sentence: str) -> Anchor:
        """Tell that a study cannot be read, in the words that the operator saw."""
        return self._add(State.REFUSED, study, {"sentence": sentence})

    def failed(self, study: StudyInput, sentence: str) -> Anchor:
        """Tell that reading broke, in the words that the operator saw."""
        return self._add(State.FAILED, study, {"sentence": sentence})

    def reviewed(self, study: str, written: tuple[Output, ...]) -> Anchor:
        """Tell that a doctor, who is the operator here, signed a review of a study; its state stays what it was."""
        body = {"study": study, "outputs": [[output.path, output.sha256, output.size] for output in written]}
        with self._in_words():
            return self._write(REVIEWED, "", None, canonical(body))

    def printed(self, study: str, paper: Output) -> Anchor:
        """Tell that a report went to a printer."""
        body = {"study": study, "outputs": [[paper.path, paper.sha256, paper.size]]}
        with self._in_words():
            return self._write(PRINTED, "", None, canonical(body))

    def updated(self, step: str, facts: Mapping[str, str]) -> Anchor:
        """Tell of one step of an update; it belongs to no study."""
        with self._in_words():
            return self._write(UPDATED, "", None, canonical({"step": step, **facts}))

    def updates(self) -> tuple[dict[str, str], ...]:
        """Give what was told of updates, the newest last."""
        with self._in_words():
            rows = self._connection.execute(
                "SELECT at, body FROM entry WHERE kind = ? ORDER BY sequence", (UPDATED,)
            ).fetchall()
        return tuple({"at": str(at), **json.loads(body)} for at, body in rows)

    def last_printed(self) -> dict[str, str]:
        """Say of each study when its report was last handed to a printer, in UTC."""
        with self._in_words():
            rows = self._connection.execute(
                "SELECT at, body FROM entry WHERE kind = ? ORDER BY sequence", (PRINTED,)
            ).fetchall()
        return {str(json.loads(body)["study"]): str(at) for at, body in rows}

    def last(self, key: str) -> LastEntry | None:
        """Give the newest entry of a study."""
        with self._in_words():
            row = self._connection.execute(
                f"SELECT {COLUMNS} FROM entry WHERE study = ? ORDER BY sequence DESC LIMIT 1",  # noqa: S608 - a constant
                (_writable(key),),
            ).fetchone()
        return None if row is None else _entry(row)

    def last_entries(self) -> tuple[LastEntry, ...]:
        """Give the newest entry of every study, in the order of the entries."""
        with self._in_words():
            rows = self._connection.execute(
                f"SELECT {COLUMNS} FROM entry WHERE sequence IN "  # noqa: S608 - a constant
                "(SELECT max(sequence) FROM entry WHERE study <> '' GROUP BY study) ORDER BY sequence"
            ).fetchall()
        return tuple(_entry(row) for row in rows)

    def earlier(self, study: StudyInput) -> tuple[EarlierStudy, ...]:
        """List the studies of the same patient that were read, done on an earlier day; the newest first."""
        if study.patient is None or study.studied_on is None:
            return ()
        with self._in_words():
            rows = self._connection.execute(
                f"SELECT {COLUMNS} FROM entry WHERE sequence IN (SELECT max(sequence) FROM entry "  # noqa: S608 - a constant
                "WHERE patient = ? AND kind = ? AND study <> ? GROUP BY study)",
                (study.patient, State.DONE, _writable(study.key)),
            ).fetchall()
        entries = [_entry(row) for row in rows]
        dated = [
            (e.study.studied_on, e) for e in entries if e.study.studied_on and e.study.studied_on < study.studied_on
        ]
        dated.sort(key=lambda pair: (pair[0], pair[1].anchor.sequence), reverse=True)
        return tuple(EarlierStudy(entry.study, entry.outputs) for _, entry in dated)

    def patient_key(self, patient: PatientFacts) -> str | None:
        """Say who it is without saying who it is: a salted hash of number and birth date, both needed."""
        number = (patient.patient_id or "").strip().upper()
        if not number or patient.birth_date is None:
            return None
        named = canonical([number, patient.birth_date.isoformat()])
        return hmac.new(bytes.fromhex(self._salt), named.encode(), hashlib.sha256).hexdigest()

    def anchor(self) -> Anchor:
        """Give the newest entry's number and hash, to be printed in reports."""
        with self._in_words():
            return Anchor(*self._newest())

    def _add(self, kind: str, study: StudyInput, body: dict[str, Any]) -> Anchor:
        told = {"fingerprint": study.fingerprint, **body}
        if study.studied_on is not None:
            told["studied_on"] = study.studied_on.isoformat()
        with self._in_words():
            return self._write(kind, _writable(study.key), study.patient, canonical(told))

    def _write(self, kind: str, study: str, patient: str | None, body: str) -> Anchor:
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")
        with transaction(self._connection):
            number, previous = self._newest()
            entry = (number + 1, at, str(kind), study, patient, self._operator, body, previous)
            own = hash_of(*entry)
            self._connection.execute(
                "INSERT INTO entry (sequence, at, kind, study, patient, operator, body, previous, hash) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*entry, own),
            )
        return Anchor(number + 1, own)

    def _newest(self) -> tuple[int, str]:
        row = self._connection.execute("SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1").fetchone()
        return (0, BEGINNING) if row is None else (int(row[0]), str(row[1]))

    def _read_salt(self) -> str | None:
        row = self._connection.execute("SELECT body FROM entry WHERE kind = ? LIMIT 1", (CREATED,)).fetchone()
        return None if row is None else str(json.loads(row[0])["salt"])

    def _begin(self, app_version: str, after: Path | None) -> str:
        salt = secrets.token_hex(16)
        body = {"salt": salt, "app_version": app_version} | ({"after": after.name} if after else {})
        self._write(CREATED, "", None, canonical(body))
        return salt

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            with in_words(self._path):
                yield
        except DamagedError as damage:
            raise OutputFailed(
                f"The ledger in {shown(self._path.parent.name)} was damaged while it was in use ({damage}).",
                advice="Start again: it is then set aside and a new one begun.",
            ) from damage


def _run_as_json(run: Run) -> dict[str, Any]:
    return {"models": sorted(map(list, run.models)), "engine": run.engine, "app_version": run.app_version}


def _entry(row: tuple[int, str, str, str | None, str, str]) -> LastEntry:
    sequence, key, kind, patient, text, own = row
    body = json.loads(text)
    day = body.get("studied_on")
    study = StudyInput(key, body["fingerprint"], patient, date.fromisoformat(day) if day else None)
    run = None
    if "models" in body:
        models = tuple((task, version) for task, version in body["models"])
        run = Run(models, body["engine"], body["app_version"])
    return LastEntry(
        study=study,
        state=State(kind),
        run=run,
        outputs=tuple(Output(*output) for output in body.get("outputs", ())),
        timings=tuple(Timing(*timing) for timing in body.get("timings", ())),
        sentence=body.get("sentence", ""),
        anchor=Anchor(sequence, own),
    )


def _writable(text: str) -> str:
    """Replace what no file can hold: halves of characters, as in names of broken files."""
    return text.encode("utf-8", "replace").decode("utf-8")
