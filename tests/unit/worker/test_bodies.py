from __future__ import annotations

from typing import Any

from funchost_worker import wire
from funchost_worker.bodies import CREDIT_AT, GatheredBody, IncomingBodies, OutgoingBodies
from funchost_worker.wire import Kind


class Sent:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.data = b""

    def send(self, *buffers: Any) -> None:
        self.data += b"".join(bytes(buffer) for buffer in buffers)

    def frames(self) -> list[tuple[int, int, bytes]]:
        data, self.data = self.data, b""
        return [(k, call, bytes(payload)) for k, call, payload in wire.FrameReader(wire.TO_HOST).feed(data)]


def credit(size: int) -> memoryview:
    return memoryview(wire.LENGTH.pack(size))


def test_a_request_body_is_gathered_and_credit_given_as_it_comes() -> None:
    channel = Sent()
    bodies = IncomingBodies(channel)  # type: ignore[arg-type]
    bodies.gather(1, "job")
    for _ in range(CREDIT_AT // wire.CHUNK):
        assert channel.frames() == []
        bodies.add(1, memoryview(b"x" * wire.CHUNK))
    assert channel.frames() == [(Kind.CREDIT, 1, wire.LENGTH.pack(CREDIT_AT))]
    bodies.add(1, memoryview(b"end"))
    body = bodies.take(1)
    assert isinstance(body, GatheredBody)
    assert (body.job, body.buffer.getvalue()) == ("job", b"x" * CREDIT_AT + b"end")
    assert bodies.take(1) is None


def test_chunks_of_a_dropped_body_are_thrown_away_with_credit() -> None:
    channel = Sent()
    bodies = IncomingBodies(channel)  # type: ignore[arg-type]
    bodies.gather(1, "job")
    assert bodies.take(1) is not None
    bodies.add(1, memoryview(b"late"))
    assert channel.frames() == [(Kind.CREDIT, 1, wire.LENGTH.pack(4))]


def test_a_response_body_stops_at_the_window_and_goes_on_with_credit() -> None:
    channel = Sent()
    bodies = OutgoingBodies(channel)  # type: ignore[arg-type]
    body = bytes(range(256)) * 8192  # 2 MiB
    bodies.start(1, body)
    first = channel.frames()
    assert sum(len(payload) for _, _, payload in first) == wire.WINDOW
    assert {len(payload) for _, _, payload in first} == {wire.CHUNK}
    bodies.credit(1, credit(100))
    assert [len(payload) for _, _, payload in channel.frames()] == [100]
    bodies.credit(1, credit(wire.WINDOW))
    last = channel.frames()
    assert last[-1] == (Kind.BODY_END, 1, b"")
    assert sum(len(payload) for _, _, payload in last) == len(body) - wire.WINDOW - 100
    bodies.credit(1, credit(1))
    assert channel.frames() == []


def test_a_response_that_nobody_waits_for_ends_early() -> None:
    channel = Sent()
    bodies = OutgoingBodies(channel)  # type: ignore[arg-type]
    bodies.start(1, b"x" * (wire.WINDOW + 1))
    channel.frames()
    bodies.drop(1)
    bodies.drop(1)
    assert channel.frames() == [(Kind.BODY_END, 1, b"cancelled")]
