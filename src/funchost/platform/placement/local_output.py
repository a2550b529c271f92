"""OutputPipe: what an instance prints, taken at a bounded rate.

An app that prints without end fills its pipe, and its host leaves out lines then; neither the app nor the server waits.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import IO

RATE = 1024 * 1024
"""Bytes per second that are taken in the long run."""
BURST = 2 * 1024 * 1024
"""Bytes that are taken at once after a time of silence."""

_READ_SIZE = 64 * 1024
_PAUSE = 0.1
_LEFTOVER = 1024 * 1024
"""The most that a pipe can hold; more than that at the end comes from a child that is still printing."""


class OutputPipe:
    """The server's end of the pipe, which it closes.

    Args:
        pipe: open for reading.
        deliver: gets what comes.
    """

    def __init__(self, pipe: IO[bytes], deliver: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pipe = pipe
        self._deliver = deliver
        self._credit = float(BURST)
        self._counted = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._open = True
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), self._readable)

    def finish(self) -> None:
        """Deliver what the pipe still holds, then close it; idempotent."""
        taken = 0
        while self._open and taken < _LEFTOVER:
            size = self._read()
            if not size:
                break
            taken += size
        self._close()

    def _readable(self) -> None:
        if self._read() == 0:
            self._close()
        elif self._credit <= 0:
            self._loop.remove_reader(self._pipe.fileno())
            self._timer = self._loop.call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        self._timer = None
        now = self._loop.time()
        self._credit = min(self._credit + (now - self._counted) * RATE, BURST)
        self._counted = now
        if self._credit > 0:
            self._loop.add_reader(self._pipe.fileno(), self._readable)
        else:
            self._timer = self._loop.call_later(_PAUSE, self._resume)

    def _read(self) -> int | None:
        """Return the number of bytes, 0 at the end, None if there are none now."""
        try:
            data = os.read(self._pipe.fileno(), _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            data = b""
        if data:
            self._credit -= len(data)
            self._deliver(data)
        return len(data)

    def _close(self) -> None:
        if not self._open:
            return
        self._open = False
        if self._timer is not None:
            self._timer.cancel()
        with suppress(ValueError):
            self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
