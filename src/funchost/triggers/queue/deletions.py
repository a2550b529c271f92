"""Deletions: messages that were handled, collected for a moment, since a store deletes many for the price of a few."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from funchost.triggers.queue.held import Held

LONGEST = 0.002
"""Seconds that a handled message waits for others at most; a message of a host that dies meanwhile comes again."""


class Deletions:
    """Belongs to the event loop.

    Args:
        delete: called with the messages that are to be deleted together; starts that and returns.
    """

    def __init__(self, delete: Callable[[list[Held]], None]) -> None:
        self._delete = delete
        self._waiting: list[Held] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, held: Held, *, is_last: bool) -> None:
        """Have a message deleted soon; from now on it is not renewed.

        Args:
            is_last: nothing runs any more, so that no others will come soon.
        """
        held.settling = True
        self._waiting.append(held)
        if is_last:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LONGEST, self._flush)

    async def hand_over(self) -> None:
        """Give what waits to the store before its next question, which then shares the transaction."""
        if self._waiting:
            self._flush()
            await asyncio.sleep(0)

    def close(self) -> None:
        """Delete nothing any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._delete(waiting)
