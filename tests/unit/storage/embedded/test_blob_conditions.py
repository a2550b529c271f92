"""Conditional headers of blobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.embedded.blob_conditions import Version, check_read, check_source, check_write

V = TypeVar("V")

SECOND = 1_800_000_000
NOW = Version('"0x8D1"', SECOND * 1_000_000 + 999_999)
THEN = datetime.fromtimestamp(SECOND, UTC)
BEFORE = datetime.fromtimestamp(SECOND - 1, UTC)


def _refused(check: Callable[[Conditions, V], None], conditions: Conditions, version: V) -> tuple[int, str] | None:
    try:
        check(conditions, version)
    except StorageError as error:
        return error.status, error.code
    return None


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (ALWAYS, None),
        (Conditions(if_match="*"), None),
        (Conditions(if_match='"0x8D1"'), None),
        (Conditions(if_match="0x8D1"), None),
        (Conditions(if_match='"0x0", "0x8D1"'), None),
        (Conditions(if_match='"0x0"'), 412),
        (Conditions(if_none_match='"0x0"'), None),
        (Conditions(if_none_match='"0x8D1"'), 304),
        (Conditions(if_modified_since=BEFORE), None),
        (Conditions(if_modified_since=THEN), 304),
        (Conditions(if_unmodified_since=THEN), None),
        (Conditions(if_unmodified_since=BEFORE), 412),
        (Conditions(if_match='"0x8D1"', if_unmodified_since=BEFORE), None),
        (Conditions(if_none_match='"0x0"', if_modified_since=THEN), None),
        (Conditions(lease_id="x"), None),
    ],
)
def test_a_read_is_done_when_its_conditions_hold(conditions: Conditions, expected: int | None) -> None:
    refused = _refused(check_read, conditions, NOW)
    assert refused == (None if expected is None else (expected, "ConditionNotMet"))
    refused = _refused(check_source, conditions, NOW)
    assert refused == (None if expected is None else (412, "SourceConditionNotMet"))


def test_a_read_of_what_must_not_be_there_is_refused() -> None:
    assert _refused(check_read, Conditions(if_none_match="*"), NOW) == (400, "UnsatisfiableCondition")
    assert _refused(check_source, Conditions(if_none_match="*"), NOW) == (412, "SourceConditionNotMet")


@pytest.mark.parametrize(
    ("conditions", "there", "not_there"),
    [
        (ALWAYS, None, None),
        (Conditions(if_match="*"), None, (412, "ConditionNotMet")),
        (Conditions(if_match='"0x8D1"'), None, (412, "ConditionNotMet")),
        (Conditions(if_match='"0x0"'), (412, "ConditionNotMet"), (412, "ConditionNotMet")),
        (Conditions(if_none_match="*"), (409, "BlobAlreadyExists"), None),
        (Conditions(if_none_match='"0x8D1"'), (412, "ConditionNotMet"), None),
        (Conditions(if_modified_since=THEN), (412, "ConditionNotMet"), None),
        (Conditions(if_modified_since=BEFORE), None, None),
        (Conditions(if_unmodified_since=BEFORE), (412, "ConditionNotMet"), None),
        (Conditions(if_none_match='"0x0"', if_modified_since=THEN), None, None),
    ],
)
def test_a_write_is_done_when_its_conditions_hold(
    conditions: Conditions, there: tuple[int, str] | None, not_there: tuple[int, str] | None
) -> None:
    assert _refused(check_write, conditions, NOW) == there
    assert _refused(check_write, conditions, None) == not_there
