"""SCHEMA: the tables of containers, blobs, their content and their uncommitted blocks.

Content is immutable and counted: a chunk holds its bytes in its row, or in a file when they are many; a list strings
chunks together. Blobs, snapshots, copies and lists that have the same content share it. Blobs hang on their container's
number, not on its name, so that a container with any number of blobs is deleted with one row; the rest is purged later.
"""

from __future__ import annotations

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS blob_containers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    etag INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    public TEXT NOT NULL,
    policies TEXT NOT NULL,
    lease_id TEXT NOT NULL,
    lease_seconds INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    lease_breaks INTEGER,
    UNIQUE (account, name)
);
CREATE TABLE IF NOT EXISTS blob_purges (container INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS blobs (
    container INTEGER NOT NULL,
    name TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    kind TEXT NOT NULL,
    etag INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    created INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    content_type TEXT,
    content_encoding TEXT,
    content_language TEXT,
    content_disposition TEXT,
    cache_control TEXT,
    md5 TEXT,
    metadata TEXT NOT NULL,
    tags TEXT NOT NULL,
    tier TEXT,
    tier_changed INTEGER,
    copy TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    lease_id TEXT NOT NULL,
    lease_seconds INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    lease_breaks INTEGER,
    PRIMARY KEY (container, name, snapshot)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blobs_by_change ON blobs (container, modified, name) WHERE snapshot = '';
CREATE TABLE IF NOT EXISTS blob_chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uses INTEGER NOT NULL,
    size INTEGER NOT NULL,
    file TEXT,
    data BLOB
);
CREATE INDEX IF NOT EXISTS blob_chunks_by_file ON blob_chunks (file) WHERE file IS NOT NULL;
CREATE TABLE IF NOT EXISTS blob_lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uses INTEGER NOT NULL,
    size INTEGER NOT NULL,
    count INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS blob_lists_unused ON blob_lists (id) WHERE uses = 0;
CREATE TABLE IF NOT EXISTS blob_segments (
    list INTEGER NOT NULL,
    position INTEGER NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    block TEXT NOT NULL,
    PRIMARY KEY (list, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blob_blocks (
    container INTEGER NOT NULL,
    name TEXT NOT NULL,
    block TEXT NOT NULL,
    size INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    staged INTEGER NOT NULL,
    PRIMARY KEY (container, name, block)
) WITHOUT ROWID;
"""


def clock_set_back(connection: sqlite3.Connection, now: int) -> None:
    """Shorten leases that would last longer than they were asked for, because the clock was ahead at that time."""
    for table in ("blobs", "blob_containers"):
        end = "? + lease_seconds * 1000000"
        connection.execute(
            f"UPDATE {table} SET lease_until = {end} WHERE lease_seconds > 0 AND lease_until > {end}",  # noqa: S608
            (now, now),
        )
        latest = now + 60_000_000
        connection.execute(f"UPDATE {table} SET lease_breaks = ? WHERE lease_breaks > ?", (latest, latest))  # noqa: S608
