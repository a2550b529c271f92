"""How long a listener waits before it looks at a queue, or tries a store, again. Pure."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST = 0.1
LOCAL_LONGEST = 2.0
"""Longest pause at a store of this machine; the existing tool's value for development."""
REMOTE_LONGEST = 60.0
AWAY_LONGEST = 5.0
"""Longest pause between two attempts at a store that is away."""


def poll_delay(empty: int, longest: float, spread: Callable[[], float]) -> float:
    """Return the seconds to wait after the queue was found empty `empty` times in a row.

    A tenth of a second at first, then twice as long each time, spread, never longer than `longest`.

    Args:
        empty: 1 or more.
        spread: returns a random factor between 0.8 and 1.2, so that hosts do not ask in step.
    """
    return float(min(SHORTEST * 2.0 ** min(empty - 1, 32) * spread(), longest))


def longest_pause(configured: float | None, *, local: bool) -> float:
    """Return the longest pause at an empty queue: as configured, else by where the store is."""
    if configured is not None:
        return configured
    return LOCAL_LONGEST if local else REMOTE_LONGEST
