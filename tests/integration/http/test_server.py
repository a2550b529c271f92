from __future__ import annotations

import asyncio
import resource
import socket

import pytest

from funchost.errors import FuncHostError, PortInUseError
from funchost.http.asgi import CONNECTION, Receive, Scope, Send
from funchost.http.open_files import raise_open_file_limit
from funchost.http.server import HttpServer
from tests.integration.http.serving import GET, Echo, connected, serving, until


async def test_requests_on_one_connection_are_answered_in_turn() -> None:
    async with serving() as server, connected(server) as client:
        await client.send(GET)
        assert await client.answer() == (200, b"GET / 0")
        await client.send(b"POST /a%20b?x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        assert await client.answer() == (200, b"POST /a b 3")


async def test_answers_carry_the_date_and_not_the_servers_name() -> None:
    async with serving() as server, connected(server) as client:
        await client.send(GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        head = (await client.rest()).lower()
    assert b"\r\ndate: " in head
    assert b"\r\nserver:" not in head


async def test_the_app_can_see_the_clients_transport() -> None:
    app = Echo()
    async with serving(app) as server, connected(server) as client:
        await client.send(GET)
        await client.answer()
        assert not app.scopes[0][CONNECTION].is_closing()


async def test_clients_that_connect_before_the_start_are_served() -> None:
    server = HttpServer(Echo(), "127.0.0.1", 0)
    server.bind()
    async with connected(server) as client:
        await client.send(GET)
        await server.start()
        assert await client.answer() == (200, b"GET / 0")
        await server.stop()


async def test_ipv6_is_served() -> None:
    server = HttpServer(Echo(), "::1", 0)
    try:
        server.bind()
    except FuncHostError:
        pytest.skip("this machine has no IPv6")
    await server.start()
    _, writer = await asyncio.open_connection("::1", server.port)
    writer.close()
    await server.stop()


def test_a_port_in_use_is_said_in_the_words_that_tools_know() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as caught:
            HttpServer(Echo(), "127.0.0.1", port).bind()
    assert str(caught.value) == (
        f"Port {port} is unavailable. Close the process using that port, or specify another port using --port [-p]."
    )


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(FuncHostError, match=r"192\.0\.2\.1 is not an address of this machine"):
        HttpServer(Echo(), "192.0.2.1", 0).bind()


async def test_drain_answers_what_is_in_flight_and_closes_the_rest() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server, connected(server) as idle, connected(server) as busy:
        await busy.send(GET)
        await app.started.wait()
        draining = asyncio.create_task(server.drain(10))
        assert await idle.rest() == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", server.port)
        assert not draining.done()
        app.gate.set()
        assert (await busy.rest()).endswith(b"\r\n\r\nGET / 0")
        await draining
        assert server.connections == 0


async def test_drain_gives_up_after_its_time_and_stop_cuts_off() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server, connected(server) as client:
        await client.send(GET)
        await app.started.wait()
        await asyncio.wait_for(server.drain(0.1), 30)
        assert server.connections == 1
        await server.stop()
        await server.stop()
        assert await client.rest() == b""
        await until(lambda: server.connections == 0)


async def test_an_error_of_the_app_is_500_and_told_to_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Echo):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise ZeroDivisionError("oops")

    seen: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    async with serving(Broken()) as server, connected(server) as client:
        await client.send(GET)
        assert (await client.answer())[0] == 500
    assert isinstance(seen[0]["exception"], ZeroDivisionError)
    assert caplog.get_records("call") == []


async def test_a_thousand_idle_connections_leave_room_for_requests() -> None:
    raise_open_file_limit()
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2200:
        pytest.skip(f"this machine allows {soft} open files")
    async with serving() as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(1000)]
        await until(lambda: server.connections == 1000)
        async with connected(server) as client:
            await client.send(GET)
            assert await client.answer() == (200, b"GET / 0")
        for _, writer in idle:
            writer.transport.abort()
        await until(lambda: server.connections == 0)
