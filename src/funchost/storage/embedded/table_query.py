"""Queries of entities: a walk through the key ranges of a filter, step by step."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from funchost.storage.embedded.table_entity import SYSTEM, decoded, entity_of
from funchost.storage.odata.edm import TYPE_SUFFIX, Edm, datetime_text
from funchost.storage.odata.evaluation import Predicate, predicate_of, property_names
from funchost.storage.odata.key_ranges import KeyRange, key_ranges
from funchost.storage.odata.parser import parse_filter
from funchost.storage.tables import Continuation

STEP = 1000
"""Most entities that one read looks at."""

PAGE_WORK = 10_000
"""Most entities that one page looks at; it may hold fewer than asked for, or none, and go on at its continuation."""

PAGE_BYTES = 4 * 1024 * 1024
"""A page ends with the entity that makes it this long."""

_Row: TypeAlias = tuple[str, str, int, bytes]


class Query(NamedTuple):
    """A filter ready to run; `test` is None if it selects all of its ranges."""

    ranges: tuple[KeyRange, ...]
    test: Predicate | None
    looked_at_columns: frozenset[str]


class Step(NamedTuple):
    """What one read found; `next` is the key to go on at, None at the end of all ranges."""

    entities: list[dict[str, Any]]
    size: int
    looked_at: int
    next: Continuation | None


@lru_cache(maxsize=256)
def query_of(filter: str) -> Query:
    """Return the query of a filter; the same text is worked out once. StorageError as `parse_filter`."""
    expression = parse_filter(filter)
    if expression is None:
        return Query(key_ranges(None), None, frozenset())
    return Query(key_ranges(expression), predicate_of(expression), SYSTEM & property_names(expression))


def take_step(
    connection: sqlite3.Connection, table: int, query: Query, after: Continuation | None, top: int, room: int
) -> Step:
    """Return the next entities of a query.

    Args:
        table: id of the table.
        after: the key to begin at, None = the first.
        top: most entities to return.
        room: bytes after which no further entity is taken.
    """
    found: list[dict[str, Any]] = []
    size = looked_at = 0
    with closing(_rows(connection, table, query.ranges, after)) as rows:
        for partition, row, changed, data in rows:
            if len(found) >= top or looked_at >= STEP or size >= room:
                return Step(found, size, looked_at, Continuation(partition, row))
            looked_at += 1
            properties = decoded(data)
            if query.test is not None and not query.test(_subject(query, partition, row, changed, properties)):
                continue
            found.append(entity_of(partition, row, changed, properties))
            size += len(data)
    return Step(found, size, looked_at, None)


def _subject(query: Query, partition: str, row: str, changed: int, properties: dict[str, Any]) -> Mapping[str, Any]:
    """Return what a filter looks at: the properties, and what stands in columns as far as it is asked for."""
    if not query.looked_at_columns:
        return properties
    columns = {"PartitionKey": partition, "RowKey": row}
    if "Timestamp" in query.looked_at_columns:
        columns["Timestamp"] = datetime_text(changed)
        columns["Timestamp" + TYPE_SUFFIX] = Edm.DATETIME.value
    return properties | columns


def _rows(
    connection: sqlite3.Connection, table: int, ranges: tuple[KeyRange, ...], after: Continuation | None
) -> Generator[_Row, None, None]:
    start = ("", "") if after is None else (after.partition, after.row)
    for low, high in ranges:
        if high is not None and high <= start:
            continue
        with closing(connection.cursor()) as cursor:
            yield from _range_rows(cursor, table, KeyRange(max(low, start), high))


def _range_rows(cursor: sqlite3.Cursor, table: int, keys: KeyRange) -> Iterator[_Row]:
    sql = (
        "SELECT partition_key, row_key, changed, properties FROM entities"
        " WHERE table_id = ? AND (partition_key, row_key) >= (?, ?)"
    )
    if keys.high is None:
        return cursor.execute(f"{sql} ORDER BY partition_key, row_key", (table, *keys.low))
    return cursor.execute(
        f"{sql} AND (partition_key, row_key) < (?, ?) ORDER BY partition_key, row_key", (table, *keys.low, *keys.high)
    )
