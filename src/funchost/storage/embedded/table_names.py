"""Tables by name: rules of names, and the SQL that creates, finds, lists and deletes them."""

from __future__ import annotations

import re
import sqlite3

from funchost.storage.embedded import purging
from funchost.storage.embedded.table_errors import table_error

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_LENGTHS = range(3, 64)
_RESERVED = "tables"


def checked_name(table: str) -> str:
    """Return the name as it is compared, lower-case; InvalidResourceName or OutOfRangeInput for what is no name.

    Rules: 3 to 63 letters and digits, a letter first (Understanding the table service data model).
    """
    folded = table.lower()
    if not _NAME.fullmatch(table) or folded == _RESERVED:
        raise table_error(
            "InvalidResourceName",
            "The specified resource name contains invalid characters."
            f" The table name {table!r} is not allowed: 3 to 63 letters and digits, a letter first, not 'tables'.",
        )
    if len(table) not in _LENGTHS:
        raise table_error(
            "OutOfRangeInput",
            "The specified resource name length is not within the permissible limits."
            f" The table name {table!r} has {len(table)} characters, 3 to 63 are allowed.",
        )
    return folded


def create(connection: sqlite3.Connection, account: str, table: str) -> bool:
    """Return True if the table was created, False if it was there."""
    cursor = connection.execute(
        "INSERT INTO tables (account, folded, name, policies) VALUES (?, ?, ?, '') ON CONFLICT DO NOTHING",
        (account, table.lower(), table),
    )
    return cursor.rowcount == 1


def number(connection: sqlite3.Connection, account: str, folded: str) -> int:
    """Return the id of a table; TableNotFound."""
    row = connection.execute("SELECT id FROM tables WHERE account = ? AND folded = ?", (account, folded)).fetchone()
    if row is None:
        raise table_error("TableNotFound")
    found: int = row[0]
    return found


def name(connection: sqlite3.Connection, account: str, folded: str) -> str:
    """Return a table's name as it was given at creation; TableNotFound."""
    found: str = connection.execute(
        "SELECT name FROM tables WHERE id = ?", (number(connection, account, folded),)
    ).fetchone()[0]
    return found


def names(connection: sqlite3.Connection, account: str, start: str, limit: int) -> list[str]:
    """Return up to `limit` names as they were given at creation, in the order of their lower case, from `start` on."""
    rows = connection.execute(
        "SELECT name FROM tables WHERE account = ? AND folded >= ? ORDER BY folded LIMIT ?",
        (account, start.lower(), limit),
    )
    return [name for (name,) in rows]


def policies(connection: sqlite3.Connection, account: str, folded: str) -> str:
    """Return a table's access policies as they were set, empty if never."""
    text: str = connection.execute(
        "SELECT policies FROM tables WHERE id = ?", (number(connection, account, folded),)
    ).fetchone()[0]
    return text


def set_policies(connection: sqlite3.Connection, account: str, folded: str, text: str) -> None:
    connection.execute("UPDATE tables SET policies = ? WHERE id = ?", (text, number(connection, account, folded)))


def delete(connection: sqlite3.Connection, account: str, folded: str) -> None:
    """Take a table from its name; its entities are left for `purge`."""
    table = number(connection, account, folded)
    connection.execute("DELETE FROM tables WHERE id = ?", (table,))
    connection.execute("INSERT INTO table_purges (id) VALUES (?)", (table,))


def purge(connection: sqlite3.Connection, most: int) -> bool:
    """Remove up to `most` entities of deleted tables; returns whether some are left."""
    removal = (
        "DELETE FROM entities WHERE table_id = ?1 AND (partition_key, row_key) IN"
        " (SELECT partition_key, row_key FROM entities WHERE table_id = ?1 LIMIT ?2)"
    )
    return purging.purge(connection, "table_purges", removal, most)
