"""Standard output and error of a worker: bytes of a pipe into lines of text."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import Callable
from typing import IO

LINE_LIMIT = 64 * 1024
"""Characters; a longer line is delivered in pieces."""

_READ_SIZE = 16 * 1024
"""Bytes per turn of the loop: a worker that prints without end must not hold up anything else."""

_LEFTOVER_LIMIT = 1024 * 1024
"""The most that a pipe can hold. More than that at the end comes from a child that is still printing."""


PARTIAL_LINE_SECONDS = 0.5
"""After that long the start of a line is shown without its end: a prompt, or a progress bar."""


class LineSplitter:
    """Cuts a stream of UTF-8 into lines; what is not UTF-8 becomes U+FFFD."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, without their ends."""
        return self._cut(self._decoder.decode(data))

    def take_rest(self) -> list[str]:
        """Return the line that has begun and not ended, if there is one; what follows will be a line of its own."""
        rest, self._rest = self._rest, ""
        return [rest] if rest else []

    def end(self) -> list[str]:
        """Return what is left as a last line."""
        return self._cut(self._decoder.decode(b"", True)) + self.take_rest()

    @property
    def in_line(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._rest)

    def _cut(self, text: str) -> list[str]:
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        lines = [line.removesuffix("\r") for line in lines]
        if len(self._rest) > LINE_LIMIT or any(len(line) > LINE_LIMIT for line in lines):
            *pieces, self._rest = _pieces(self._rest)
            lines = [piece for line in lines for piece in _pieces(line)] + pieces
        return lines


def _pieces(line: str) -> list[str]:
    return [line[at : at + LINE_LIMIT] for at in range(0, len(line), LINE_LIMIT)] or [line]


class OutputPipe:
    """The host's end of one pipe, which it closes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pipe: IO[bytes], deliver: Callable[[str], None]) -> None:
        self._loop = loop
        self._pipe = pipe
        self._fd = fd = pipe.fileno()
        self._deliver = deliver
        self._lines = LineSplitter()
        self._open = True
        self._partial: asyncio.TimerHandle | None = None
        os.set_blocking(fd, False)
        loop.add_reader(fd, self._read)

    def finish(self) -> None:
        """Deliver what the pipe still holds, then close it, even if somebody holds the other end open."""
        taken = 0
        while self._open and taken < _LEFTOVER_LIMIT:
            size = self._read()
            if size is None:
                break
            taken += size
        self._close()

    def _read(self) -> int | None:
        """Deliver one piece; None if there is none now."""
        try:
            data = os.read(self._fd, _READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            data = b""
        if not data:
            self._close()
            return 0
        for line in self._lines.feed(data):
            self._deliver(line)
        self._watch_partial_line()
        return len(data)

    def _watch_partial_line(self) -> None:
        if self._partial is not None:
            self._partial.cancel()
            self._partial = None
        if self._lines.in_line:
            self._partial = self._loop.call_later(PARTIAL_LINE_SECONDS, self._deliver_partial_line)

    def _deliver_partial_line(self) -> None:
        self._partial = None
        # A loop that was held up runs its timers first: the rest of the line may have been in the pipe for long.
        if self._read() is not None:
            return
        for line in self._lines.take_rest():
            self._deliver(line)

    def _close(self) -> None:
        if not self._open:
            return
        self._open = False
        if self._partial is not None:
            self._partial.cancel()
        self._loop.remove_reader(self._fd)
        self._pipe.close()
        for line in self._lines.end():
            self._deliver(line)
