"""Rules for queue names and numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded.queue_names import (
    check_count,
    check_life,
    check_name,
    check_visibility,
)
from funchost.storage.queues import FOREVER, WEEK


@pytest.mark.parametrize("name", ["abc", "a-b", "0a1", "a" * 63, "webjobs-blobtrigger-poison"])
def test_good_names_pass(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "OutOfRangeInput"),
        ("a" * 64, "OutOfRangeInput"),
        ("Abc", "InvalidResourceName"),
        ("-abc", "InvalidResourceName"),
        ("abc-", "InvalidResourceName"),
        ("a--b", "InvalidResourceName"),
        ("a_b", "InvalidResourceName"),
        ("äbc", "InvalidResourceName"),
        ("abc\n", "InvalidResourceName"),
    ],
)
def test_bad_names_are_refused_in_the_words_of_the_service(name: str, code: str) -> None:
    with pytest.raises(StorageError) as caught:
        check_name(name)
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_numbers_within_the_rules_pass() -> None:
    for seconds in (0, 0.5, WEEK):
        check_visibility(seconds)
    check_life(1, 0)
    check_life(FOREVER, WEEK)
    check_life(10 * WEEK, WEEK)
    for count in (1, 32):
        check_count(count)


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_visibility(-1),
        lambda: check_visibility(WEEK + 1),
        lambda: check_visibility(float("nan")),
        lambda: check_life(0, 0),
        lambda: check_life(-2, 0),
        lambda: check_life(5, 5),
        lambda: check_count(0),
        lambda: check_count(33),
    ],
)
def test_numbers_against_the_rules_are_refused(check: Callable[[], None]) -> None:
    with pytest.raises(StorageError) as caught:
        check()
    assert (caught.value.code, caught.value.status) == ("OutOfRangeQueryParameterValue", 400)
