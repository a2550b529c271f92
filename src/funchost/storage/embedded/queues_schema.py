"""Tables of the embedded store's queues."""

from __future__ import annotations

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    id INTEGER NOT NULL UNIQUE,
    metadata TEXT NOT NULL,
    PRIMARY KEY (account, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY,
    queue INTEGER NOT NULL,
    nonce INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    inserted INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    receipt INTEGER NOT NULL,
    dequeued INTEGER NOT NULL,
    text TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS emptied_queues (
    id INTEGER PRIMARY KEY
);

CREATE INDEX IF NOT EXISTS messages_visible ON messages (queue, visible, sequence, expires);
"""
"""`visible`, `inserted`, `changed` (of visibility) and `expires` are microseconds since 1970. A queue that is cleared
gets a new `id`; the messages of the old one, in `emptied_queues` from then on, are removed step by step."""


def clock_set_back(connection: sqlite3.Connection, now: int) -> None:
    """Have messages that were touched at times to come behave as if touched now, inside the caller's transaction."""
    connection.execute("UPDATE messages SET visible = ?1 + visible - changed, changed = ?1 WHERE changed > ?1", (now,))
    connection.execute(
        "UPDATE messages SET expires = CASE WHEN expires >= ?2 THEN expires ELSE ?1 + expires - inserted END,"
        " inserted = ?1 WHERE inserted > ?1",
        (now, NEVER),
    )


NEVER = 253_402_300_799_000_000
"""The last second of the year 9999, at which messages without an end expire."""
