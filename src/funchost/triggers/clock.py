"""Clock: time as listeners see it; tests put in one of their own that nobody waits for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")

# Both go on while the machine sleeps, which time.monotonic() does not: leases run out during that time as well.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """The machine's clocks."""

    def wall(self) -> float:
        """Return seconds since 1970; may jump."""
        return time.time()

    def steady(self) -> float:
        """Return seconds that never jump and go on while the machine or this process is suspended."""
        return time.clock_gettime(_STEADY)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Return True as soon as `event` is set, False when `seconds` are over."""
        if event.is_set() or seconds <= 0:
            return event.is_set()
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True

    async def within(self, seconds: float, operation: Awaitable[T]) -> T:
        """Return what `operation` returns.

        Raises:
            TimeoutError: it did not end in time and was cancelled.
        """
        task = asyncio.ensure_future(operation)
        done = asyncio.Event()
        task.add_done_callback(lambda _: done.set())
        try:
            if not await self.wait(done, seconds):
                raise TimeoutError(f"No answer within {seconds:.1f} s.")
        finally:
            task.cancel()
        return task.result()
