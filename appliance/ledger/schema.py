"""The ledger's tables, by version; a file of an older version is brought up in one transaction.

The version stands in SQLite's ``user_version``, and ``application_id`` says that the file is a ledger at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import Misuse

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID = 0x4F555450
"""``OUTP``."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # AUTOINCREMENT keeps the highest number ever given, so that a cut-off end shows.
        """
        CREATE TABLE entry (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            study TEXT NOT NULL,
            patient TEXT,
            operator TEXT NOT NULL,
            body TEXT NOT NULL,
            previous TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE
        ) STRICT
        """,
        "CREATE INDEX entry_by_study ON entry (study, sequence)",
        "CREATE INDEX entry_by_patient ON entry (patient, sequence) WHERE patient IS NOT NULL",
        "CREATE TRIGGER never_changed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'never changed'); END",
        "CREATE TRIGGER never_removed BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'never removed'); END",
    ),
)
"""Each brings the version before it up by one."""


def is_ledger(connection: sqlite3.Connection) -> bool:
    """Say whether this is a ledger, or a file that nothing was ever written into."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(application == APPLICATION_ID or (application == 0 and tables == 0))


def bring_up(connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring a file to this program's version, inside the caller's transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise Misuse(
            f"The ledger in this folder was written by a newer version of Outpost (format {version}).",
            advice="Update Outpost, or choose another output folder.",
        )
    for statements in migrations[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
