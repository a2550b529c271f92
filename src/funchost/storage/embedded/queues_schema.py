"""Tables of the embedded store's queues."""

from __future__ import annotations

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
