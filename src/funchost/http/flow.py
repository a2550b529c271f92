"""Flow: how fast one connection reads and writes, and when a client that does not take its answer is cut off."""

from __future__ import annotations

import asyncio

from funchost.http.limits import ClientLimits


class Flow:
    """Back-pressure of one connection, in both directions.

    Args:
        transport: the connection's.
        limits: how slowly a client may take an answer.
    """

    __slots__ = ("_limits", "_loop", "_timer", "_transport", "_writable", "read_paused", "write_paused")

    def __init__(self, transport: asyncio.Transport, limits: ClientLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.read_paused = False
        self.write_paused = False
        self._transport = transport
        self._limits = limits
        self._loop = loop
        self._writable = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def pause_reading(self) -> None:
        if not self.read_paused and not self._transport.is_closing():
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The client does not take what was written: `drain` waits from now on."""
        self.write_paused = True
        self._writable.clear()
        self.watch_writing()

    def resume_writing(self) -> None:
        self.write_paused = False
        self._writable.set()
        if not self._transport.is_closing():
            self._stop_timer()

    async def drain(self) -> None:
        """Wait until the client has taken most of what was written."""
        if self.write_paused:
            await self._writable.wait()

    def watch_writing(self) -> None:
        """Cut the client off if it takes too little of what waits for it in a window of time."""
        if self._timer is None:
            left = self._transport.get_write_buffer_size()
            self._timer = self._loop.call_later(self._limits.slow_window, self._look, left)

    def close(self) -> None:
        """The connection is gone: nobody waits for it any more."""
        self.write_paused = False
        self._writable.set()
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, left_before: int) -> None:
        self._timer = None
        left = self._transport.get_write_buffer_size()
        if left and left_before - left < min(self._limits.slow_bytes, left_before):
            self._transport.abort()
        elif left:
            self.watch_writing()
