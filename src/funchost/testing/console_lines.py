"""Collects the console lines of a process while it runs, if need be as slowly as a slow terminal."""

from __future__ import annotations

import re
import threading
import time
from typing import IO


class ConsoleLines:
    """The lines that a stream has given so far; a thread reads it until its end, and closes it.

    Args:
        stream: text stream, e.g. the stdout pipe of a process.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._ended = False
        self._left = False
        self._rate: float | None = None
        self._next_read = 0.0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="console lines", daemon=True)
        self._thread.start()

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line so far, without line ends."""
        with self._changed:
            return tuple(self._lines)

    def wait_for(self, pattern: str, timeout: float, start: int = 0) -> re.Match[str]:
        """Return the match of the first line in which `pattern` is found.

        Args:
            pattern: regular expression, searched anywhere in a line.
            timeout: seconds.
            start: index of the first line to look at.

        Raises:
            TimeoutError: no such line came in time, or the stream ended without one; the last lines are in the text.
        """
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout
        at = start
        with self._changed:
            while True:
                for line in self._lines[at:]:
                    at += 1
                    if match := expression.search(line):
                        return match
                if self._ended or not self._changed.wait(deadline - time.monotonic()):
                    reason = "the output ended" if self._ended else f"{timeout:g} s passed"
                    tail = "\n  ".join(self._lines[-30:])
                    raise TimeoutError(f"{reason} without a line that matches {pattern!r}; the last lines:\n  {tail}")

    def read_at(self, rate: float | None) -> None:
        """Read `rate` characters per second from here on: 0 = nothing at all, None = as fast as they come."""
        with self._changed:
            self._rate = rate
            self._changed.notify_all()

    def leave(self) -> None:
        """Close the stream as soon as the line that is being waited for is there."""
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def join(self, timeout: float) -> None:
        """Wait until the stream has ended, or nothing has come for `timeout` seconds: a child may keep it open."""
        seen = -1
        while self._thread.is_alive() and len(self.lines) > seen:
            seen = len(self.lines)
            self._thread.join(timeout)

    def _read(self) -> None:
        with self._stream:  # closed here: elsewhere that would wait for whoever keeps it open
            for line in self._stream:
                with self._changed:
                    self._lines.append(line.rstrip("\r\n"))
                    self._changed.notify_all()
                    self._await_turn(len(line))
                    if self._left:
                        break
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _await_turn(self, size: int) -> None:
        """Wait, after `size` characters, until the rate allows more."""
        last = time.monotonic()
        while self._rate is not None and not self._left:
            delay = None if self._rate == 0 else max(self._next_read, last) + size / self._rate - time.monotonic()
            if delay is not None and delay <= 0:
                break
            self._changed.wait(delay)
        self._next_read = max(self._next_read, last) + (size / self._rate if self._rate else 0.0)
