from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from funchost.workers.bodies import RequestBody, ResponseBody, ResponseStream
from funchost_worker import wire
from funchost_worker.wire import Kind

Frame = tuple[int, int, bytes]


class Wire:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def send(self, *buffers: bytes | memoryview) -> None:
        kinds = wire.FrameReader(wire.TO_WORKER | wire.TO_HOST)
        self.frames += [(kind, call, bytes(p)) for kind, call, p in kinds.feed(b"".join(buffers))]

    def sizes(self, kind: int) -> list[int]:
        return [len(payload) for k, _, payload in self.frames if k == kind]

    def credit(self) -> int:
        return sum(wire.LENGTH.unpack(p)[0] for k, _, p in self.frames if k == Kind.CREDIT)


class Chunks:
    """A body made of chunks, which may break off."""

    size: int | None = None

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.chunks = chunks
        self.error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.error is not None:
            raise self.error


async def settle() -> None:
    """Let everything run that can run."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_request_body_goes_out_in_chunks_and_waits_for_credit() -> None:
    async def scenario() -> None:
        line = Wire()
        body = RequestBody(3, bytes(wire.WINDOW + 100), line.send)
        sending = asyncio.create_task(body.send())
        await settle()

        assert sum(line.sizes(Kind.BODY)) == wire.WINDOW
        assert max(line.sizes(Kind.BODY)) == wire.CHUNK
        assert not sending.done()

        body.credit(60)
        await settle()
        assert sum(line.sizes(Kind.BODY)) == wire.WINDOW + 60
        body.credit(wire.CHUNK)
        assert await sending is None
        assert sum(line.sizes(Kind.BODY)) == wire.WINDOW + 100
        assert line.frames[-1] == (Kind.BODY_END, 3, b"")

    asyncio.run(scenario())


def test_a_source_that_breaks_off_is_told_with_its_reason() -> None:
    async def scenario() -> None:
        line = Wire()
        error = ConnectionResetError("the client went away")
        problem = await RequestBody(3, Chunks(b"abc", b"", error=error), line.send).send()

        assert problem is error
        assert line.frames == [(Kind.BODY, 3, b"abc"), (Kind.BODY_END, 3, b"the client went away")]

    asyncio.run(scenario())


def response(line: Wire, size: int) -> tuple[ResponseStream, ResponseBody]:
    stream = ResponseStream(3, line.send)
    return stream, ResponseBody(stream, size, asyncio.get_running_loop())


def test_credit_is_given_as_the_consumer_takes_chunks() -> None:
    async def scenario() -> None:
        line = Wire()
        stream, body = response(line, 6)
        stream.feed(memoryview(b"abc"))
        stream.feed(memoryview(b"def"))
        assert line.credit() == 0

        chunks = aiter(body)
        assert await anext(chunks) == b"abc"
        assert line.credit() == 3
        stream.end(None)
        assert [chunk async for chunk in chunks] == [b"def"]

    asyncio.run(scenario())


def test_a_worker_that_ignores_its_window_is_at_fault() -> None:
    async def scenario() -> None:
        stream, _body = response(Wire(), 2 * wire.WINDOW)
        stream.feed(memoryview(bytes(wire.WINDOW)))
        with pytest.raises(wire.WireError, match="window"):
            stream.feed(memoryview(b"x"))

    asyncio.run(scenario())


def test_a_body_that_is_given_up_is_drained() -> None:
    async def scenario() -> None:
        line = Wire()
        stream, body = response(line, 100)
        stream.feed(memoryview(b"abc"))
        await body.aclose()
        assert line.credit() == 3
        stream.feed(memoryview(b"defg"))
        assert line.credit() == 7

    asyncio.run(scenario())


def test_a_body_that_nobody_holds_is_drained() -> None:
    async def scenario() -> None:
        line = Wire()
        stream, body = response(line, 100)
        stream.feed(memoryview(b"abc"))
        del body
        gc.collect()
        await settle()
        assert line.credit() == 3

    asyncio.run(scenario())


@pytest.mark.parametrize(("size", "problem"), [(2, "longer"), (4, "1 bytes short")])
def test_a_body_of_another_size_than_announced_breaks_off(size: int, problem: str) -> None:
    async def scenario() -> None:
        stream, body = response(Wire(), size)
        stream.feed(memoryview(b"abc"))
        stream.end(None)
        with pytest.raises(ConnectionResetError, match=problem):
            async for _ in body:
                pass

    asyncio.run(scenario())


def test_a_consumer_that_waits_learns_of_the_workers_end() -> None:
    async def scenario() -> None:
        stream, body = response(Wire(), 3)
        waiting = asyncio.ensure_future(anext(body))
        await settle()
        stream.end("Python worker (pid 1) was killed by signal 9 (SIGKILL)")
        with pytest.raises(ConnectionResetError, match="SIGKILL"):
            await waiting

    asyncio.run(scenario())
