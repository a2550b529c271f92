"""Writes of entities: checked before they reach the writer, then decided and done inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from funchost.errors import StorageError
from funchost.storage.embedded.table_entity import (
    changed_of,
    check_size,
    decoded,
    encoded,
    etag_of,
    keys_of,
    merged,
    properties_of,
)
from funchost.storage.embedded.table_errors import at_index, table_error
from funchost.storage.tables import MAX_BATCH, Operation, Write

MAX_BATCH_BYTES = 4 * 1024 * 1024
"""Most JSON of all entities of a batch."""

_UPSERTS = frozenset({Write.UPSERT_REPLACE, Write.UPSERT_MERGE})
_MERGES = frozenset({Write.MERGE, Write.UPSERT_MERGE})


class PreparedWrite(NamedTuple):
    """An operation whose entity is within the service's rules.

    Args:
        expected: ticks of the ETag that the entity must have, None = any.
        data: `properties` as stored.
    """

    write: Write
    partition: str
    row: str
    expected: int | None
    properties: Mapping[str, Any]
    data: bytes


def prepared(operation: Operation) -> PreparedWrite:
    """Return an operation checked against all that can be known without the store."""
    write, entity, etag = operation
    partition, row = keys_of(entity)
    properties = {} if write is Write.DELETE else properties_of(entity)
    check_size(partition, row, properties)
    conditional = write in (Write.REPLACE, Write.MERGE, Write.DELETE)
    return PreparedWrite(
        write, partition, row, changed_of(etag) if conditional else None, properties, encoded(properties)
    )


def prepared_batch(operations: Sequence[Operation]) -> list[PreparedWrite]:
    """Return the operations of a batch checked one by one and against each other; errors name the place."""
    if len(operations) > MAX_BATCH:
        raise table_error(
            "InvalidInput",
            f"{MAX_BATCH}:The batch request operation exceeds the maximum {MAX_BATCH} changes per change set.",
        )
    batch: list[PreparedWrite] = []
    size = 0
    rows: set[str] = set()
    for index, operation in enumerate(operations):
        try:
            write = prepared(operation)
            if batch and write.partition != batch[0].partition:
                raise table_error("CommandsInBatchActOnDifferentPartitions")
            if write.row in rows:
                raise table_error("InvalidDuplicateRow")
            size += len(write.data)
            if size > MAX_BATCH_BYTES:
                raise table_error("ContentLengthExceeded")
        except StorageError as error:
            raise at_index(index, error) from error
        rows.add(write.row)
        batch.append(write)
    return batch


def apply(connection: sqlite3.Connection, table: int, write: PreparedWrite, stamp: int) -> str | None:
    """Do one write; returns the new ETag, None after a deletion.

    Args:
        table: id of the table.
        stamp: the time in ticks; an entity that was there gets a later time than it had in any case.
    """
    key = (table, write.partition, write.row)
    found = connection.execute(
        "SELECT changed, properties FROM entities WHERE table_id = ? AND partition_key = ? AND row_key = ?", key
    ).fetchone()
    _check(write, None if found is None else found[0])
    if write.write is Write.DELETE:
        connection.execute("DELETE FROM entities WHERE table_id = ? AND partition_key = ? AND row_key = ?", key)
        return None
    data = write.data
    if found is None:
        connection.execute("INSERT INTO entities VALUES (?, ?, ?, ?, ?)", (*key, stamp, data))
        return etag_of(stamp)
    if write.write in _MERGES:
        properties = merged(decoded(found[1]), write.properties)
        check_size(write.partition, write.row, properties)
        data = encoded(properties)
    stamp = max(stamp, found[0] + 1)
    connection.execute(
        "UPDATE entities SET changed = ?, properties = ? WHERE table_id = ? AND partition_key = ? AND row_key = ?",
        (stamp, data, *key),
    )
    return etag_of(stamp)


def apply_all(
    connection: sqlite3.Connection, table: int, batch: Sequence[PreparedWrite], stamp: int
) -> list[str | None]:
    """Do all writes of a batch; the error of one names its place, and the caller's savepoint takes back the others."""
    etags: list[str | None] = []
    for index, write in enumerate(batch):
        try:
            etags.append(apply(connection, table, write, stamp))
        except StorageError as error:
            raise at_index(index, error) from error
    return etags


def _check(write: PreparedWrite, changed: int | None) -> None:
    if write.write is Write.INSERT:
        if changed is not None:
            raise table_error("EntityAlreadyExists")
    elif write.write not in _UPSERTS:
        if changed is None:
            raise table_error("ResourceNotFound")
        if write.expected not in (None, changed):
            raise table_error("UpdateConditionNotSatisfied")
