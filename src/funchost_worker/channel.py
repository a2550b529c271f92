"""Channel: the worker's end of the wire. Reads frames on the loop, sends frames from any thread."""

import collections
import itertools
import select
import threading
import traceback

from funchost_worker import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import socket
    from typing import Callable, Deque, Tuple, Union

    Buffer = Union[bytes, memoryview]

FLUSH_AT = 4
"""Frames that wait before they are written without waiting for the end of the loop turn."""
READ_SIZE = 256 * 1024
BUFFERS_PER_WRITE = 64
STALL = 1000
"""Milliseconds between looks at the socket while somebody waits for it."""


class Channel:
    """Frames in and out of one socket.

    Args:
        sock: connected stream socket; becomes non-blocking.
        loop: the loop that reads it.
        on_frame: called on the loop with (kind, call number, payload).
        on_end: called on the loop with the reason when the stream cannot be read further.
    """

    def __init__(self, sock: "socket.socket", loop: "asyncio.AbstractEventLoop",
                 on_frame: "Callable[[int, int, memoryview], None]", on_end: "Callable[[str], None]") -> None:
        sock.setblocking(False)
        self._socket = sock
        self._loop = loop
        self._on_frame = on_frame
        self._on_end = on_end
        self._frames = wire.FrameReader(wire.TO_WORKER)
        self._due: "Deque[Tuple[int, int, memoryview]]" = collections.deque()  # read and not yet handled
        self._space = bytearray(READ_SIZE)
        self._lock = threading.RLock()
        self._outbox: "Deque[Buffer]" = collections.deque()
        self._queued = 0  # buffers ever put in the outbox
        self._written = 0  # buffers ever written
        self._waiting = 0  # frames since the last write
        self._turn_end_due = False
        self._watching = False
        self._writer = 0  # the thread that writes now
        self._open = True
        self._thread = threading.get_ident()

    def start(self) -> None:
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def stop_reading(self) -> None:
        self._loop.remove_reader(self._socket.fileno())

    def _readable(self) -> None:
        try:
            size = self._socket.recv_into(self._space)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end("the wire broke: {}".format(error))
            return
        if size == 0:
            self._end("")
            return
        try:
            due = self._due
            due.extend(self._frames.feed(bytes(memoryview(self._space)[:size])))
            while due:
                self._on_frame(*due.popleft())
        except wire.WireError as error:
            self._end(str(error))
        except Exception:  # the rest of what was read would be lost: a new worker does better than this one
            self._end("internal error\n" + traceback.format_exc())

    def is_here(self) -> bool:
        """Whether the caller runs in the loop's thread, which alone reads."""
        return threading.get_ident() == self._thread

    def pump(self) -> None:
        """Wait for the host and handle what it says, for code on the loop that waits for a frame and blocks the loop.

        What should be written goes out meanwhile: the host may wait for it.
        """
        if self._due:
            self._on_frame(*self._due.popleft())
            return
        with self._lock:
            self._write()
            events = select.POLLIN | select.POLLOUT if self._outbox else select.POLLIN
        ready = select.poll()
        ready.register(self._socket.fileno(), events)
        if any(event & ~select.POLLOUT for _, event in ready.poll(STALL)):
            self._readable()

    def _end(self, reason: str) -> None:
        self.stop_reading()
        self._on_end(reason)

    def send(self, *buffers: "Buffer") -> None:
        """Send one frame, given in pieces. For the loop's thread; written at the end of the turn at the latest."""
        with self._lock:
            self._put(buffers)
            if self._waiting >= FLUSH_AT:
                self._write()
            elif not self._turn_end_due:
                self._turn_end_due = True
                self._loop.call_soon(self._turn_end)

    def send_from_thread(self, *buffers: "Buffer") -> None:
        """Send one frame from any thread, at once: waking the loop to write it costs more (65 against 45 us a call)."""
        with self._lock:
            self._put(buffers)
            self._write()

    def send_now(self, *buffers: "Buffer") -> None:
        """Send one frame from any thread and return when the socket has taken it and all before it.

        Blocks the caller while the host does not read: what is logged must not be lost, nor pile up in memory.
        """
        with self._lock:
            self._put(buffers)
            ticket = self._queued
            self._write()
        while self._open and self._written < ticket and self._writer != threading.get_ident():
            room = select.poll()
            room.register(self._socket.fileno(), select.POLLOUT)
            room.poll(STALL)
            with self._lock:
                self._write()

    def abandon(self) -> None:
        """Forget the wire without touching it: in a forked child it belongs to the parent."""
        self._lock = threading.RLock()
        self._open = False
        self._outbox.clear()

    def _put(self, buffers: "tuple[Buffer, ...]") -> None:
        if self._open:
            self._outbox.extend(buffers)
            self._queued += len(buffers)
            self._waiting += 1

    def _turn_end(self) -> None:
        with self._lock:
            self._turn_end_due = False
            self._write()

    def _write(self) -> None:
        """Write what the socket takes. A log record made while writing (by a finaliser) only joins the outbox."""
        if self._writer:  # this thread: others wait for the lock
            return
        self._writer = threading.get_ident()
        try:
            while self._outbox:
                sent = self._socket.sendmsg(list(itertools.islice(self._outbox, BUFFERS_PER_WRITE)))
                self._advance(sent)
        except (BlockingIOError, InterruptedError):
            self._watch()
        except OSError:
            self._open = False  # the host is gone; the reader ends the worker
            self._outbox.clear()
        finally:
            self._writer = 0
        self._waiting = 0

    def _advance(self, sent: int) -> None:
        outbox = self._outbox
        while sent or (outbox and not len(outbox[0])):  # an empty body is an empty buffer
            size = len(outbox[0])
            if sent < size:
                outbox[0] = memoryview(outbox[0])[sent:]
                return
            sent -= size
            outbox.popleft()
            self._written += 1

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._loop.call_soon_threadsafe(self._loop.add_writer, self._socket.fileno(), self._writable)

    def _writable(self) -> None:
        with self._lock:
            self._write()
            if not self._outbox:
                self._watching = False
                self._loop.remove_writer(self._socket.fileno())
