from __future__ import annotations

import asyncio
from contextlib import suppress

from funchost.http.limits import ClientLimits
from tests.integration.http.serving import EMPTY_CLOSE, GET, Client, Echo, connected, serving, until

POST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n"


async def test_a_head_that_does_not_end_is_408() -> None:
    async with serving(limits=ClientLimits(head_timeout=0.2)) as server, connected(server) as client:
        await client.send(b"GET / HT", b"TP/1.1\r\nhos")
        got = await client.rest()
    assert got.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert got.endswith(EMPTY_CLOSE)


async def test_a_head_is_not_kept_alive_by_dribbling() -> None:
    async with serving(limits=ClientLimits(head_timeout=0.3)) as server, connected(server) as client:
        await client.send(b"GET / HTTP/1.1\r\n", *[b"x"] * 10)
        dribbling = asyncio.create_task(_dribble(client))
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
        dribbling.cancel()


async def _dribble(client: Client) -> None:
    """Send a byte every few milliseconds, for as long as it takes."""
    with suppress(ConnectionError):
        while True:
            await client.send(b"y", b"y")


async def test_the_head_of_a_later_request_has_its_own_time() -> None:
    async with serving(limits=ClientLimits(head_timeout=2.5)) as server, connected(server) as client:
        for _ in range(3):
            await client.send(GET[:10])
            await asyncio.sleep(0.9)
            await client.send(GET[10:])
            assert await client.answer() == (200, b"GET / 0")
        await client.send(GET[:10])
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_dribbles_is_408_and_lost_to_the_app() -> None:
    app = Echo()
    limits = ClientLimits(slow_window=0.2, slow_bytes=1000)
    async with serving(app, limits=limits) as server, connected(server) as client:
        await client.send(POST, *[b"x"] * 30)
        assert (await client.rest()).startswith(b"HTTP/1.1 408 ")
    assert app.disconnected == 1


async def test_a_body_that_is_slow_but_moves_is_accepted() -> None:
    limits = ClientLimits(slow_window=1.5, slow_bytes=1000)
    async with serving(limits=limits) as server, connected(server) as client:
        await client.send(POST.replace(b"1000000", b"20000"))
        for _ in range(10):
            await asyncio.sleep(0.2)
            await client.send(b"x" * 2000)
        assert await client.answer() == (200, b"POST / 20000")


async def test_a_client_waiting_for_the_app_is_not_slow() -> None:
    app = Echo()
    app.gate.clear()
    limits = ClientLimits(slow_window=0.1, head_timeout=0.1)
    async with serving(app, limits=limits) as server, connected(server) as client:
        await client.send(GET)
        await app.started.wait()
        await asyncio.sleep(0.4)
        app.gate.set()
        assert await client.answer() == (200, b"GET / 0")


async def test_a_client_that_does_not_take_its_answer_is_cut_off() -> None:
    app = Echo()
    app.answer = b"x" * 30_000_000
    limits = ClientLimits(slow_window=0.3)
    async with serving(app, limits=limits) as server, connected(server) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(GET)
        await until(lambda: server.connections == 0)


async def test_a_client_that_takes_its_answer_slowly_gets_it_all() -> None:
    app = Echo()
    app.answer = b"x" * 8_000_000
    limits = ClientLimits(slow_window=1.5)
    async with serving(app, limits=limits) as server, connected(server) as client:
        await client.send(GET)
        size = 0
        while size < len(app.answer):
            piece = await client.reader.read(200_000)
            assert piece, "cut off"
            size += len(piece)
            await asyncio.sleep(0.04)


async def test_idle_connections_end_after_their_time() -> None:
    async with (
        serving(limits=ClientLimits(keep_alive=1)) as server,
        connected(server) as new,
        connected(server) as used,
    ):
        await used.send(GET)
        await used.answer()
        assert (await new.rest(), await used.rest()) == (b"", b"")
