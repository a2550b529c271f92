"""Spare: one host process that has started and waits for its order, so that an instance need not wait for Python."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from funchost.platform.placement.local_process import Spawned, spawn

REFILL_SECONDS = 1.0
"""How long after one was taken the next is started: what was started just now has the machine for itself."""


class Spare:
    """Keeps one process ready. Use: `fill`, `take`, and at the end `close`.

    Args:
        environment: of the processes.
        start: starts one; blocking.
    """

    def __init__(self, environment: Mapping[str, str], start: Callable[[Mapping[str, str]], Spawned] = spawn) -> None:
        self._environment = environment
        self._start = start
        self._waiting: Spawned | None = None
        self._filling: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def take(self) -> Spawned:
        """Return a process that belongs to the caller: the one that waits, or a new one.

        Raises:
            OSError: none can be started.
        """
        spawned, self._waiting = self._waiting, None
        self.fill(REFILL_SECONDS)
        if spawned is not None:
            if spawned.process.poll() is None:
                return spawned
            spawned.discard()
        starting = asyncio.ensure_future(asyncio.to_thread(self._start, self._environment))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_discard)
            raise

    def fill(self, delay: float = 0.0) -> None:
        """Start a process that waits, unless there is one."""
        if not self._closing.is_set() and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._fill(delay), name="spare instance")

    async def close(self) -> None:
        """End the process that waits; idempotent."""
        self._closing.set()
        if self._filling is not None:
            await asyncio.wait((self._filling,))
        spawned, self._waiting = self._waiting, None
        if spawned is not None:
            await asyncio.to_thread(spawned.discard)

    async def _fill(self, delay: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._closing.wait()
        if self._waiting is None and not self._closing.is_set():
            # Without room for a spare, starting an instance will say so.
            with suppress(OSError):
                self._waiting = await asyncio.to_thread(self._start, self._environment)


def _discard(starting: asyncio.Future[Spawned]) -> None:
    if not starting.cancelled() and starting.exception() is None:
        starting.result().discard()
