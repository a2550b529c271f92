"""SCHEMA: the tables that hold tables, their entities, and what is left of deleted ones."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    folded TEXT NOT NULL,
    name TEXT NOT NULL,
    policies TEXT NOT NULL,
    UNIQUE (account, folded)
);
CREATE TABLE IF NOT EXISTS table_purges (id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS entities (
    table_id INTEGER NOT NULL,
    partition_key TEXT NOT NULL,
    row_key TEXT NOT NULL,
    changed INTEGER NOT NULL,
    properties BLOB NOT NULL,
    PRIMARY KEY (table_id, partition_key, row_key)
) WITHOUT ROWID;
"""
"""`folded` is the name in lower case, since names do not differ by case. `changed` counts 100 ns since 1970 and is both
Timestamp and ETag; `properties` is JSON, as the service writes it with the least metadata. Keys are ordered by their
UTF-8 bytes, which is the order of code points. The entities of a deleted table lose their table at once and go step by
step."""
