"""The schema of a store's database: its parts, its version, and the step from an older version to this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from funchost.errors import FuncHostError
from funchost.storage.embedded import accounts_schema, blobs_schema, queues_schema, tables_schema

APPLICATION = 0x46756E63
"""Stands in the header of the file and says that it is one of our stores."""

VERSION = 1

STORE = """
CREATE TABLE IF NOT EXISTS store (
    key TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hosts (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    port INTEGER NOT NULL
) WITHOUT ROWID;

INSERT OR IGNORE INTO store VALUES ('id', hex(randomblob(8))), ('clock', 0);
"""
"""`clock` is about the latest time that a host saw, in microseconds since 1970."""

PARTS = (
    STORE,
    accounts_schema.SCHEMA,
    blobs_schema.SCHEMA,
    queues_schema.SCHEMA,
    tables_schema.SCHEMA,
)
"""SQL of each part; every statement is written so that it does nothing the second time."""

CLOCK_SET_BACK: tuple[Callable[[sqlite3.Connection, int], None], ...] = (
    blobs_schema.clock_set_back,
    queues_schema.clock_set_back,
)
"""What is done, with the new time, when the machine's clock was set back: times to come must not lie far off."""

TOLERANCE = 1_000_000
"""Microseconds that a clock may go back and nobody cares."""

MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}
"""What turns a store of a version into the next one, by the version it starts from."""


def prepare(
    connection: sqlite3.Connection,
    path: Path,
    *,
    latest: int = VERSION,
    migrations: Mapping[int, Callable[[sqlite3.Connection], None]] = MIGRATIONS,
) -> None:
    """Bring a store to the latest version, inside the caller's transaction.

    Raises:
        FuncHostError: the file is some other program's, or of a newer version; it is not changed.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (application or version or tables):
        raise FuncHostError(
            f"{path}: a database of another program, not a store of funchost",
            hint="Move the file away, or set FUNCHOST_STORAGE_DIR to another folder.",
        )
    if version > latest:
        raise FuncHostError(
            f"{path}: the store has version {version}, this funchost knows versions up to {latest}",
            hint="Use the newer funchost that wrote it, or set FUNCHOST_STORAGE_DIR to another folder.",
        )
    for step in range(version or latest, latest):
        migrations[step](connection)
    for part in PARTS:
        for statement in statements(part):
            connection.execute(statement)
    if version != latest:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {latest}")


def set_clock(connection: sqlite3.Connection, now: int) -> None:
    """Note the time, inside the caller's transaction; if it is earlier than noted, deal with that."""
    (latest,) = connection.execute("SELECT value FROM store WHERE key = 'clock'").fetchone()
    if latest > now + TOLERANCE:
        for part in CLOCK_SET_BACK:
            part(connection, now)
    connection.execute("UPDATE store SET value = ? WHERE key = 'clock'", (now,))


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script; `executescript` would end the transaction."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \n;"):
                yield statement
            statement = ""
