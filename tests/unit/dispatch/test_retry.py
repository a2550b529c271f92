from __future__ import annotations

import pytest

from funchost.app.function_app import RetryPolicy
from funchost.dispatch.retry import retry_delay


def one() -> float:
    return 1.0


def test_fixed_delay_is_constant_until_the_retries_are_used_up() -> None:
    policy = RetryPolicy(max_retries=2, fixed_delay=3.0)
    assert [retry_delay(policy, n, one) for n in (1, 2, 3)] == [3.0, 3.0, None]


def test_minus_one_retries_for_ever() -> None:
    assert retry_delay(RetryPolicy(max_retries=-1, fixed_delay=0.5), 100_000, one) == 0.5


@pytest.mark.parametrize(("retry", "delay"), [(1, 2.0), (2, 6.0), (3, 10.0), (4, 18.0), (5, 30.0), (5000, 30.0)])
def test_exponential_delay_doubles_on_top_of_the_minimum_up_to_the_maximum(retry: int, delay: float) -> None:
    policy = RetryPolicy(max_retries=-1, minimum=2.0, maximum=30.0)
    assert retry_delay(policy, retry, one) == delay


def test_spread_scales_the_growth_only() -> None:
    policy = RetryPolicy(max_retries=5, minimum=2.0, maximum=100.0)
    assert retry_delay(policy, 2, lambda: 0.5) == 4.0
