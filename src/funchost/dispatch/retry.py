"""When a failed invocation is tried again. Pure."""

from __future__ import annotations

from collections.abc import Callable

from funchost.app.function_app import RetryPolicy


def retry_delay(policy: RetryPolicy, retry: int, spread: Callable[[], float]) -> float | None:
    """Return the seconds to wait before retry number `retry` (1 = after the first attempt), None to give up.

    The exponential strategy waits the minimum first; later ones add `2^(retry-1) * minimum * spread` to the
    minimum, never more than the maximum, as in the existing host.

    Args:
        spread: returns a random factor between 0.8 and 1.2.
    """
    if policy.max_retries >= 0 and retry > policy.max_retries:
        return None
    if policy.fixed_delay is not None:
        return policy.fixed_delay
    if retry <= 1:
        return min(policy.minimum, policy.maximum)
    # 2.0 ** 1024 overflows; long before that the maximum rules.
    growth = 2.0 ** min(retry - 1, 64) * policy.minimum * spread()
    return min(policy.minimum + growth, policy.maximum)
