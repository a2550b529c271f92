"""Entities in SQL: conditional writes, batches, pages of queries, deleted tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.errors import StorageError
from funchost.storage.embedded import table_names, tables_schema
from funchost.storage.embedded.schema import statements
from funchost.storage.embedded.table_query import STEP, query_of, take_step
from funchost.storage.embedded.table_writes import apply, apply_all, prepared, prepared_batch
from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.parser import parse_filter
from funchost.storage.tables import ANY, Continuation, Operation, Write
from tests.unit.storage.odata.filters import FILTER, KEYS

NOW = 18_000_000_000_000_000
"""Noon of these tests, in units of 100 ns."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in statements(tables_schema.SCHEMA):
        connection.execute(statement)
    yield connection
    connection.close()


@pytest.fixture
def table(connection: sqlite3.Connection) -> int:
    table_names.create(connection, "account", "People")
    return table_names.number(connection, "account", "people")


def entity(row: str, partition: str = "p", **properties: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": row, **properties}


def do(connection: sqlite3.Connection, table: int, write: Write, row: str, etag: str = ANY, **properties: Any) -> str:
    operation = Operation(write, entity(row, **properties), etag)
    return apply(connection, table, prepared(operation), NOW) or ""


def pages(connection: sqlite3.Connection, table: int, filter: str, top: int, room: int = 10**9) -> list[list[str]]:
    """The row keys of all steps of a query."""
    found = []
    after: Continuation | None = None
    while True:
        step = take_step(connection, table, query_of(filter), after, top, room)
        found.append([item["RowKey"] for item in step.entities])
        after = step.next
        if after is None:
            return found


def test_two_changes_at_one_moment_have_two_etags(connection: sqlite3.Connection, table: int) -> None:
    first = do(connection, table, Write.INSERT, "a")
    second = do(connection, table, Write.REPLACE, "a", first)
    assert first != second
    with pytest.raises(StorageError) as caught:
        do(connection, table, Write.REPLACE, "a", first)
    assert caught.value.code == "UpdateConditionNotSatisfied"


def test_a_merge_that_grows_beyond_the_limits_is_refused(connection: sqlite3.Connection, table: int) -> None:
    do(connection, table, Write.INSERT, "a", ANY, **{f"p{number}": 1 for number in range(200)})
    with pytest.raises(StorageError) as caught:
        do(connection, table, Write.MERGE, "a", ANY, **{f"q{number}": 1 for number in range(100)})
    assert caught.value.code == "TooManyProperties"


@pytest.mark.parametrize(
    ("operations", "code", "place"),
    [
        (
            [entity(row, **{f"p{n}": "x" * 32000 for n in range(15)}) for row in "0123456789"],
            "ContentLengthExceeded",
            "8:",
        ),
        ([entity(str(number)) for number in range(101)], "InvalidInput", "100:"),
        ([entity("a"), entity("b"), entity("a")], "InvalidDuplicateRow", "2:"),
        ([entity("a"), entity("b", "q")], "CommandsInBatchActOnDifferentPartitions", "1:"),
        ([entity("a"), entity("b", x=[1])], "InvalidInput", "1:"),
    ],
)
def test_what_a_batch_cannot_be(operations: list[dict[str, Any]], code: str, place: str) -> None:
    with pytest.raises(StorageError) as caught:
        prepared_batch([Operation(Write.INSERT, item) for item in operations])
    assert caught.value.code == code
    assert caught.value.reason.startswith(place)


def test_the_first_operation_that_fails_names_itself(connection: sqlite3.Connection, table: int) -> None:
    do(connection, table, Write.INSERT, "b")
    batch = prepared_batch([Operation(Write.INSERT, entity(row)) for row in "abc"])
    with pytest.raises(StorageError) as caught:
        apply_all(connection, table, batch, NOW)
    assert caught.value.reason == "1:The specified entity already exists."


def test_a_query_goes_on_where_a_page_ended(connection: sqlite3.Connection, table: int) -> None:
    for row in "edcba":
        do(connection, table, Write.INSERT, row)
    assert pages(connection, table, "", 2) == [["a", "b"], ["c", "d"], ["e"]]
    assert pages(connection, table, "RowKey ne 'c'", 2) == [["a", "b"], ["d", "e"]]
    assert pages(connection, table, "PartitionKey eq 'p' and (RowKey eq 'a' or RowKey ge 'd')", 2) == [
        ["a", "d"],
        ["e"],
    ]
    assert pages(connection, table, "PartitionKey eq 'x'", 2) == [[]]


def test_a_page_ends_when_it_is_long_enough(connection: sqlite3.Connection, table: int) -> None:
    for row in "abc":
        do(connection, table, Write.INSERT, row, text="x" * 1000)
    assert pages(connection, table, "", 1000, room=1500) == [["a", "b"], ["c"]]


def test_one_step_looks_at_no_more_than_its_share(connection: sqlite3.Connection, table: int) -> None:
    rows = [(table, "p", f"{number:05}", NOW, b'{"n":1}') for number in range(STEP + 1)]
    connection.executemany("INSERT INTO entities VALUES (?, ?, ?, ?, ?)", rows)
    step = take_step(connection, table, query_of("n eq 2"), None, 1000, 10**9)
    assert (step.entities, step.looked_at, step.next) == ([], STEP, Continuation("p", f"{STEP:05}"))


def test_a_filter_can_ask_for_the_timestamp(connection: sqlite3.Connection, table: int) -> None:
    do(connection, table, Write.INSERT, "a")
    assert pages(connection, table, "Timestamp gt datetime'2027-01-01T00:00:00Z'", 9) == [["a"]]
    assert pages(connection, table, "Timestamp lt datetime'2027-01-01T00:00:00Z'", 9) == [[]]


def test_keys_are_ordered_by_code_point(connection: sqlite3.Connection, table: int) -> None:
    for row in ("😀", "\uffee", "é", "z", "Z", "10", "9", ""):
        do(connection, table, Write.INSERT, row)
    assert pages(connection, table, "", 100) == [["", "10", "9", "Z", "z", "é", "\uffee", "😀"]]
    assert pages(connection, table, "RowKey gt 'é'", 100) == [["\uffee", "😀"]]


@settings(max_examples=40, deadline=None)
@given(FILTER, st.sets(st.tuples(KEYS, KEYS), max_size=12), st.integers(1, 3))
def test_pages_of_any_filter_hold_what_it_selects_in_order(text: str, keys: set[tuple[str, str]], top: int) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in statements(tables_schema.SCHEMA):
            connection.execute(statement)
        connection.executemany("INSERT INTO entities VALUES (1, ?, ?, 0, '{\"Age\":5}')", list(keys))
        found: list[tuple[str, str]] = []
        after: Continuation | None = None
        while True:
            step = take_step(connection, 1, query_of(text), after, top, 10**9)
            assert len(step.entities) <= top
            found += [(item["PartitionKey"], item["RowKey"]) for item in step.entities]
            after = step.next
            if after is None:
                break
    expression = parse_filter(text)
    assert expression is not None
    selects = predicate_of(expression)
    assert found == sorted(key for key in keys if selects({"PartitionKey": key[0], "RowKey": key[1], "Age": 5}))


def test_a_range_of_keys_is_read_from_the_index(connection: sqlite3.Connection) -> None:
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT row_key FROM entities WHERE table_id = 1"
        " AND (partition_key, row_key) >= ('a', 'b') AND (partition_key, row_key) < ('a', 'c')"
        " ORDER BY partition_key, row_key"
    ).fetchall()
    assert len(plan) == 1
    assert "USING PRIMARY KEY (table_id=? AND (partition_key,row_key)>(?,?) AND (partition_key,row_key)<(?,?))" in str(
        plan
    )


def test_names_do_not_differ_by_case_and_stay_as_they_were_given(connection: sqlite3.Connection, table: int) -> None:
    assert not table_names.create(connection, "account", "PEOPLE")
    assert table_names.create(connection, "other", "PEOPLE")
    assert table_names.name(connection, "account", "people") == "People"
    assert table_names.names(connection, "account", "", 10) == ["People"]


@pytest.mark.parametrize("name", ["ab", "a" * 64, "1abc", "a-b", "tables", "", "abç"])
def test_a_name_against_the_rules_is_refused(name: str) -> None:
    with pytest.raises(StorageError) as caught:
        table_names.checked_name(name)
    assert caught.value.status == 400


def test_a_deleted_table_is_gone_at_once_and_emptied_in_steps(connection: sqlite3.Connection, table: int) -> None:
    for number in range(5):
        do(connection, table, Write.INSERT, str(number))
    table_names.delete(connection, "account", "people")
    with pytest.raises(StorageError) as caught:
        table_names.number(connection, "account", "people")
    assert caught.value.code == "TableNotFound"
    table_names.create(connection, "account", "People")
    new = table_names.number(connection, "account", "people")
    assert pages(connection, new, "", 10) == [[]]
    steps = 0
    while table_names.purge(connection, 2):
        steps += 1
    assert steps == 3
    assert connection.execute("SELECT count(*) FROM entities").fetchone() == (0,)
