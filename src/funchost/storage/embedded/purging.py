"""Removes what deleted queues and tables have left, some rows at a time, so that nobody waits for all of them."""

from __future__ import annotations

import sqlite3


def purge(connection: sqlite3.Connection, waiting: str, removal: str, most: int) -> bool:
    """Remove up to `most` rows of one that was deleted; return whether some may be left.

    Args:
        waiting: table of the ids of those whose rows are to go.
        removal: SQL that removes rows; ``?1`` is the id, ``?2`` how many.
    """
    row = connection.execute(f"SELECT id FROM {waiting} LIMIT 1").fetchone()  # noqa: S608 - our own names
    if row is None:
        return False
    if connection.execute(removal, (row[0], most)).rowcount < most:
        connection.execute(f"DELETE FROM {waiting} WHERE id = ?", row)  # noqa: S608
    return True
