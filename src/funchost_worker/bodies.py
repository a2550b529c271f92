"""Bodies: what is too large for one frame, in both directions, under a credit window."""

import io

from funchost_worker import wire
from funchost_worker.file_body import FileBody
from funchost_worker.live_body import LiveBody

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Union

    from funchost_worker.channel import Channel

CREDIT_AT = wire.WINDOW // 4
"""Bytes that are taken in before the sender is told."""


class GatheredBody:
    """A body that is wanted as a whole; its function has not started.

    `io.BytesIO` grows in place and gives its bytes away without a copy.
    """

    __slots__ = ("_channel", "_number", "_unacknowledged", "buffer", "job")

    def __init__(self, number: int, job: "Any", channel: "Channel") -> None:
        self.job = job
        self.buffer = io.BytesIO()
        self._number = number
        self._channel = channel
        self._unacknowledged = 0

    def feed(self, chunk: memoryview) -> None:
        self.buffer.write(chunk)
        self._unacknowledged += len(chunk)
        if self._unacknowledged >= CREDIT_AT:
            credit = wire.LENGTH.pack(self._unacknowledged)
            self._channel.send(wire.frame(wire.Kind.CREDIT, self._number, credit))
            self._unacknowledged = 0


class IncomingBodies:
    """Bodies on their way here, by number. For the loop's thread."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._bodies: "Dict[int, Union[GatheredBody, LiveBody]]" = {}

    def gather(self, number: int, job: "Any") -> None:
        """Collect the body; `take` hands it out when it is complete."""
        self._bodies[number] = GatheredBody(number, job, self._channel)

    def open(self, number: int, size: "Optional[int]") -> LiveBody:
        """Return a body that the function reads while it arrives."""
        self._bodies[number] = body = LiveBody(number, size, self._channel)
        return body

    def add(self, number: int, chunk: memoryview) -> None:
        body = self._bodies.get(number)
        if body is None:  # cancelled while chunks were on their way; the sender shall not wait for room
            self._channel.send(wire.frame(wire.Kind.CREDIT, number, wire.LENGTH.pack(len(chunk))))
            return
        body.feed(chunk)

    def take(self, number: int) -> "Union[GatheredBody, LiveBody, None]":
        """Return a body of which no more comes, None if nobody wants it any more."""
        return self._bodies.pop(number, None)


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
        self._files: "Dict[int, FileBody]" = {}

    def start(self, call: int, body: bytes) -> None:
        self._bodies[call] = OutgoingBody(body)
        self._send(call)

    def start_file(self, file: FileBody) -> None:
        """Make room for a body that a thread of its own sends."""
        self._files[file.number] = file

    def credit(self, call: int, payload: memoryview) -> None:
        size = wire.LENGTH.unpack(payload)[0]
        body = self._bodies.get(call)
        if body is not None:
            body.window += size
            self._send(call)
        elif call in self._files:
            self._files[call].credit(size)

    def drop(self, call: int) -> None:
        """Stop sending: nobody waits for the rest."""
        if self._bodies.pop(call, None) is not None:
            self._channel.send(wire.frame(wire.Kind.BODY_END, call, b"cancelled"))
        elif call in self._files:
            self._files[call].drop()

    def forget(self, number: int) -> None:
        """The file's thread has sent all that it will."""
        self._files.pop(number, None)

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
