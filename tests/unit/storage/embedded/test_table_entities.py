"""Entities of the embedded store: types, limits, what is stored and what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded.table_entity import (
    changed_of,
    check_size,
    encoded,
    entity_of,
    etag_of,
    keys_of,
    merged,
    properties_of,
    selected,
)


def code_of(entity: dict[str, Any]) -> str:
    """The code of the refusal of an entity."""
    with pytest.raises(StorageError) as caught:
        check({"PartitionKey": "p", "RowKey": "r", **entity})
    return caught.value.code


def check(entity: dict[str, Any]) -> None:
    check_size(*keys_of(entity), properties_of(entity))


@pytest.mark.parametrize(
    ("type_name", "value", "stored_type", "stored"),
    [
        (None, "text", None, "text"),
        (None, True, None, True),
        (None, 5, None, 5),
        (None, 5.0, None, 5.0),
        (None, 2**31 - 1, None, 2**31 - 1),
        (None, 2**31, None, float(2**31)),
        ("Edm.String", "2020-01-01T00:00:00Z", None, "2020-01-01T00:00:00Z"),
        ("Edm.Int32", 5, None, 5),
        ("Edm.Int32", "-5", None, -5),
        ("Edm.Int64", "-9223372036854775808", "Edm.Int64", "-9223372036854775808"),
        ("Edm.Int64", 7, "Edm.Int64", "7"),
        ("Edm.Double", 5, None, 5.0),
        ("Edm.Double", "0.25", None, 0.25),
        ("Edm.Double", "NaN", "Edm.Double", "NaN"),
        ("Edm.Double", "INF", "Edm.Double", "Infinity"),
        ("Edm.Double", "-Infinity", "Edm.Double", "-Infinity"),
        ("Edm.Boolean", False, None, False),
        ("Edm.Boolean", "True", None, True),
        ("Edm.DateTime", "1950-01-02T03:04:05", "Edm.DateTime", "1950-01-02T03:04:05Z"),
        ("Edm.DateTime", "2020-01-01T00:00:00.1234567Z", "Edm.DateTime", "2020-01-01T00:00:00.1234567Z"),
        ("Edm.DateTime", "2020-01-01T01:00:00.10+01:00", "Edm.DateTime", "2020-01-01T00:00:00.1Z"),
        (
            "Edm.Guid",
            "C9DA6455-213D-42C9-9A79-3E9149A57833",
            "Edm.Guid",
            "c9da6455-213d-42c9-9a79-3e9149a57833",
        ),
        ("Edm.Binary", "AP8=", "Edm.Binary", "AP8="),
    ],
)
def test_a_property_keeps_its_type(type_name: str | None, value: object, stored_type: str | None, stored: Any) -> None:
    given = {"x": value} if type_name is None else {"x@odata.type": type_name, "x": value}
    found = properties_of(given)
    assert found == ({"x": stored} if stored_type is None else {"x": stored, "x@odata.type": stored_type})
    assert type(found["x"]) is type(stored)


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("Edm.Int32", 2**31),
        ("Edm.Int32", 1.5),
        ("Edm.Int64", str(2**63)),
        ("Edm.Int64", True),
        ("Edm.Double", "much"),
        ("Edm.Boolean", "yes"),
        ("Edm.Boolean", 1),
        ("Edm.DateTime", "today"),
        ("Edm.DateTime", "2021-02-30T00:00:00Z"),
        ("Edm.Guid", "x"),
        ("Edm.Binary", "a"),
        ("Edm.String", 5),
        ("Edm.Decimal", "5"),
        (None, [1]),
        (None, {"a": 1}),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused(type_name: str | None, value: object) -> None:
    assert code_of({"x": value} if type_name is None else {"x@odata.type": type_name, "x": value}) == "InvalidInput"


def test_nulls_system_properties_and_members_of_the_protocol_are_not_stored() -> None:
    given = {"PartitionKey": "p", "Timestamp": "x", "odata.etag": "y", "a": None, "a@odata.type": "Edm.Int64", "b": 1}
    assert properties_of(given) == {"b": 1}


def test_limits_of_an_entity() -> None:
    assert code_of({f"p{number}": 1 for number in range(253)}) == "TooManyProperties"
    check_size("p", "r", properties_of({f"p{number}": 1 for number in range(252)}))
    assert code_of({"x": "a" * 32769}) == "PropertyValueTooLarge"
    assert code_of({"x": "😀" * 16385}) == "PropertyValueTooLarge"
    check_size("p", "r", properties_of({"x": "😀" * 16384}))
    assert code_of({"x@odata.type": "Edm.Binary", "x": "AAAA" * 21846}) == "PropertyValueTooLarge"
    assert code_of({f"p{number}": "a" * 32768 for number in range(16)}) == "EntityTooLarge"
    check_size("p", "r", properties_of({f"p{number}": "a" * 32768 for number in range(15)}))
    assert code_of({"x" * 256: 1}) == "PropertyNameTooLong"
    assert code_of({"a-b": 1}) == "PropertyNameInvalid"
    assert code_of({"x@odata.type": "Edm.DateTime", "x": "1600-12-31T00:00:00Z"}) == "OutOfRangeInput"


@pytest.mark.parametrize("key", ["a/b", "a\\b", "a#b", "a?b", "a\tb", "\x7f", "\x85"])
def test_a_key_with_a_forbidden_character_is_refused(key: str) -> None:
    assert code_of({"RowKey": key}) == "OutOfRangeInput"


def test_limits_of_a_key() -> None:
    assert keys_of({"PartitionKey": "", "RowKey": "😀" * 256}) == ("", "😀" * 256)
    assert code_of({"RowKey": "😀" * 257}) == "KeyValueTooLarge"
    assert code_of({"RowKey": "a" * 513}) == "KeyValueTooLarge"
    assert code_of({"RowKey": None}) == "PropertiesNeedValue"
    assert code_of({"RowKey": 5}) == "PropertiesNeedValue"
    assert code_of({"RowKey": "\ud800"}) == "InvalidInput"


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(StorageError, match="surrogate"):
        encoded({"x": "\ud800"})


def test_a_merge_takes_the_new_value_with_its_type() -> None:
    stored = {"a": "5", "a@odata.type": "Edm.Int64", "b": 1}
    assert merged(stored, {"a": "text", "c": True}) == {"a": "text", "b": 1, "c": True}
    assert merged({"b": 1}, {"b": "6", "b@odata.type": "Edm.Int64"}) == {"b": "6", "b@odata.type": "Edm.Int64"}


def test_timestamp_and_etag_are_one_time() -> None:
    entity = entity_of("p", "r", 13_771_300_163_134_645, {})
    assert entity["Timestamp"] == "2013-08-22T00:06:56.3134645Z"
    assert entity["odata.etag"] == "W/\"datetime'2013-08-22T00%3A06%3A56.3134645Z'\""


def test_an_etag_says_which_version_it_means() -> None:
    assert changed_of(etag_of(-17)) == -17
    assert changed_of("*") is None
    assert changed_of("W/\"datetime'1970-01-01T00:00:00.0000001Z'\"") == 1
    with pytest.raises(StorageError, match="etag value"):
        changed_of('"0x8D"')


def test_a_selection_keeps_types_and_the_etag() -> None:
    entity = entity_of("p", "r", 0, {"a": "5", "a@odata.type": "Edm.Int64", "b": 1})
    assert selected(entity, ("a", "missing")) == {
        "odata.etag": entity["odata.etag"],
        "a": "5",
        "a@odata.type": "Edm.Int64",
    }
