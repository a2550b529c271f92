"""Console: lines for a terminal, pipe or file, written by a thread so that a slow reader never holds up the caller."""

from __future__ import annotations

import errno
import os
import select
import threading
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

LIMIT = 8 * 1024 * 1024
INTERVAL = 0.02
LINES_PER_WRITE = 1024

_READER_GONE = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO})


class Dropped(NamedTuple):
    """How many texts found no room."""

    host: int = 0
    app: int = 0

    def notice(self) -> str:
        """Return the line that tells the reader what is missing."""
        counts = [f"{count:,} {whose} lines" for count, whose in ((self.host, "host"), (self.app, "app")) if count]
        return f"({' and '.join(counts)} dropped here: the console is read too slowly)\n"


class Console:
    """Writes text to a file descriptor from a thread of its own, in batches.

    While text comes in, the thread writes every 20 ms; while none does, it sleeps without a timer. At most `limit`
    characters wait. Droppable text is refused when half of that is taken, so that the other half stays free for text
    that is not; the number of refused texts is printed where they are missing. A reader that goes away ends the
    output, not the process.

    Args:
        fd: open file descriptor, blocking or not; stays open.
        limit: characters that may wait.
    """

    def __init__(self, fd: int, limit: int = LIMIT) -> None:
        self._fd = fd
        self._limit = limit
        self._droppable_limit = limit // 2
        self._lock = threading.RLock()  # a signal handler may log while its own thread is in `write`
        self._wake = threading.Condition(self._lock)
        self._texts: list[str] = []
        self._waiting = 0
        self._dropped = Dropped()
        self._asleep = False
        self._closed = False
        self._gone = False
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    def write(self, text: str, droppable: bool = False) -> None:
        """Queue `text`, whole lines with their line ends; never blocks. After `close` it is ignored."""
        with self._lock:
            waiting = self._waiting + len(text)
            if waiting > (self._droppable_limit if droppable else self._limit):
                self._refuse(droppable)
                return
            if self._closed or self._gone:
                return
            self._waiting = waiting
            self._texts.append(text)
            if self._asleep:
                self._asleep = False
                self._wake.notify()

    def close(self, timeout: float = 2.0) -> bool:
        """Write what waits and end the thread; returns whether that was done within `timeout` seconds."""
        with self._lock:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _refuse(self, droppable: bool) -> None:
        host, app = self._dropped
        self._dropped = Dropped(host + 1, app) if droppable else Dropped(host, app + 1)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._texts and not self._closed:
                    self._asleep = True
                    self._wake.wait_for(self._has_work)
                    self._asleep = False
                if not self._closed:
                    self._wake.wait(INTERVAL)
                closed = self._closed
                texts, self._texts = self._texts, []
                dropped, self._dropped = self._dropped, Dropped()
            self._write_batch(texts, dropped)
            if closed:
                return

    def _has_work(self) -> bool:
        return bool(self._texts) or self._closed

    def _write_batch(self, texts: list[str], dropped: Dropped) -> None:
        pieces = iter(texts)
        while piece := "".join(islice(pieces, LINES_PER_WRITE)):
            self._write_all(piece)
            with self._lock:
                self._waiting -= len(piece)
        if any(dropped):
            self._write_all(dropped.notice())

    def _write_all(self, text: str) -> None:
        if self._gone:
            return
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        while left:
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                self._wait_for_room()
            except OSError as error:
                # A full disk may have room later; only a reader that went away is final.
                self._gone = error.errno in _READER_GONE
                return

    def _wait_for_room(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        poll.poll()


def wants_colour(fd: int, environ: Mapping[str, str]) -> bool:
    """Return whether text for `fd` may carry colour codes.

    It may on a terminal that is not ``dumb``. NO_COLOR (no-color.org) switches colours off and wins over FORCE_COLOR,
    which switches them on for pipes and files too.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "") not in ("", "0", "false"):
        return True
    return environ.get("TERM") != "dumb" and os.isatty(fd)
