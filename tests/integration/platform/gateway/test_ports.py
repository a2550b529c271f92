from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from funchost.errors import PortInUseError
from funchost.http.tls import TlsOptions
from tests.integration.http.serving import SECONDS, Client, until
from tests.integration.platform.gateway.gatewaying import GET, SHOP, FakeInstance, gateway_to


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
async def test_it_listens_on_ipv6_too_and_names_clients_in_brackets() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running:
        port = await running.gateway.listen("::1", 0)
        reader, writer = await asyncio.open_connection("::1", port)
        await Client(reader, writer).send(GET)
        assert await Client(reader, writer).answer() == (200, b"ok")
        assert b"X-Forwarded-For: [::1]:%d" % writer.get_extra_info("sockname")[1] in instance.received[0].lines
        writer.close()


async def test_it_serves_https() -> None:
    instance = FakeInstance()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with gateway_to(instance) as running:
        port = await running.gateway.listen("127.0.0.1", 0, TlsOptions())
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        client = Client(reader, writer)
        await client.send(GET + GET.replace(b"shop.", b""))
        assert await client.answer() == (200, b"ok")
        assert await client.answer() == (200, b"management  /api/x 0")
        assert b"X-Forwarded-Proto: https" in instance.received[0].lines
        await client.send(b"GARBAGE\r\n\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")


async def test_who_comes_before_it_accepts_waits() -> None:
    async with gateway_to(FakeInstance()) as running:
        port = await running.gateway.listen("127.0.0.1", 0, accepting=False)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = Client(reader, writer)
        await client.send(GET)
        answer = asyncio.create_task(client.answer())
        await asyncio.sleep(0.05)
        assert not answer.done()
        await running.gateway.accept()
        assert await answer == (200, b"ok")
        writer.close()


async def test_a_port_in_use_is_told() -> None:
    async with gateway_to(FakeInstance()) as running:
        with pytest.raises(PortInUseError):
            await running.gateway.listen("127.0.0.1", running.site_port)


async def test_a_closed_port_of_a_site_takes_nobody_and_cuts_nobody() -> None:
    instance = FakeInstance()
    instance.gate.clear()
    async with gateway_to(instance) as running, running.client(of_site=True) as client:
        await client.send(GET)
        await until(lambda: bool(instance.received))
        await running.gateway.close_site_port(SHOP)
        await running.gateway.close_site_port(SHOP)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", running.site_port)
        instance.gate.set()
        assert await client.answer() == (200, b"ok")
        assert await client.rest() == b""
        assert await running.gateway.listen_site(SHOP, running.site_port) == running.site_port


async def test_draining_answers_what_is_in_flight_and_closes_the_rest() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running, running.client() as busy, running.client() as idle:
        await idle.send(GET)
        await idle.answer()
        instance.gate.clear()
        await busy.send(GET)
        await until(lambda: len(instance.received) == 2)
        draining = asyncio.create_task(running.gateway.drain(SECONDS))
        assert await idle.rest() == b""
        assert not draining.done()
        instance.gate.set()
        got = await busy.rest()
        assert got.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n")
        await draining


async def test_draining_ends_in_time_and_closing_cuts_off() -> None:
    instance = FakeInstance()
    instance.gate.clear()
    async with gateway_to(instance) as running, running.client() as busy:
        await busy.send(GET)
        await until(lambda: bool(instance.received))
        await asyncio.wait_for(running.gateway.drain(0.1), SECONDS)
        await running.gateway.close()
        assert await busy.rest() == b""
        instance.gate.set()
        await until(lambda: instance.open == 0)
        await running.gateway.close()
