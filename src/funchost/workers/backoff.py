"""When a worker that has died is started again. Pure."""

from __future__ import annotations

HEALTHY_AFTER = 60.0
"""Seconds of service after which earlier deaths are forgotten."""

LONGEST_DELAY = 30.0


def deaths_in_a_row(before: int, served: float) -> int:
    """Count a death.

    Args:
        before: deaths in a row up to now.
        served: seconds that the worker took calls; 0.0 if it never came up.
    """
    return 1 if served >= HEALTHY_AFTER else before + 1


def restart_delay(deaths: int) -> float:
    """Seconds to wait after this many deaths in a row: none after the first, then 1, 2, 4 ... up to 30."""
    if deaths <= 1:
        return 0.0
    return min(LONGEST_DELAY, 2.0 ** min(deaths - 2, 10))
