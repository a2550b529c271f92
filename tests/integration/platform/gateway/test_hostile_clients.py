from __future__ import annotations

import asyncio

import pytest

from funchost.http.limits import ClientLimits
from funchost.platform.gateway.limits import GatewayLimits
from tests.integration.http.serving import SECONDS, until
from tests.integration.platform.gateway.gatewaying import GET, POST, SHOP, FakeInstance, gateway_to

LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
MANAGE = b"POST /x HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (GET.replace(b"\r\n\r\n", b"\r\nHost: localhost\r\n\r\n"), 400),
        (b"GET http://localhost/ HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 400),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 400),
        (MANAGE + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 400),
        (MANAGE + b"Content-Length: 1, 2\r\n\r\nhello", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: shop.localhost\r\n\r\n", 414),
        (b"GET /" + b"a" * 50_000, 414),
        (GET[:-2] + b"a: " + b"b" * 50_000, 431),
    ],
)
async def test_what_is_no_clear_request_is_refused_and_the_connection_ends(request_bytes: bytes, status: int) -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running:
        got = await running.answer_to(request_bytes + GET)
    assert got.startswith(b"HTTP/1.1 %d " % status)
    assert got.count(b"HTTP/1.1") == 1
    assert not instance.received


async def test_a_refusal_follows_the_answers_of_the_requests_before() -> None:
    async with gateway_to(FakeInstance()) as running:
        got = await running.answer_to(GET + GET + b"GARBAGE\r\n\r\n" + GET)
    assert got.count(b"HTTP/1.1 200 ") == 2
    assert got.count(b"HTTP/1.1 400 ") == 1


async def test_a_body_that_ends_in_nonsense_is_never_a_whole_one_for_the_instance() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running:
        got = await running.answer_to(POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"nonsense\r\n")
        assert got.startswith(b"HTTP/1.1 400 ")
        await until(lambda: instance.connections == 1 and instance.open == 0)
    assert not instance.received


async def test_slow_heads_and_slow_bodies_end() -> None:
    limits = ClientLimits(head_timeout=0.1, slow_window=0.1, slow_bytes=100)
    instance = FakeInstance()
    async with gateway_to(instance, client_limits=limits) as running:
        for begin in (GET[:30], POST + b"Content-Length: 10\r\n\r\nhe", MANAGE + b"Content-Length: 10\r\n\r\nhe"):
            assert (await running.answer_to(begin)).startswith(b"HTTP/1.1 408 ")
        await until(lambda: running.gateway.demand(SHOP).in_flight == 0)


async def test_a_client_that_waits_for_continue_or_for_an_instance_is_not_slow() -> None:
    limits = ClientLimits(slow_window=0.05, slow_bytes=100)
    instance = FakeInstance()
    await instance.start()
    async with gateway_to(client_limits=limits) as running, running.client() as client:
        await client.send(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        await asyncio.sleep(0.3)
        running.gateway.set_instances(SHOP, [instance.target])
        await asyncio.sleep(0.3)
        await client.send(b"hi")
        assert await client.answer() == (200, b"ok")
    await instance.stop()


async def test_more_clients_than_there_is_room_for_are_told_so_and_others_come_in_when_one_has_gone() -> None:
    async with gateway_to(FakeInstance(), limits=GatewayLimits(clients=2)) as running:
        async with running.client() as first, running.client(of_site=True) as second:
            await first.send(GET)
            await second.send(GET)
            assert [await first.answer(), await second.answer()] == [(200, b"ok")] * 2
            for _ in range(3):
                refused = await running.answer_to()
                assert refused.startswith(b"HTTP/1.1 503 ")
                assert b"Too many clients" in refused
            await first.send(GET)
            assert await first.answer() == (200, b"ok")
        async with asyncio.timeout(SECONDS):
            while not (await running.answer_to(LAST)).endswith(b"ok"):
                pass


async def test_idle_connections_end() -> None:
    async with gateway_to(FakeInstance(), client_limits=ClientLimits(keep_alive=1)) as running:
        assert await running.answer_to() == b""
        assert (await running.answer_to(GET)).endswith(b"ok")


async def test_a_client_that_does_not_take_its_answer_is_cut_off_and_the_instance_held_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _ in range(100):
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    instance = FakeInstance(talk=talk)
    limits = ClientLimits(slow_window=0.3)
    async with gateway_to(instance, client_limits=limits) as running, running.client() as client:
        await client.send(GET)
        await until(lambda: instance.connections == 1 and instance.open == 0)
        await until(lambda: running.gateway.demand(SHOP).in_flight == 0)


async def test_a_flood_of_requests_ahead_of_their_answers_is_held_up() -> None:
    instance = FakeInstance()
    instance.gate.clear()
    async with gateway_to(instance) as running, running.client() as client:
        sending = asyncio.create_task(client.send(GET * 400_000))
        await until(lambda: bool(instance.received))
        await asyncio.sleep(0.2)
        assert not sending.done()
        assert len(instance.received) == 1
        sending.cancel()


async def test_empty_lines_before_a_request_are_passed_over() -> None:
    async with gateway_to(FakeInstance()) as running, running.client() as client:
        await client.send(b"\r\n\r\n" + GET + b"\r\n" + GET)
        assert [await client.answer(), await client.answer()] == [(200, b"ok")] * 2
