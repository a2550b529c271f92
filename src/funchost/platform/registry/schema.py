"""The registry's tables and their version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from funchost.errors import FuncHostError

APPLICATION = 0x46756E63
"""What SQLite's header says about whose file it is."""

VERSION = 1

_TABLES = """
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE sites (
    label TEXT PRIMARY KEY,
    app TEXT NOT NULL,
    slot TEXT,
    port INTEGER UNIQUE,
    document TEXT NOT NULL,
    secret BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE deployments (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    status INTEGER NOT NULL,
    version TEXT,
    package TEXT NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX deployments_of_site ON deployments (site, id);
CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE leftovers (
    label TEXT PRIMARY KEY,
    app TEXT NOT NULL,
    slot TEXT
) WITHOUT ROWID;
"""


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a database is a registry of this or an older release, or empty; only reads.

    Raises:
        FuncHostError: the file belongs to something else, or to a newer release.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION and not _is_empty(connection):
        raise FuncHostError(f"{path}: this database is not a server's registry.", hint="Choose another --data.")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise FuncHostError(
            f"{path}: a newer release of funchost wrote this registry (version {version}; this one knows {VERSION}).",
            hint="Start the server with that release or a later one.",
        )


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables if the database is empty."""
    if _is_empty(connection):
        connection.executescript(
            f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id={APPLICATION}; PRAGMA user_version={VERSION}; COMMIT;"
        )


def _is_empty(connection: sqlite3.Connection) -> bool:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]) == 0
