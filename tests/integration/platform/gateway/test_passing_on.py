"""What arrives at an instance is what the client sent, and the other way round."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.http.serving import SECONDS, Client, until
from tests.integration.platform.gateway.gatewaying import (
    GET,
    OK,
    POST,
    SHOP,
    FakeInstance,
    gateway_to,
    read_request,
)

CHUNKED_OK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Case: Yes\r\n\r\n"


def chunked(chunks: list[bytes], trailers: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"


async def test_an_instance_learns_who_asks() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running, running.client() as client:
        more = b"\r\nx-OWN: \xe9\r\nX-Forwarded-For: 9.9.9.9\r\nTE: trailers\r\n\r\n"
        await client.send(GET.replace(b"\r\n\r\n", more))
        await client.answer()
        own = "{}:{}".format(*client.writer.get_extra_info("sockname")).encode()
    assert instance.received[0].lines == [
        b"GET /api/x HTTP/1.1",
        b"Host: shop.localhost",
        b"x-OWN: \xe9",
        b"X-Forwarded-For: 9.9.9.9, " + own,
        b"X-Forwarded-Proto: http",
        b"X-Forwarded-Host: shop.localhost",
    ]


async def test_a_proxy_of_the_servers_own_says_what_its_clients_asked_for() -> None:
    instance = FakeInstance()
    lines = b"\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example.org\r\n\r\n"
    async with gateway_to(instance, trusted_proxies=["127.0.0.0/8"]) as running, running.client() as client:
        await client.send(GET.replace(b"\r\n\r\n", lines))
        await client.answer()
        await client.send(GET)
        await client.answer()
    assert instance.received[0].lines[-2:] == [b"X-Forwarded-Proto: https", b"X-Forwarded-Host: shop.example.org"]
    assert instance.received[0].lines[-3].startswith(b"X-Forwarded-For: 9.9.9.9, 127.0.0.1:")
    assert instance.received[1].lines[-2:] == [b"X-Forwarded-Proto: http", b"X-Forwarded-Host: shop.localhost"]


async def test_an_answer_passes_as_it_is() -> None:
    headers = b"x-CASE: \xe9  x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 3\r\n"
    answer = b"HTTP/1.1 299 Odd one\r\n" + headers + b"\r\nabc"
    async with gateway_to(FakeInstance(answer=answer)) as running, running.client() as client:
        await client.send(GET)
        assert await client.reader.readexactly(len(answer)) == answer


def cut(data: bytes, places: list[float]) -> list[bytes]:
    ends = sorted({place for part in places if 0 < (place := int(part * len(data))) < len(data)})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


bodies = st.lists(st.binary(min_size=1, max_size=50), max_size=4)
places = st.lists(st.floats(0, 1), max_size=5)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_however_messages_are_cut_their_bytes_arrive(data: st.DataObject) -> None:
    chunks, answer_chunks = data.draw(bodies), data.draw(bodies)
    trailers = data.draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
    body, text = b"".join(chunks), chunked(chunks, trailers)
    request = data.draw(
        st.sampled_from(
            [
                (POST + b"Content-Length: %d\r\n\r\n" % len(body), body),
                (POST + b"Transfer-Encoding: chunked\r\n\r\n", text),
            ]
        )
    )
    plain = b"".join(answer_chunks)
    answer = data.draw(
        st.sampled_from(
            [
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(plain), plain),
                CHUNKED_OK + chunked(answer_chunks, trailers),
                b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED_OK + chunked(answer_chunks),
            ]
        )
    )
    out, back = cut(b"".join(request) * 2, data.draw(places)), cut(answer, data.draw(places))
    asyncio.run(_passes(request, out, answer, back))


async def _passes(request: tuple[bytes, bytes], out: list[bytes], answer: bytes, back: list[bytes]) -> None:
    got = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            got.append(await read_request(reader))
            for piece in back:
                writer.write(piece)
                await asyncio.sleep(0)

    async with gateway_to(FakeInstance(talk=talk)) as running, running.client() as client:
        for piece in out:
            client.writer.write(piece)
            await asyncio.sleep(0)
        assert await asyncio.wait_for(client.reader.readexactly(2 * len(answer)), SECONDS) == answer * 2
    assert [one.body for one in got] == [request[1]] * 2
    assert all(one.head.startswith(request[0][:-2]) for one in got)


async def test_a_body_is_passed_on_while_it_arrives_and_an_answer_while_it_is_made() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CHUNKED_OK)
        while True:
            writer.write(b"5\r\n" + await reader.readexactly(5) + b"\r\n")

    async with gateway_to(FakeInstance(talk=talk)) as running, running.client() as client:
        await client.send(POST + b"Content-Length: 100\r\n\r\n")
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert b"\r\nConnection: close\r\n" in head
        for word in (b"hello", b"world"):
            await client.send(word)
            assert await client.reader.readexactly(10) == b"5\r\n" + word + b"\r\n"


async def test_a_client_that_waits_for_continue_gets_the_instances() -> None:
    asked = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"100-continue" in await reader.readuntil(b"\r\n\r\n")
        await asked.wait()
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(2) == b"hi"
        writer.write(OK)

    async with gateway_to(FakeInstance(talk=talk)) as running, running.client() as client:
        await client.send(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        asked.set()
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"hi")
        assert await client.answer() == (200, b"ok")


async def test_an_early_answer_reaches_a_client_that_still_sends() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await reader.read()

    instance = FakeInstance(talk=talk)
    async with gateway_to(instance) as running, running.client() as client:
        await client.send(POST + b"Content-Length: 1000000\r\n\r\n", *[b"x" * 100_000] * 5)
        assert (await client.answer())[0] == 413
        await until(lambda: instance.open == 0)
        await client.send(*[b"x" * 100_000] * 5)
        assert await client.rest() == b""


async def test_a_head_request_gets_no_body_and_the_connection_goes_on() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    instance = FakeInstance(answer=answer)
    async with gateway_to(instance) as running, running.client() as client:
        await client.send(GET.replace(b"GET", b"HEAD") * 2)
        assert await client.reader.readexactly(2 * len(answer)) == answer * 2
    assert instance.connections == 1


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_answers_that_have_no_body_end_with_their_head(status: bytes) -> None:
    answer = b"HTTP/1.1 " + status + b"\r\nETag: x\r\n\r\n"
    async with gateway_to(FakeInstance(answer=answer)) as running, running.client() as client:
        await client.send(GET * 2)
        assert await client.reader.readexactly(2 * len(answer)) == answer * 2


async def test_an_old_client_gets_the_data_of_chunks() -> None:
    answer = CHUNKED_OK + chunked([b"hello ", b"world"], b"X-Sum: 1\r\n")
    async with gateway_to(FakeInstance(answer=answer)) as running:
        got = await running.answer_to(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert got == b"HTTP/1.1 200 OK\r\nX-Case: Yes\r\nConnection: close\r\n\r\nhello world"


async def test_an_answer_that_ends_with_its_connection_ends_the_clients_too() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello ")
        await writer.drain()
        writer.write(b"world")

    async with gateway_to(FakeInstance(talk=talk)) as running:
        assert await running.answer_to(GET) == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world"


async def test_an_offered_upgrade_is_not_taken() -> None:
    instance = FakeInstance()
    upgrade = GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n")
    async with gateway_to(instance) as running, running.client() as client:
        await client.send(upgrade + GET)
        assert [await client.answer(), await client.answer()] == [(200, b"ok")] * 2
    assert not [line for line in instance.received[0].lines if line.lower().startswith((b"upgrade", b"connection"))]


async def test_bytes_after_an_answer_reach_nobody() -> None:
    instance = FakeInstance(answer=OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    async with gateway_to(instance) as running, running.client() as client:
        for _ in range(3):
            await client.send(GET)
            assert await client.answer() == (200, b"ok")
    assert instance.connections == 3


async def test_a_client_that_leaves_ends_its_request_at_the_instance() -> None:
    instance = FakeInstance()
    instance.gate.clear()
    async with gateway_to(instance) as running:
        async with running.client() as client:
            await client.send(GET)
            await until(lambda: bool(instance.received))
        await until(lambda: running.gateway.demand(SHOP).in_flight == 0)
        instance.gate.set()
        await until(lambda: instance.open == 0)


async def _feed(client: Client, data: bytes) -> None:
    client.writer.write(data)
    await client.writer.drain()


async def test_large_bodies_pass_both_ways_at_once() -> None:
    text = bytes(range(256)) * (8 * 4096)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text))
        left = len(text)
        while left:
            piece = await reader.read(65536)
            left -= len(piece)
            writer.write(piece)
            await writer.drain()

    async with gateway_to(FakeInstance(talk=talk)) as running, running.client() as client:
        feeding = asyncio.create_task(_feed(client, POST + b"Content-Length: %d\r\n\r\n" % len(text) + text))
        await client.reader.readuntil(b"\r\n\r\n")
        assert await asyncio.wait_for(client.reader.readexactly(len(text)), SECONDS) == text
        await feeding
