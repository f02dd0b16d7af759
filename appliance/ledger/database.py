"""The ledger's file: opened soundly, set aside if damaged; every refusal of SQLite becomes a sentence here.

Journal: a rollback journal that is cut to nothing at each commit (``TRUNCATE``), with every write forced to the
disk (``synchronous = EXTRA``). A write-ahead log needs shared memory, which FAT and exFAT sticks and network
folders do not give safely; deleting the journal instead would need the folder itself to be forced to the disk,
which Windows cannot. docs/decisions/0007-ledger-journal.md.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import OutputFailed
from appliance.ledger.schema import bring_up, is_ledger
from appliance.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER_NAME = "ledger.sqlite3"
JOURNAL_SUFFIX = "-journal"
BUSY_SECONDS = 10.0
"""How long to wait for somebody who reads the file at this moment."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_PROTECTED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


class DamagedError(Exception):
    """The file is there and is no sound ledger."""


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Put what SQLite raises into words; damage becomes ``DamagedError``."""
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _DAMAGE:
            raise DamagedError(str(error)) from error
        raise _refusal(path, code, str(error)) from error


def open_database(path: Path) -> sqlite3.Connection:
    """Open the ledger for writing, made or brought up to this version where needed."""
    with in_words(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
        try:
            _prepare(connection)
            with transaction(connection):
                bring_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the ledger without changing a byte in its folder, though a writer was killed in the middle of an entry."""
    with in_words(path):
        connection = _connect_to_read(path)
        if connection is not None:
            with closing(connection):
                yield connection
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            for suffix in ("", JOURNAL_SUFFIX):
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
            with closing(sqlite3.connect(copy, isolation_level=None)) as rolled_back:
                _check(rolled_back)
                yield rolled_back


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path) -> Path:
    """Rename a damaged ledger and its journal; neither is ever deleted or overwritten."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    try:
        if (journal := Path(f"{path}{JOURNAL_SUFFIX}")).exists():
            journal.rename(f"{aside}{JOURNAL_SUFFIX}")
        path.rename(aside)
    except OSError as error:
        raise OutputFailed(
            f"The damaged ledger {shown(path.name)} could not be set aside ({error.strerror}).",
            advice="Rename the file yourself, or choose another output folder.",
        ) from error
    return aside


def _connect_to_read(path: Path) -> sqlite3.Connection | None:
    """Return ``None`` where a journal waits to be rolled back, which reading alone must not do."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )
    connection.text_factory = _lenient
    try:
        _check(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF in _PROTECTED and os.path.exists(f"{path}{JOURNAL_SUFFIX}"):  # noqa: PTH110 - a name with a suffix
            return None
        raise
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.text_factory = _lenient
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = EXTRA")
    _check(connection)


def _check(connection: sqlite3.Connection) -> None:
    (word,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if word != "ok":
        raise DamagedError(str(word))
    if not is_ledger(connection):
        raise DamagedError("it is a database of another program")


def _lenient(content: bytes) -> str:
    """Let text that is no UTF-8 be read, so that checking can name its row."""
    return content.decode("utf-8", "surrogateescape")


def _refusal(path: Path, code: int, why: str) -> OutputFailed:
    folder = shown(path.parent.name)
    if code == sqlite3.SQLITE_FULL:
        return OutputFailed(
            f"The disk with {folder} is full, so the ledger could not be written.",
            advice="Make room and start again: what was done is kept, and the rest is read then.",
        )
    if code in _PROTECTED:
        return OutputFailed(
            f"The ledger in {folder} cannot be opened for writing ({why}).",
            advice="Check that the disk is plugged in and not write-protected, or choose another output folder.",
        )
    if code == sqlite3.SQLITE_BUSY:
        return OutputFailed(
            f"The ledger in {folder} is held by another program.", advice="Close that program and start again."
        )
    return OutputFailed(
        f"The ledger in {folder} could not be written ({why}).",
        advice="Check the disk and its free space, then start again: what was done is kept.",
    )
