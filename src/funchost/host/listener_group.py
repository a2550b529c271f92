"""ListenerGroup: listeners that run until they are drained. One that fails is run again."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence

from funchost.host.backoff import load_delay
from funchost.logs import HostLog, LogLevel
from funchost.triggers.listener import Listener

_CATEGORY = "Host.Listeners"
LONGEST_DELAY = 30.0
"""Seconds until a listener that keeps failing is run again."""
STEADY = 60.0
"""A listener that has run for so many seconds starts counting its failures anew."""


class ListenerGroup:
    """Listeners that are started and drained together.

    Args:
        listeners: each is run once, and again after a delay whenever it raises.
        log: told of failures.
    """

    def __init__(self, listeners: Sequence[Listener], log: HostLog) -> None:
        self._listeners = tuple(listeners)
        self._log = log
        self._draining = asyncio.Event()
        self._tasks = {
            asyncio.create_task(self._keep_running(each), name=f"listener of {each.name}") for each in listeners
        }

    @property
    def is_finished(self) -> bool:
        """Whether every listener has dealt with the last event it took."""
        return all(task.done() for task in self._tasks)

    def drain(self) -> None:
        """Have the listeners take no more events; what is under way goes on."""
        self._draining.set()
        for listener in self._listeners:
            listener.drain()

    async def finished(self, timeout: float) -> None:
        """Wait until `is_finished`, at most `timeout` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)

    async def stop(self) -> None:
        """End what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_running(self, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._draining.is_set():
            started = loop.time()
            try:
                await listener.run()
            except Exception:
                failures = 1 if loop.time() - started > STEADY else failures + 1
                delay = min(load_delay(failures), LONGEST_DELAY)
                self._log.write(
                    LogLevel.ERROR,
                    _CATEGORY,
                    f"The listener of '{listener.name}' failed, through a fault of funchost; it is started again in "
                    f"{delay:g} s.\n{traceback.format_exc()}",
                )
            else:
                return
            try:
                async with asyncio.timeout(delay):
                    await self._draining.wait()
            except TimeoutError:
                continue
