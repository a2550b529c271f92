"""The keys that a filter is looked for in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.key_ranges import ALL_KEYS, KeyRange, key_ranges
from funchost.storage.odata.parser import parse_filter
from tests.unit.storage.odata.filters import FILTER, KEYS


def ranges(text: str) -> tuple[KeyRange, ...]:
    return key_ranges(parse_filter(text))


def test_one_partition() -> None:
    assert ranges("PartitionKey eq 'a'") == (KeyRange(("a", ""), ("a\0", "")),)


def test_one_entity_whatever_else_is_asked() -> None:
    expected = (KeyRange(("a", "1"), ("a", "1\0")),)
    assert ranges("PartitionKey eq 'a' and RowKey eq '1'") == expected
    assert ranges("Age gt 5 and ('1' eq RowKey and (Active and 'a' eq PartitionKey))") == expected


def test_a_range_of_rows() -> None:
    expected = (KeyRange(("a", "1"), ("a", "2")),)
    assert ranges("PartitionKey eq 'a' and RowKey ge '1' and RowKey lt '2'") == expected


def test_a_range_of_partitions_takes_all_of_their_rows() -> None:
    assert ranges("PartitionKey gt 'a' and PartitionKey le 'c' and RowKey eq '1'") == (
        KeyRange(("a\0", ""), ("c\0", "")),
    )


def test_alternatives_in_the_order_of_the_index_and_merged_where_they_meet() -> None:
    text = "PartitionKey eq 'b' or PartitionKey eq 'a' and (RowKey eq '2' or RowKey eq '1' or RowKey lt '1')"
    assert ranges(text) == (
        KeyRange(("a", ""), ("a", "1\0")),
        KeyRange(("a", "2"), ("a", "2\0")),
        KeyRange(("b", ""), ("b\0", "")),
    )


@pytest.mark.parametrize("text", ["", "Age eq 5", "PartitionKey eq 'a' or Age eq 5", "not (PartitionKey eq 'a')"])
def test_what_keys_do_not_decide_is_looked_for_everywhere(text: str) -> None:
    assert ranges(text) == ALL_KEYS


@pytest.mark.parametrize(
    "text", ["PartitionKey eq 5", "PartitionKey eq 'a' and PartitionKey eq 'b'", "RowKey lt ''", "RowKey ne 1"]
)
def test_a_contradiction_is_looked_for_nowhere(text: str) -> None:
    assert ranges(text) == ()


def test_very_many_alternatives_become_few_ranges() -> None:
    rows = " or ".join(f"RowKey eq '{number:04}'" for number in range(1000))
    assert ranges(f"PartitionKey eq 'a' and ({rows})") == (KeyRange(("a", "0000"), ("a", "0999\0")),)


@settings(max_examples=60, deadline=None)
@given(FILTER, st.lists(st.tuples(KEYS, KEYS), max_size=12))
def test_no_entity_that_a_filter_selects_is_outside_of_its_ranges(text: str, keys: list[tuple[str, str]]) -> None:
    expression = parse_filter(text)
    assert expression is not None
    selects = predicate_of(expression)
    found = key_ranges(expression)
    for earlier, later in zip(found, found[1:], strict=False):
        assert earlier.high is not None
        assert earlier.high < later.low
    for one in found:
        assert one.high is None or one.low < one.high
    for key in keys:
        if selects({"PartitionKey": key[0], "RowKey": key[1], "Age": 5}):
            assert any(one.low <= key and (one.high is None or key < one.high) for one in found)
