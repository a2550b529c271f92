"""Waits until a condition holds, instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02


def eventually(check: Callable[[], T], timeout: float = 30.0) -> T:
    """Return the first true result of `check`, called again and again.

    Args:
        check: asked every 20 ms. An AssertionError out of it counts as "not yet".
        timeout: seconds.

    Raises:
        AssertionError: the one that `check` raised last, when the time is over.
        TimeoutError: the time is over and `check` only returned false values; the last one is named.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            result = check()
        except AssertionError:
            if time.monotonic() >= deadline:
                raise
        else:
            if result:
                return result
            if time.monotonic() >= deadline:
                raise TimeoutError(f"still {result!r} after {timeout:g} s")
        time.sleep(INTERVAL)
