"""Throttle: how many requests may run at once, and how many may wait."""

from __future__ import annotations

import asyncio
from collections import deque


class Throttle:
    """Lets `concurrent` requests run; the others wait in the order they came, up to `outstanding` in all.

    Args:
        outstanding: requests running and waiting, None = no limit.
        concurrent: requests running, None = no limit.
    """

    def __init__(self, outstanding: int | None, concurrent: int | None) -> None:
        self.outstanding = outstanding
        self.concurrent = concurrent
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> bool:
        """Wait for a turn. Return False at once if too many wait already; after True, `leave` must be called."""
        if self.outstanding is not None and self._running + len(self._waiting) >= self.outstanding:
            return False
        if self.concurrent is None or (self._running < self.concurrent and not self._waiting):
            self._running += 1
            return True
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            else:
                self._waiting.remove(turn)
            raise
        return True

    def leave(self) -> None:
        """Give the turn to the first who waits."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1
