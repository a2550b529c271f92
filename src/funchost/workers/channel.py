"""Channel: frames to and from one worker over its socket. The hot path of the host.

Frames wait in an outbox and leave with one system call when a few wait, or at the end of the loop turn. They are
written to the descriptor here, not through a transport: uvloop would hold them back until the end of the turn.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from funchost_worker import wire

READ_SIZE = 256 * 1024
"""Bytes per turn of the loop."""

_FRAMES_PER_WRITE = 4
_BUFFERS_PER_WRITE = 512
"""Below IOV_MAX of every system."""

_LEFTOVER_LIMIT = 8 * 1024 * 1024
"""Far above what a socket holds; more than that at the end would come from a child that still writes."""

Buffer = bytes | memoryview


class Channel:
    """The host's end of one worker's wire. The socket belongs to the process, which closes it.

    Args:
        sock: connected, non-blocking.
        receive: called with kind, call number and payload of each frame; raises WireError if it makes no sense.
        broken: called at most once when the wire is of no more use, with the reason and whether the worker is to
            blame: it sent what is not part of the wire. False means that it has closed its end, which often
            comes right before the end of the process but does not imply it.
    """

    def __init__(
        self, sock: socket.socket, receive: Callable[[int, int, memoryview], None], broken: Callable[[str, bool], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._fd = sock.fileno()
        self._receive = receive
        self._report = broken
        self._reader = wire.FrameReader(wire.TO_HOST)
        self._outbox: list[Buffer] = []
        self._frames = 0
        self._flush_is_due = False
        self._blocked = False
        self._open = True
        self._loop.add_reader(self._fd, self._readable)

    def send(self, *buffers: Buffer) -> None:
        """Queue one frame, given in pieces that are not copied. Nothing happens once the wire is broken."""
        if not self._open:
            return
        self._outbox.extend(buffers)
        self._frames += 1
        if self._blocked:
            return
        if self._frames >= _FRAMES_PER_WRITE:
            self._flush()
        elif not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._end_of_turn)

    def finish(self) -> None:
        """Handle the frames that are still in the socket after the worker's end, and stop."""
        taken = 0
        while self._open and taken < _LEFTOVER_LIMIT:
            size = self._readable()
            if not size:
                break
            taken += size
        self._stop()

    def _end_of_turn(self) -> None:
        self._flush_is_due = False
        if self._outbox and not self._blocked:
            self._flush()

    def _flush(self) -> None:
        outbox = self._outbox
        self._frames = 0
        while outbox:
            try:
                if len(outbox) == 1:
                    sent = self._sock.send(outbox[0])
                else:
                    sent = self._sock.sendmsg(outbox[:_BUFFERS_PER_WRITE])
            except (BlockingIOError, InterruptedError):
                return self._wait_for_room()
            except OSError as error:
                return self._break(f"closed its connection to the host ({error})", False)
            if sent == sum(map(len, outbox)):
                outbox.clear()
            else:
                self._drop(sent)
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._fd)
        return None

    def _drop(self, sent: int) -> None:
        """Remove `sent` bytes from the front of the outbox."""
        outbox = self._outbox
        done = 0
        for buffer in outbox:
            size = len(buffer)
            if sent < size:
                break
            sent -= size
            done += 1
        del outbox[:done]
        if sent:
            outbox[0] = memoryview(outbox[0])[sent:]

    def _wait_for_room(self) -> None:
        if not self._blocked:
            self._blocked = True
            self._loop.add_writer(self._fd, self._flush)

    def _readable(self) -> int:
        """Handle one piece of what has arrived; returns its size, 0 if there is none now."""
        try:
            data = self._sock.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._break(f"closed its connection to the host ({error})", False)
            return 0
        if not data:
            self._break("closed its connection to the host", False)
            return 0
        try:
            for kind, call, payload in self._reader.feed(data):
                self._receive(kind, call, payload)
        except wire.WireError as error:
            self._break(f"sent what the host cannot read: {error}", True)
        return len(data)

    def _break(self, reason: str, is_fault: bool) -> None:
        if self._open:
            self._stop()
            self._report(reason, is_fault)

    def _stop(self) -> None:
        if not self._open:
            return
        self._open = False
        self._outbox.clear()
        self._loop.remove_reader(self._fd)
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self._fd)
