"""LiveBody: the content of an input that is read while it arrives."""

import collections
import os
import threading

from funchost_worker import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, List, Optional

    from funchost_worker.channel import Channel

CREDIT_AT = wire.WINDOW // 4
"""Bytes that are read before the sender is told."""


class LiveBody:
    """Bytes that come in on the loop and are read in any thread, a window of them in memory.

    A function in the thread pool waits for the loop. A function on the loop blocks the loop when it reads, as the
    library's interface wants it; the wire is then served from inside `read`, so that what it waits for can come.

    Args:
        number: of the body on the wire.
        size: bytes, None if unknown.
    """

    def __init__(self, number: int, size: "Optional[int]", channel: "Channel") -> None:
        self.number = number
        self.size = size
        self._channel = channel
        self._process = os.getpid()
        self._news = threading.Condition()
        self._chunks: "Deque[memoryview]" = collections.deque()
        self._unacknowledged = 0
        self._ended = False
        self._problem = ""

    def feed(self, chunk: memoryview) -> None:
        """Take a BODY frame. For the loop's thread."""
        with self._news:
            if not self._problem:
                self._chunks.append(memoryview(bytes(chunk)))  # a view would keep all that was read with it
                self._news.notify_all()

    def end(self, problem: str = "") -> None:
        """No more comes; `problem` says why it is not complete. Any thread."""
        with self._news:
            if self._ended:
                return
            self._ended = True
            self._problem = problem
            if problem:
                self._chunks.clear()
            self._news.notify_all()

    def close(self) -> None:
        """Nothing may be read any more: the call is over."""
        with self._news:
            self._ended = True
            self._problem = self._problem or "its invocation is over"
            self._chunks.clear()
            self._news.notify_all()

    def read(self, size: "Optional[int]" = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all that is left without a size.

        Raises:
            OSError: the content broke off, or its invocation is over.
        """
        if size == 0:
            return b""
        left = -1 if size is None or size < 0 else size
        pieces: "List[bytes]" = []
        while left:
            piece = self._next(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def peek(self, size: int = 0) -> bytes:
        """Return bytes that the next `read` gives too: at least one except at the end. Makes `readline` quick."""
        self._wait()
        with self._news:
            return bytes(self._chunks[0]) if self._chunks else b""

    def _next(self, limit: int) -> bytes:
        """Return what is there, at most `limit` bytes (-1 = all of a chunk); nothing at the end."""
        self._wait()
        with self._news:
            if not self._chunks:
                return b""
            chunk = self._chunks.popleft()
            if 0 < limit < len(chunk):
                self._chunks.appendleft(chunk[limit:])
                chunk = chunk[:limit]
            self._unacknowledged += len(chunk)
            credit = self._unacknowledged if self._unacknowledged >= CREDIT_AT and not self._ended else 0
            self._unacknowledged -= credit
        if credit:
            self._channel.send_from_thread(wire.frame(wire.Kind.CREDIT, self.number, wire.LENGTH.pack(credit)))
        return bytes(chunk)

    def _wait(self) -> None:
        """Return when there is something to read, or nothing more comes. Raises OSError."""
        if os.getpid() != self._process:
            raise OSError("the content of a binding cannot be read in another process")
        here = self._channel.is_here()
        while True:
            with self._news:
                if self._problem:
                    raise OSError("the content of a binding cannot be read: {}".format(self._problem))
                if self._chunks or self._ended:
                    return
                if not here:
                    self._news.wait()
            if here:
                self._channel.pump()
