"""From a function's JSON to writes of a table, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from funchost.app.invocation import Datum
from funchost.bindings.failure import BindingFailure
from funchost.bindings.table_entities import MOST_BYTES, EntityKeys, batches, json_entity, objects_of, operation_of
from funchost.storage.tables import Operation, Write

KEYS = EntityKeys("p", "r")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Datum("string", '{"a": 1}'), [{"a": 1}]),
        (Datum("json", '[{"a": 1}, null, {"b": 2}]'), [{"a": 1}, {"b": 2}]),
        (Datum("bytes", b'{"a": "\xc3\xa4"}'), [{"a": "ä"}]),
        (Datum("collection_string", ['{"a": 1}', '[{"b": 2}]']), [{"a": 1}, {"b": 2}]),
        (Datum("json", "[]"), []),
    ],
)
def test_what_a_function_may_give(value: Datum, expected: list[dict[str, Any]]) -> None:
    assert objects_of(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Datum("string", "text"), "not JSON"),
        (Datum("bytes", b"\xff"), "not JSON"),
        (Datum("string", '["a"]'), '"a" is no entity'),
        (Datum("json", "5"), "5 is no entity"),
        (Datum("int", 5), "kind int"),
        (Datum("bytes", object()), "stream"),
    ],
)
def test_what_is_no_entity(value: Datum, reason: str) -> None:
    with pytest.raises(BindingFailure, match=reason):
        objects_of(value)


def test_types_of_json_become_types_of_the_table() -> None:
    given = json.loads(
        '{"text": "2020-01-01T00:00:00Z", "yes": true, "small": -2147483648, "big": 2147483648, "ratio": 2.0,'
        ' "nan": NaN, "far": -1e999, "nested": {"ä": [1, null]}, "list": [], "none": null}'
    )
    assert operation_of(given, KEYS) == Operation(
        Write.INSERT,
        {
            "PartitionKey": "p",
            "RowKey": "r",
            "text": "2020-01-01T00:00:00Z",
            "yes": True,
            "small": -2147483648,
            "big": "2147483648",
            "big@odata.type": "Edm.Int64",
            "ratio": 2.0,
            "nan": "NaN",
            "nan@odata.type": "Edm.Double",
            "far": "-Infinity",
            "far@odata.type": "Edm.Double",
            "nested": '{"ä":[1,null]}',
            "list": "[]",
        },
    )


def test_a_type_can_be_told() -> None:
    given = {"at@odata.type": "Edm.DateTime", "at": "2020-01-01T00:00:00Z", "n": 2**40, "n@odata.type": "Edm.Double"}
    entity = operation_of(given, KEYS).entity
    assert (entity["at@odata.type"], entity["n@odata.type"]) == ("Edm.DateTime", "Edm.Double")


def test_a_number_beyond_64_bits_is_refused() -> None:
    with pytest.raises(BindingFailure, match="64 bits"):
        operation_of({"n": 2**63}, KEYS)


def test_keys_come_from_the_entity_in_any_case_and_else_from_the_binding() -> None:
    entity = operation_of({"partitionkey": "own", "ROWKEY": 5, "a": 1}, KEYS).entity
    assert entity == {"PartitionKey": "own", "RowKey": "5", "a": 1}
    assert operation_of({"PartitionKey": None}, KEYS).entity == {"PartitionKey": "p", "RowKey": "r"}


@pytest.mark.parametrize(
    ("given", "keys", "reason"),
    [
        ({"RowKey": "r"}, EntityKeys(None, "r"), "no PartitionKey"),
        ({"PartitionKey": "p"}, EntityKeys("p", None), "no RowKey"),
        ({"PartitionKey": {"a": 1}}, KEYS, "PartitionKey is no text"),
    ],
)
def test_a_key_that_is_missing_or_no_text(given: dict[str, Any], keys: EntityKeys, reason: str) -> None:
    with pytest.raises(BindingFailure, match=reason):
        operation_of(given, keys)


@pytest.mark.parametrize(
    ("etag", "write", "condition"),
    [("*", Write.UPSERT_REPLACE, "*"), ('W/"x"', Write.REPLACE, 'W/"x"'), ("", Write.INSERT, "*")],
)
def test_the_etag_decides_between_insert_and_replace(etag: str, write: Write, condition: str) -> None:
    operation = operation_of({"ETag": etag, "Timestamp": "x", "odata.metadata": "y", "a": 1}, KEYS)
    assert operation == Operation(write, {"PartitionKey": "p", "RowKey": "r", "a": 1}, condition)


def insert(partition: str, row: str, text: str = "") -> Operation:
    return Operation(Write.INSERT, {"PartitionKey": partition, "RowKey": row, "text": text})


def shape(groups: list[list[Operation]]) -> list[tuple[str, int]]:
    return [(group[0].entity["PartitionKey"], len(group)) for group in groups]


def test_batches_hold_one_partition_and_a_hundred_rows() -> None:
    operations = [insert("ab"[number % 2], str(number)) for number in range(250)]
    assert shape(batches(operations)) == [("a", 100), ("b", 100), ("a", 25), ("b", 25)]


def test_a_row_that_comes_twice_begins_a_batch_of_its_own() -> None:
    first, second = batches([insert("a", "1", "old"), insert("a", "2"), insert("a", "1", "new"), insert("a", "3")])
    assert [item.entity["RowKey"] for item in second] == ["1", "3"]
    assert len(first) == 2


def test_a_batch_is_no_longer_than_the_service_takes() -> None:
    third = "x" * (MOST_BYTES // 3)
    assert shape(batches([insert("a", str(number), third) for number in range(5)])) == [("a", 2), ("a", 2), ("a", 1)]


def test_functions_get_plain_values() -> None:
    entity = {
        "odata.etag": 'W/"x"',
        "PartitionKey": "p",
        "RowKey": "r",
        "Timestamp": "2020-01-01T00:00:00Z",
        "big": "5",
        "big@odata.type": "Edm.Int64",
        "at": "2020-01-01T00:00:00Z",
        "at@odata.type": "Edm.DateTime",
        "ratio": 0.5,
    }
    assert json_entity(entity) == {
        "PartitionKey": "p",
        "RowKey": "r",
        "big": 5,
        "at": "2020-01-01T00:00:00Z",
        "ratio": 0.5,
    }
