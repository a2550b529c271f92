"""Deadlines: one timer for all invocations in flight, because every invocation of an app has the same time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple


class _Entry(NamedTuple):
    due: float
    expire: Callable[[], None]


class Deadlines:
    """Calls back for each entry that is still there when its time is up.

    Entries are added in time order and all live equally long, so the oldest is always the next due
    and one timer serves any number of them.

    Args:
        limit: seconds until an entry expires; None = never, then adding costs nothing.
    """

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self._entries: dict[str, _Entry] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: str, expire: Callable[[], None]) -> None:
        """Start the clock for `key`; `expire` is called once unless `discard` comes first."""
        if self.limit is None:
            return
        loop = asyncio.get_running_loop()
        self._entries[key] = _Entry(loop.time() + self.limit, expire)
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
        for key, entry in self._entries.items():
            if entry.due > now:
                self._timer = loop.call_at(entry.due, self._expire_due)
                break
            expired.append((key, entry))
        for key, entry in expired:
            self._entries.pop(key, None)
            entry.expire()
