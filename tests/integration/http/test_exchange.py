from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from funchost.http.asgi import Message, Receive, Scope, Send
from tests.integration.http.serving import GET, Echo, connected, serving

CLOSE = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")


def start(*headers: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(piece: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": more}


class Says(Echo):
    """Sends the given events whatever the request is."""

    def __init__(self, *events: Message) -> None:
        super().__init__()
        self.events: Sequence[Message] = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for event in self.events:
            await send(event)


async def answer_of(*events: Message, request: bytes = CLOSE) -> bytes:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
    async with serving(Says(*events)) as server, connected(server) as client:
        await client.send(request)
        return await client.rest()


async def test_an_answer_of_unknown_length_comes_in_chunks() -> None:
    got = await answer_of(start(), body(b"ab", more=True), body(b"", more=True), body(b"c"))
    head, _, rest = got.partition(b"\r\n\r\n")
    assert b"\r\ntransfer-encoding: chunked" in head
    assert rest == b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"


async def test_to_an_old_client_an_answer_of_unknown_length_ends_with_the_connection() -> None:
    events = (start(), body(b"ab", more=True), body(b"c"))
    head, _, rest = (await answer_of(*events, request=b"GET / HTTP/1.0\r\n\r\n")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"\r\nconnection: close" in head
    assert rest == b"abc"


async def test_a_long_answer_follows_its_head() -> None:
    long = b"x" * 300_000
    got = await answer_of(start((b"content-length", b"300000")), body(long))
    assert got.startswith(b"HTTP/1.1 200 OK\r\ndate: ")
    assert got.endswith(b"\r\n\r\n" + long)


async def test_the_answer_to_head_has_no_body() -> None:
    got = await answer_of(start((b"content-length", b"3")), body(b"abc"), request=CLOSE.replace(b"GET", b"HEAD"))
    assert got.endswith(b"content-length: 3\r\nconnection: close\r\n\r\n")


@pytest.mark.parametrize(
    "events",
    [
        (),
        (start(),),
        (body(b"x"),),
        (start((b"content-length", b"1")), body(b"xy")),
        (start((b"content-length", b"3")), body(b"xy")),
        (start((b"x", b"a\r\nset-cookie: b")), body(b"")),
        (start((b"x", b"a\nb")), body(b"")),
        (start((b"x\rb", b"a")), body(b"")),
    ],
)
async def test_what_the_app_gets_wrong_before_its_first_byte_is_500(events: tuple[Message, ...]) -> None:
    got = await answer_of(*events, request=GET)
    assert got.startswith(b"HTTP/1.1 500 ")
    assert got.count(b"HTTP/1.1") == 1
    assert got.endswith(b"content-length: 0\r\nconnection: close\r\n\r\n")


@pytest.mark.parametrize("last", [(), (body(b"yz"),)])
async def test_an_answer_that_goes_wrong_later_is_cut_off(last: tuple[Message, ...]) -> None:
    got = await answer_of(start((b"content-length", b"2")), body(b"x", more=True), *last, request=GET)
    assert got.endswith(b"content-length: 2\r\n\r\nx")


async def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server, connected(server) as client:
        await client.send(b"".join(GET.replace(b"/ ", b"/%d " % number) for number in range(5)))
        await app.started.wait()
        assert len(app.scopes) == 1
        app.gate.set()
        assert [await client.answer() for _ in range(5)] == [(200, b"GET /%d 0" % number) for number in range(5)]


async def test_a_client_that_leaves_while_its_requests_wait_has_only_the_first_one_run() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server:
        async with connected(server) as client:
            await client.send(GET * 3)
            await app.started.wait()
        while server.connections:
            await asyncio.sleep(0.01)
        app.gate.set()
        await asyncio.sleep(0.05)
    assert len(app.scopes) == 1
