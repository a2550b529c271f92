"""What a signature for a range of keys leaves of a query."""

from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.key_ranges import key_ranges
from funchost.storage.odata.parser import parse_filter
from funchost.storage.server.grant import KeyRange
from funchost.storage.server.table.entities import granted_filter

KEYS = [(partition, row) for partition in ("a", "b", "it's") for row in ("", "1", "2")]


@pytest.mark.parametrize(
    "granted",
    [
        KeyRange("a", "1", "b", "1"),
        KeyRange("b", None, None, None),
        KeyRange(None, None, "b", None),
        KeyRange("it's", "1", "it's", "1"),
        KeyRange(),
    ],
)
def test_a_query_finds_what_the_signature_covers_and_looks_nowhere_else(granted: KeyRange) -> None:
    expression = parse_filter(granted_filter(granted, ""))
    ranges = key_ranges(expression)
    for partition, row in KEYS:
        selected = expression is None or predicate_of(expression)({"PartitionKey": partition, "RowKey": row})
        inside = any(low <= (partition, row) and (high is None or (partition, row) < high) for low, high in ranges)
        assert (selected, inside) == (granted.covers(partition, row),) * 2


def test_alternatives_in_the_callers_filter_do_not_widen_it() -> None:
    text = granted_filter(KeyRange("a", None, "a", None), "n eq 1 or n eq 2")
    assert text.startswith("(n eq 1 or n eq 2) and ")
    assert granted_filter(None, "n eq 1") == "n eq 1"


def test_the_callers_filter_cannot_break_out() -> None:
    with pytest.raises(StorageError):
        granted_filter(KeyRange("a", None, "a", None), "n eq 1) or (n eq 2")
