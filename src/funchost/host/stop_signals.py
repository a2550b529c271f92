"""StopSignals: what tells a host, a server or an emulator to end: Ctrl-C, SIGTERM, or a terminal that was closed."""

from __future__ import annotations

import asyncio
import signal


class StopSignals:
    """Takes SIGINT, SIGTERM and SIGHUP from when it is made, in the running event loop.

    A SIGHUP that was ignored when the process began (nohup) stays ignored.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._received: asyncio.Queue[signal.Signals] = asyncio.Queue()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self._received.put_nowait, number)

    async def first(self) -> signal.Signals:
        """Wait for a signal."""
        return await self._received.get()

    async def once_more(self) -> None:
        """Wait for a signal that asks again.

        SIGHUP does not: a terminal that is closed once sends it twice, by way of the system and of the shell.
        """
        while await self._received.get() is signal.SIGHUP:
            pass


def announcement(first: signal.Signals) -> str:
    """Return the line that says what the first signal has begun, and what a further one does."""
    again = "SIGTERM" if first is signal.SIGHUP else "Once more"
    return f"{first.name} received: finishing requests, then stopping. {again} kills."
