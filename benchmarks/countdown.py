"""How fast a queue empties, read from its length."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.outcome import NotMeasured

LOOK_EVERY = 0.02
LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Countdown:
    """From the first completed message to the last.

    Args:
        per_second: messages.
        processor: processor time that the consumer used for one message, in µs.
    """

    per_second: float
    processor: float


def countdown(count: int, left: Callable[[], int], processor_seconds: Callable[[], float]) -> Countdown:
    """Wait until a queue of `count` messages is empty.

    Args:
        left: how many messages are not completed yet.
        processor_seconds: what the consumer has used so far.

    Raises:
        NotMeasured: it takes too long.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    first = 0
    began = used = 0.0
    while remaining := left():
        if remaining < count and not first:
            first, began, used = remaining, time.perf_counter(), processor_seconds()
        if time.monotonic() > deadline:
            raise NotMeasured(f"{remaining} of {count} messages were not completed after {LONGEST_SECONDS:.0f} s")
        time.sleep(LOOK_EVERY)
    if not first:
        raise NotMeasured(f"{count} messages were completed before the first look")
    seconds = time.perf_counter() - began
    return Countdown(first / seconds, (processor_seconds() - used) / first * 1e6)
