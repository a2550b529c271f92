"""QueueWatch: one who wants to know when there are messages to receive."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.queue_messages import SECOND, next_visible

RECHECK = 10.0
"""Seconds between looks for hidden messages; receivers that hide messages for less announce it."""

PAUSE = 0.005
"""Seconds between looks that announcements ask for."""

RETRY = 1.0
"""Seconds until another look after one that failed."""


def topic(account: str, queue: str) -> str:
    """Return the topic of messages that can be received at once."""
    return f"queue/{account}/{queue}"


def later_topic(account: str, queue: str) -> str:
    """Return the topic of messages that can be received at some time to come."""
    return f"later/{account}/{queue}"


class QueueWatch:
    """Calls `wake` when a message is put or shown again, and when the time of a hidden one has come.

    Belongs to the event loop.
    """

    def __init__(self, engine: Engine, account: str, queue: str, wake: Callable[[], None]) -> None:
        self._engine = engine
        self._account = account
        self._queue = queue
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._looking = False
        self._again = False
        self._ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._ends = (
            engine.watch(topic(account, queue), wake),
            engine.watch(later_topic(account, queue), self._look),
        )
        self._look()

    def end(self) -> None:
        """Call nobody any more; idempotent."""
        self._ended = True
        for end in self._ends:
            end()
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False
        now = self._engine.now()

        def question(connection: sqlite3.Connection) -> tuple[bool, int | None]:
            return next_visible(connection, self._account, self._queue, now)

        self._engine.read(question).add_done_callback(self._seen)

    def _seen(self, future: asyncio.Future[tuple[bool, int | None]]) -> None:
        self._looking = False
        if self._timer is not None:
            self._timer.cancel()
        if self._ended or future.cancelled():
            return
        if future.exception() is not None:  # whoever receives next meets the error and reports it
            self._timer = self._loop.call_later(RETRY, self._look)
            return
        ready, later = future.result()
        delay = RECHECK
        if later is not None:
            delay = min(delay, max((later - self._engine.now()) / SECOND, 0) + 0.001)
        if self._again:
            delay = min(delay, PAUSE)
        self._timer = self._loop.call_later(delay, self._look)
        if ready:
            self._wake()
