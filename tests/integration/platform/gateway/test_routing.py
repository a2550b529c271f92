from __future__ import annotations

import pytest

from funchost.platform.gateway.gateway import RouteState
from funchost.platform.site import SiteName
from tests.integration.http.serving import until
from tests.integration.platform.gateway.gatewaying import GET, OK, POST, SHOP, FakeInstance, gateway_to

CLOSE = b"Connection: close\r\n\r\n"


def get(host: bytes, *, close: bool = False) -> bytes:
    return b"GET /x HTTP/1.1\r\nHost: %b\r\n%b" % (host, CLOSE if close else b"\r\n")


async def test_the_host_header_of_each_request_decides_also_on_one_connection() -> None:
    async with gateway_to(FakeInstance()) as running, running.client() as client:
        for host, text in [
            (b"shop.localhost", b"ok"),
            (b"127.0.0.1", b"management  /x 0"),
            (b"shop.scm.localhost:7070", b"scm shop /x 0"),
            (b"SHOP.localhost.:1", b"ok"),
        ]:
            await client.send(get(host))
            assert await client.answer() == (200, text)


async def test_requests_sent_ahead_are_answered_in_their_order_whomever_they_are_for() -> None:
    async with gateway_to(FakeInstance()) as running, running.client() as client:
        upload = b"PUT /u HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
        chunks = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        await client.send(get(b"localhost") + GET + upload + chunks + get(b"none.localhost") + GET)
        assert [await client.answer() for _ in range(6)] == [
            (200, b"management  /x 0"),
            (200, b"ok"),
            (200, b"management  /u 5"),
            (200, b"ok"),
            (404, b"There is no function app of this name here.\n"),
            (200, b"ok"),
        ]


async def test_a_port_of_a_site_means_that_site_whatever_the_host() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running, running.client(of_site=True) as client:
        for host in (b"127.0.0.1:1", b"other.localhost", b"shop.scm.localhost", b"evil.example.org"):
            await client.send(get(host))
            assert await client.answer() == (200, b"ok")
            assert b"Host: " + host in instance.received[-1].lines


async def test_old_clients_get_the_site_of_the_port_without_a_host() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running:
        assert (await running.answer_to(b"GET / HTTP/1.0\r\n\r\n", of_site=True)).endswith(b"\r\n\r\nok")
        assert b"Host: shop.localhost:%d" % running.site_port in instance.received[0].lines
        assert (await running.answer_to(b"GET / HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\nmanagement  / 0")


@pytest.mark.parametrize(
    ("state", "path", "status", "text"),
    [
        (RouteState.STOPPED, b"/", 403, b"This function app is stopped.\n"),
        (RouteState.STOPPED, b"/api/x", 403, b"This function app is stopped.\n"),
        (RouteState.EMPTY, b"/", 200, b"This function app is ready: nothing has been deployed to it yet.\n"),
        (RouteState.EMPTY, b"/api/x?y", 404, b"Nothing has been deployed to this function app yet.\n"),
    ],
)
async def test_a_site_that_does_not_serve_says_why(state: RouteState, path: bytes, status: int, text: bytes) -> None:
    async with gateway_to(FakeInstance(), state=state) as running, running.client() as client:
        await client.send(GET.replace(b"/api/x", path))
        assert await client.answer() == (status, text)
        running.gateway.set_site(SHOP, RouteState.SERVING)
        await client.send(GET)
        assert await client.answer() == (200, b"ok")


async def test_a_removed_site_is_unknown() -> None:
    async with gateway_to(FakeInstance()) as running, running.client() as client:
        running.gateway.remove_site(SHOP)
        await client.send(GET)
        assert (await client.answer())[0] == 404
        assert running.gateway.demand(SHOP).in_flight == 0


async def test_two_sites_do_not_get_each_others_requests() -> None:
    shop, other = FakeInstance("shop"), FakeInstance("other", OK.replace(b"ok", b"no"))
    async with gateway_to(shop) as running, running.client() as client:
        await other.start()
        site = SiteName("shop", "staging")
        running.gateway.set_site(site, RouteState.SERVING)
        running.gateway.set_instances(site, [other.target])
        await client.send(GET + GET.replace(b"shop.", b"shop-staging."))
        assert [await client.answer(), await client.answer()] == [(200, b"ok"), (200, b"no")]
        await other.stop()


async def test_the_least_busy_instance_gets_the_next_request_and_ties_take_turns() -> None:
    first, second = FakeInstance("first"), FakeInstance("second")
    async with gateway_to(first, second) as running:
        for _ in range(6):
            async with running.client() as client:
                await client.send(GET)
                await client.answer()
        assert len(first.received) == len(second.received) == 3
        first.gate.clear()
        second.gate.clear()
        async with running.client() as one, running.client() as two, running.client() as three:
            await one.send(GET)
            await until(lambda: running.gateway.demand(SHOP).in_flight == 1)
            await two.send(GET)
            await until(lambda: sorted(running.gateway.demand(SHOP).per_instance.values()) == [1, 1])
            first.gate.set()
            await until(lambda: running.gateway.demand(SHOP).per_instance == {"first": 0, "second": 1})
            first.gate.clear()
            await three.send(GET)
            await until(lambda: running.gateway.demand(SHOP).per_instance == {"first": 1, "second": 1})
            assert running.gateway.demand(SHOP).finished == 7
            first.gate.set()
            second.gate.set()


async def test_connections_to_an_instance_are_used_again() -> None:
    instance = FakeInstance()
    async with gateway_to(instance) as running:
        for _ in range(5):
            async with running.client() as client:
                await client.send(GET)
                await client.answer()
    assert instance.connections == 1
