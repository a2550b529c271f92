"""Requests to a site that serves and has no instance yet."""

from __future__ import annotations

import asyncio

from funchost.platform.gateway.gateway import RouteState
from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.site import SiteName
from tests.integration.http.serving import until
from tests.integration.platform.gateway.gatewaying import GET, POST, SHOP, FakeInstance, gateway_to

SEND = POST + b"Content-Length: 5\r\n\r\nhello"


async def test_requests_wait_and_all_go_when_there_is_an_instance() -> None:
    instance = FakeInstance()
    await instance.start()
    waiting: list[SiteName] = []
    async with gateway_to() as running, running.client() as one, running.client() as two, running.client() as three:
        running.gateway.on_waiting = waiting.append
        await one.send(GET)
        await two.send(SEND)
        await three.send(POST + b"Content-Length: 5\r\n\r\nhe")
        await until(lambda: running.gateway.demand(SHOP).waiting == 3)
        assert running.gateway.demand(SHOP).in_flight == 0
        assert waiting == [SHOP] * 3
        running.gateway.set_instances(SHOP, [instance.target])
        await three.send(b"llo")
        for client in (one, two, three):
            assert await client.answer() == (200, b"ok")
        assert sorted(request.body for request in instance.received) == [b"", b"hello", b"hello"]
        assert running.gateway.demand(SHOP).waiting == 0
        assert running.gateway.demand(SHOP).finished == 3
    await instance.stop()


async def test_an_instance_may_come_while_the_request_is_announced() -> None:
    instance = FakeInstance()
    await instance.start()
    async with gateway_to() as running, running.client() as client:
        running.gateway.on_waiting = lambda site: running.gateway.set_instances(site, [instance.target])
        await client.send(SEND)
        assert await client.answer() == (200, b"ok")
        await client.send(SEND)
        assert await client.answer() == (200, b"ok")
        assert len(instance.received) == instance.connections + 1 == 2
        assert running.gateway.demand(SHOP).waiting == 0
    await instance.stop()


async def test_requests_of_which_each_brings_an_instance_are_all_sent_once() -> None:
    instance = FakeInstance()
    await instance.start()
    async with gateway_to() as running, running.client() as one, running.client() as two:
        for client in (one, two):
            await client.send(SEND)
        await until(lambda: running.gateway.demand(SHOP).waiting == 2)
        running.gateway.on_waiting = lambda site: running.gateway.set_instances(site, [instance.target])
        running.gateway._routes["shop"].dispatch_waiting()
        for client in (one, two):
            assert await client.answer() == (200, b"ok")
        await running.gateway.idle(instance.name)
        assert len(instance.received) == 2
    await instance.stop()


async def test_a_request_does_not_wait_for_ever() -> None:
    async with gateway_to(limits=GatewayLimits(waiting_seconds=0.05)) as running, running.client() as client:
        await client.send(SEND)
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: " in head
        assert b"did not start in time" in await client.reader.readline()
        await client.send(SEND)
        assert (await client.answer())[0] == 503


async def test_only_so_many_requests_wait() -> None:
    async with gateway_to(limits=GatewayLimits(waiting_requests=1)) as running:
        async with running.client() as one, running.client() as two:
            await one.send(GET)
            await until(lambda: running.gateway.demand(SHOP).waiting == 1)
            await two.send(GET)
            assert (await two.answer())[0] == 503
        await until(lambda: running.gateway.demand(SHOP).waiting == 0)


async def test_only_so_many_bytes_wait() -> None:
    limits = GatewayLimits(waiting_bytes=100_000)
    async with gateway_to(limits=limits) as running, running.client() as one, running.client() as two:
        for client in (one, two):
            await client.send(POST + b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000)
        done, _ = await asyncio.wait(
            [asyncio.create_task(client.answer()) for client in (one, two)], return_when=asyncio.FIRST_COMPLETED
        )
        assert [answer.result()[0] for answer in done] == [503]
        assert running.gateway.demand(SHOP).waiting == 1


async def test_a_client_that_sends_much_is_held_up_while_it_waits() -> None:
    async with gateway_to() as running, running.client() as client:
        sent = asyncio.create_task(client.send(POST + b"Content-Length: 50000000\r\n\r\n", b"x" * 50_000_000))
        await until(lambda: running.gateway.demand(SHOP).waiting == 1)
        await asyncio.sleep(0.2)
        assert not sent.done()
        assert running.gateway.demand(SHOP).waiting == 1
        sent.cancel()


async def test_requests_that_wait_are_refused_when_the_site_stops_or_goes() -> None:
    async with gateway_to() as running, running.client() as one, running.client() as two:
        await one.send(GET)
        await until(lambda: running.gateway.demand(SHOP).waiting == 1)
        running.gateway.set_site(SHOP, RouteState.STOPPED)
        assert (await one.answer())[0] == 403
        running.gateway.set_site(SHOP, RouteState.SERVING)
        await two.send(GET)
        await until(lambda: running.gateway.demand(SHOP).waiting == 1)
        running.gateway.remove_site(SHOP)
        assert (await two.answer())[0] == 404


async def test_the_last_request_is_known() -> None:
    async with gateway_to(FakeInstance()) as running, running.client() as client:
        assert running.gateway.demand(SHOP).last_request is None
        await client.send(GET)
        await client.answer()
        first = running.gateway.demand(SHOP).last_request
        await client.send(GET)
        await client.answer()
        second = running.gateway.demand(SHOP).last_request
    assert first is not None
    assert second is not None
    assert first < second
