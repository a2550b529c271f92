"""DeploymentLog: what a deployment tells those who watch it; a file with a line of JSON for each entry."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from funchost.errors import FuncHostError
from funchost.logs import without_control
from funchost.platform.deployment import LogLine

MAX_LINES = 10_000
MAX_BYTES = 4 * 1024 * 1024
"""Lines after that are counted, but for the last ones, which say how it ended."""
MAX_LINE = 64 * 1024
"""Characters of a line; the middle of a longer one is left out."""


class DeploymentLog:
    """The log of a deployment that runs. Lines are on disk soon after they were written.

    Args:
        path: of the file; lines are added at its end.
        clock: seconds since 1970.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.lines: list[LogLine] = []
        self._path = path
        self._clock = clock
        self._bytes = 0
        self._left_out = 0
        self._pending: list[LogLine] = []
        self._failure: OSError | None = None
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._closed = False

    def write(self, message: str, error: bool = False, *, last: bool = False) -> None:
        """Add a line: what builds and apps print, which must not command the terminal of whoever reads it.

        Args:
            last: one of those that say how it ended; always kept.
        """
        text = _shortened(without_control(message.replace("\r\n", "\n")))
        self._bytes += len(text)
        if not last and (len(self.lines) >= MAX_LINES or self._bytes > MAX_BYTES):
            self._left_out += 1
            return
        if last and self._left_out:
            self._add(LogLine(self._clock(), f"{self._left_out} more lines were left out here."))
            self._left_out = 0
        self._add(LogLine(self._clock(), text, error))

    async def flush(self) -> None:
        """Have all lines in the file.

        Raises:
            FuncHostError: it cannot be written, e.g. because the disk is full.
        """
        await self._write_out()
        if self._failure is not None:
            raise FuncHostError(f"The deployment's log cannot be written: {self._failure.strerror}.")

    async def follow(self, after: int = 0) -> AsyncIterator[LogLine]:
        """Yield all lines after the first `after`, then new ones as they come, until the end."""
        place = after
        while True:
            news = self._news
            while place < len(self.lines):
                yield self.lines[place]
                place += 1
            if self._closed:
                return
            await news.wait()

    async def close(self) -> None:
        """Write out what is left, as far as the disk allows, and end those who follow."""
        await self._write_out()
        self._closed = True
        self._wake()

    def _add(self, line: LogLine) -> None:
        self.lines.append(line)
        self._pending.append(line)
        self._wake()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_out())

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _write_out(self) -> None:
        async with self._writing:
            while self._pending:
                batch, self._pending = self._pending, []
                try:
                    await asyncio.to_thread(append, self._path, batch)
                except OSError as error:
                    self._failure = error
                    self._pending = batch + self._pending
                    return
                self._failure = None


def append(path: Path, lines: Sequence[LogLine]) -> None:
    """Add lines to a log; all are in the file, or none. Blocks.

    Raises:
        OSError: they cannot be written.
    """
    text = "".join(json.dumps([line.time, line.message, line.error]) + "\n" for line in lines).encode()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            text = b"\n" + text  # a server that was killed has left half a line
        try:
            written = 0
            while written < len(text):
                written += os.write(file, text[written:])
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise
    finally:
        os.close(file)


def read(path: Path, after: int = 0) -> Sequence[LogLine]:
    """Return the lines of a log, without the first `after`; those that a crash cut off are passed over. Blocks."""
    try:
        with path.open("rb") as file:
            found = [line for raw in file if (line := _parsed(raw)) is not None]
    except FileNotFoundError:
        return []
    return found[after:]


def _parsed(raw: bytes) -> LogLine | None:
    try:
        time_, message, error = json.loads(raw)
        return LogLine(float(time_), str(message), bool(error))
    except (ValueError, TypeError):
        return None


def _shortened(message: str) -> str:
    if len(message) <= MAX_LINE:
        return message
    half = MAX_LINE // 2
    return f"{message[:half]}\n... {len(message) - 2 * half} characters are left out ...\n{message[-half:]}"
