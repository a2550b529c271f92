"""LogFollower: what one reader of a site's log has not read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

LIMIT = 1024 * 1024
"""Bytes that may wait for a reader."""


class LogFollower:
    """A bounded queue of lines: a reader that is too slow misses some, and is told how many."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._missed = 0
        self._closed = False
        self._wake = asyncio.Event()

    def put(self, lines: bytes) -> None:
        """Add whole lines."""
        if self._missed or self._size + len(lines) > self._limit:
            # Once lines are missed, all are until the reader has caught up: the notice stands in one place.
            self._missed += lines.count(b"\n")
        else:
            self._waiting.append(lines)
            self._size += len(lines)
        self._wake.set()

    def close(self) -> None:
        """Nothing comes any more."""
        self._closed = True
        self._wake.set()

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield one or several whole lines at a time, until closed."""
        while True:
            while self._waiting:
                lines = self._waiting.popleft()
                self._size -= len(lines)
                yield lines
            if self._missed:
                missed, self._missed = self._missed, 0
                yield b"server   (%d lines are left out here: they are read too slowly)\n" % missed
                continue
            if self._closed:
                return
            self._wake.clear()
            await self._wake.wait()
