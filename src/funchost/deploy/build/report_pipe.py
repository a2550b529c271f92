"""ReportPipe: the server's end of the pipe on which a build process reports."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_READ_SIZE = 16 * 1024
_LINE_LIMIT = 256 * 1024
"""Bytes; far more than a report can have."""


class ReportPipe:
    """Cuts what comes out of a pipe into lines; closes the pipe.

    Args:
        fd: to read from.
        deliver: called with each line, without its end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, deliver: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._fd = fd
        self._deliver = deliver
        self._rest = b""
        self._open = True
        os.set_blocking(fd, False)
        loop.add_reader(fd, self._read)

    def finish(self) -> None:
        """Deliver what the pipe holds, then close it, even if somebody holds the other end open."""
        while self._open and self._read():
            continue
        self._close()

    def _read(self) -> bool:
        """Deliver one piece; returns whether there was one."""
        try:
            data = os.read(self._fd, _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return False
        if not data:
            self._close()
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LINE_LIMIT:
            self._rest = b""
        for line in lines:
            self._deliver(line)
        return True

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
