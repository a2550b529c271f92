"""Tables of the embedded store's accounts, of their services' settings and of their queues' access policies."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    account TEXT PRIMARY KEY,
    key BLOB NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS service_properties (
    account TEXT NOT NULL,
    service TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (account, service)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS queue_policies (
    account TEXT NOT NULL,
    queue TEXT NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (account, queue)
) WITHOUT ROWID;
"""
"""A document is the XML that the service's own protocol has for it."""
