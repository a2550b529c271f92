from __future__ import annotations

from collections.abc import Mapping

import pytest

from funchost.app.function_app import RetryPolicy
from funchost.app.retry_policy import LONGEST, RetryProblem, read_retry_policy

FIXED = {"strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:00:10"}
EXPONENTIAL = {
    "strategy": "exponentialBackoff",
    "maxRetryCount": -1,
    "minimumInterval": "00:00:01",
    "maximumInterval": "00:15:00",
}


def test_both_strategies() -> None:
    assert read_retry_policy(FIXED) == RetryPolicy(3, fixed_delay=10)
    assert read_retry_policy(EXPONENTIAL) == RetryPolicy(-1, minimum=1, maximum=900)


def test_decorators_write_names_with_underscores_and_numbers_as_text() -> None:
    raw = {
        "setting_name": "retry_policy",
        "strategy": "fixed_delay",
        "max_retry_count": "-1",
        "delay_interval": "00:00:02",
    }
    assert read_retry_policy(raw) == RetryPolicy(-1, fixed_delay=2)
    raw = {"strategy": "exponential_backoff", "max_retry_count": "5"}
    assert read_retry_policy(raw, intervals_required=False) == RetryPolicy(5, minimum=0, maximum=LONGEST)
    assert read_retry_policy(raw | {"strategy": "FixedDelay"}, intervals_required=False).fixed_delay == 0


@pytest.mark.parametrize(
    ("raw", "prop", "part"),
    [
        ({}, "strategy", "no 'strategy'"),
        ({"strategy": "linear"}, "strategy", "'linear' is not a retry strategy"),
        ({"strategy": "fixedDelay"}, "maxRetryCount", "no 'maxRetryCount'"),
        (FIXED | {"maxRetryCount": -2}, "maxRetryCount", "-2 is out of range"),
        (FIXED | {"delayInterval": None}, "delayInterval", "no 'delayInterval'"),
        (FIXED | {"delayInterval": "-00:00:01"}, "delayInterval", "out of range"),
        (FIXED | {"delayInterval": 10}, "delayInterval", "10 is not a time span"),
        (EXPONENTIAL | {"maximumInterval": "00:00:00"}, "minimumInterval", "longer than the maximum interval 00:00:00"),
    ],
)
def test_what_is_missing_or_wrong_is_named(raw: Mapping[str, object], prop: str, part: str) -> None:
    with pytest.raises(RetryProblem) as caught:
        read_retry_policy(raw)
    assert caught.value.prop == prop
    assert part in str(caught.value)
