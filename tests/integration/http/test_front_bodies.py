from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from funchost.app.invocation import Body, Datum, HttpResponseData, Invocation, InvocationResult, Status
from tests.integration.http.served import eventually, in_loop, request_of, served
from tests.unit.http.apps import answer, http_function

MIB = 1024 * 1024


async def length_of_body(invocation: Invocation) -> InvocationResult:
    """Answers with the length of the body; gives up as a worker does when the body breaks off."""
    body = request_of(invocation).body
    if isinstance(body, bytes):
        return answer(b"%d" % len(body))
    size = 0
    try:
        async for piece in body:
            size += len(piece)
    except Exception:
        return InvocationResult(Status.CANCELLED)
    return answer(b"%d" % size)


def head(*lines: str) -> bytes:
    return "\r\n".join(("POST /api/f HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", "")).encode()


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "size"),
    [
        (head(), 0),
        (head("Content-Length: 5") + b"hello", 5),
        (head("Content-Length: 65536") + bytes(65536), 65536),
        (head("Content-Length: 65537") + bytes(65537), 65537),
        (head("Content-Length: 5000000") + bytes(5_000_000), 5_000_000),
        (head("Transfer-Encoding: chunked") + chunked(b"abc", b"de"), 5),
        (head("Transfer-Encoding: chunked") + chunked(*[bytes(100_000)] * 20), 2_000_000),
        (head("Transfer-Encoding: chunked") + chunked(), 0),
    ],
)
def test_bodies_of_every_size_and_framing_arrive_whole(request_bytes: bytes, size: int) -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=length_of_body) as site:
            got = await site.raw(request_bytes)
            assert got.startswith(b"HTTP/1.1 200 "), got[:200]
            assert got.endswith(b"\r\n\r\n%d" % size)

    in_loop(scenario())


@pytest.mark.parametrize(
    "request_bytes",
    [
        head("Content-Length: 100001") + bytes(100_001),
        head("Transfer-Encoding: chunked") + chunked(bytes(60_000), bytes(60_000)),
    ],
)
def test_a_body_over_the_limit_is_413(request_bytes: bytes) -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=length_of_body, body_limit=100_000) as site:
            got = await site.raw(request_bytes)
            assert got.startswith(b"HTTP/1.1 413 "), got[:200]
            assert got.endswith(b"\r\n\r\n")

    in_loop(scenario())


def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent() -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=length_of_body, body_limit=10) as site:
            reader, writer = await site.connect()
            writer.write(head("Content-Length: 11", "Expect: 100-continue"))
            assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
            writer.close()

    in_loop(scenario())


def test_a_client_that_goes_away_breaks_its_body_off() -> None:
    problems: list[BaseException] = []

    async def upload(invocation: Invocation) -> InvocationResult:
        body = request_of(invocation).body
        assert not isinstance(body, bytes)
        try:
            async for _ in body:
                pass
        except ConnectionResetError as error:
            problems.append(error)
        return InvocationResult(Status.CANCELLED)

    async def scenario() -> None:
        async with served(http_function("F"), handler=upload) as site:
            _, writer = await site.connect()
            writer.write(head("Content-Length: 1000000") + bytes(200_000))
            await writer.drain()
            writer.close()
            await eventually(lambda: bool(problems))
            assert (await site.get("/")).startswith(b"HTTP/1.1 200 ")

    in_loop(scenario())


def test_the_reader_of_a_body_paces_the_client() -> None:
    go_on = asyncio.Event()

    async def wait_then_read(invocation: Invocation) -> InvocationResult:
        await go_on.wait()
        return await length_of_body(invocation)

    async def scenario() -> None:
        async with served(http_function("F"), handler=wait_then_read) as site:
            reader, writer = await site.connect()
            total = 64 * MIB
            writer.write(head(f"Content-Length: {total}"))
            sent = 0

            async def upload() -> None:
                nonlocal sent
                while sent < total:
                    writer.write(bytes(MIB))
                    await writer.drain()
                    sent += MIB

            task = asyncio.create_task(upload())
            await asyncio.sleep(0.5)
            held = sent
            assert held < total // 2, "the server took a body that nobody reads"
            go_on.set()
            await task
            assert (await reader.read()).endswith(b"\r\n\r\n%d" % total)
            writer.close()

    in_loop(scenario())


class Pieces:
    """A response body made piece by piece, as long as it is asked for."""

    def __init__(self, count: int, size: int | None = None, fail_at: int = -1) -> None:
        self.size = size
        self.made = 0
        self.closed = False
        self._count = count
        self._fail_at = fail_at

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.made == self._fail_at:
            raise ConnectionResetError("the worker is gone")
        if self.made == self._count:
            raise StopAsyncIteration
        self.made += 1
        return bytes(65536)

    async def aclose(self) -> None:
        self.closed = True


def streaming(body: Body) -> InvocationResult:
    return InvocationResult(Status.SUCCEEDED, Datum("http", HttpResponseData(200, [], [], body)))


@pytest.mark.parametrize("known", [True, False])
def test_a_streamed_response_arrives_whole(known: bool) -> None:
    async def stream(_: Invocation) -> InvocationResult:
        return streaming(Pieces(50, 50 * 65536 if known else None))

    async def scenario() -> None:
        async with served(http_function("F"), handler=stream) as site:
            got = await site.get("/api/f")
            header, _, body = got.partition(b"\r\n\r\n")
            assert (b"transfer-encoding: chunked" in header) is not known
            assert body.count(0) == 50 * 65536

    in_loop(scenario())


def test_a_client_that_does_not_read_holds_the_response_back_and_one_that_leaves_ends_it() -> None:
    body = Pieces(100_000)

    async def stream(_: Invocation) -> InvocationResult:
        return streaming(body)

    async def scenario() -> None:
        async with served(http_function("F"), handler=stream) as site:
            reader, writer = await site.connect()
            writer.write(b"GET /api/f HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.5)
            assert body.made < 1000, "the response was made faster than it was taken"
            writer.transport.abort()
            await eventually(lambda: body.closed)
            assert (await site.get("/")).startswith(b"HTTP/1.1 200 ")

    in_loop(scenario())


def test_a_response_that_breaks_off_ends_the_connection_so_that_the_client_can_tell() -> None:
    async def stream(_: Invocation) -> InvocationResult:
        return streaming(Pieces(10, fail_at=3))

    async def scenario() -> None:
        async with served(http_function("F"), handler=stream) as site:
            reader, writer = await site.connect()
            writer.write(b"GET /api/f HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                got = await reader.read()
            except ConnectionResetError:
                got = b""
            writer.close()
            assert not got.endswith(b"0\r\n\r\n")
            await eventually(lambda: "was broken off: the worker is gone" in site.console.text)
            assert (await site.get("/")).startswith(b"HTTP/1.1 200 ")

    in_loop(scenario())
