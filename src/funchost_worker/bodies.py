"""Bodies: HTTP bodies that are too large for one frame, in both directions, under a credit window."""

import io

from funchost_worker import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    from funchost_worker.channel import Channel

CREDIT_AT = wire.WINDOW // 4
"""Bytes that are taken in before the sender is told."""


class IncomingBody:
    """A request whose body is still arriving.

    `io.BytesIO` grows in place and gives its bytes away without a copy.
    """

    __slots__ = ("buffer", "head", "unacknowledged")

    def __init__(self, head: "Any") -> None:
        self.head = head
        self.buffer = io.BytesIO()
        self.unacknowledged = 0


class IncomingBodies:
    """Bodies of invocations that have not started."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._bodies: "Dict[int, IncomingBody]" = {}

    def expect(self, call: int, head: "Any") -> None:
        self._bodies[call] = IncomingBody(head)

    def add(self, call: int, chunk: memoryview) -> None:
        body = self._bodies.get(call)
        if body is None:  # cancelled while chunks were on their way; the sender shall not wait for room
            self._channel.send(wire.frame(wire.Kind.CREDIT, call, wire.LENGTH.pack(len(chunk))))
            return
        body.buffer.write(chunk)
        body.unacknowledged += len(chunk)
        if body.unacknowledged >= CREDIT_AT:
            credit = wire.LENGTH.pack(body.unacknowledged)
            self._channel.send(wire.frame(wire.Kind.CREDIT, call, credit))
            body.unacknowledged = 0

    def finish(self, call: int) -> "Optional[Tuple[Any, bytes]]":
        """Return what `expect` was given, and the whole body; None if the call is not waiting for one."""
        body = self._bodies.pop(call, None)
        return None if body is None else (body.head, body.buffer.getvalue())

    def drop(self, call: int) -> "Optional[Any]":
        body = self._bodies.pop(call, None)
        return None if body is None else body.head


class OutgoingBody:
    __slots__ = ("at", "view", "window")

    def __init__(self, body: bytes) -> None:
        self.view = memoryview(body)
        self.at = 0
        self.window = wire.WINDOW


class OutgoingBodies:
    """Bodies of results that are on their way. For the loop's thread."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._bodies: "Dict[int, OutgoingBody]" = {}

    def start(self, call: int, body: bytes) -> None:
        self._bodies[call] = OutgoingBody(body)
        self._send(call)

    def credit(self, call: int, payload: memoryview) -> None:
        body = self._bodies.get(call)
        if body is not None:
            body.window += wire.LENGTH.unpack(payload)[0]
            self._send(call)

    def drop(self, call: int) -> None:
        """Stop sending: nobody waits for the rest."""
        if self._bodies.pop(call, None) is not None:
            self._channel.send(wire.frame(wire.Kind.BODY_END, call, b"cancelled"))

    def _send(self, call: int) -> None:
        body = self._bodies[call]
        size = len(body.view)
        while body.at < size and body.window > 0:
            end = min(body.at + min(wire.CHUNK, body.window), size)
            head = wire.HEADER.pack(end - body.at, wire.Kind.BODY, call)
            self._channel.send(head, body.view[body.at:end])
            body.window -= end - body.at
            body.at = end
        if body.at == size:
            del self._bodies[call]
            self._channel.send(wire.frame(wire.Kind.BODY_END, call))
