"""Deadlines: one timer for all invocations in flight, because every invocation of an app has the same time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Calls back for each entry that is still there when its time is up.

    Entries are added in time order and all live equally long, so the oldest is always the next due
    and one timer serves any number of them.

    Args:
        limit: seconds until an entry expires; None = never, then adding costs nothing.
        expire: called once with each item whose time is up.
    """

    def __init__(self, limit: float | None, expire: Callable[[T], None]) -> None:
        self.limit = limit
        self._expire = expire
        self._entries: dict[str, tuple[float, T]] = {}
        """When each is due, by key."""
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: str, item: T) -> None:
        """Start the clock for `item`; `discard` stops it."""
        if self.limit is None:
            return
        loop = asyncio.get_running_loop()
        self._entries[key] = (loop.time() + self.limit, item)
        if self._timer is None:
            self._timer = loop.call_later(self.limit, self._expire_due)

    def discard(self, key: str) -> None:
        """Stop the clock for `key`; unknown keys are fine."""
        self._entries.pop(key, None)

    def close(self) -> None:
        """Forget all entries without calling back."""
        self._entries.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire_due(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timer = None
        expired = []
        for key, (due, item) in self._entries.items():
            if due > now:
                self._timer = loop.call_at(due, self._expire_due)
                break
            expired.append((key, item))
        for key, item in expired:
            self._entries.pop(key, None)
            self._expire(item)
