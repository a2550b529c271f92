from __future__ import annotations

import pytest

from tests.integration.http.serving import EMPTY_CLOSE, GET, Echo, connected, serving

POST = b"POST / HTTP/1.1\r\nhost: x\r\n"


async def answer_to(*pieces: bytes) -> bytes:
    async with serving() as server, connected(server) as client:
        await client.send(*pieces)
        return await client.rest()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nbad header: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: a\x00b\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        POST + b"content-length: abc\r\n\r\n",
        POST + b"content-length: -1\r\n\r\n",
        POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
        POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\nnot-a-size\r\n",
    ],
)
async def test_what_is_no_http_is_400(request_bytes: bytes) -> None:
    got = await answer_to(request_bytes)
    assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert got.endswith(EMPTY_CLOSE)
    assert got.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "pieces",
    [
        (b"GET /" + b"a" * 8200 + b" HTTP/1.1\r\nhost: x\r\n\r\n",),
        (b"GET /" + b"a" * 5000, b"a" * 5000),
    ],
)
async def test_a_request_line_over_8_kib_is_414(pieces: tuple[bytes, ...]) -> None:
    assert (await answer_to(*pieces)).startswith(b"HTTP/1.1 414 ")


@pytest.mark.parametrize(
    "pieces",
    [
        (b"x: y\r\n" * 100 + b"\r\n",),
        (b"x: " + b"y" * 33_000 + b"\r\n\r\n",),
        (b"x: " + b"y" * 20_000, b"y" * 25_000),
        (b"".join(b"x%d: %b\r\n" % (number, b"y" * 4000) for number in range(9)) + b"\r\n",),
        (b"x" * 20_000, b"x" * 25_000),
    ],
)
async def test_headers_over_32_kib_or_100_are_431(pieces: tuple[bytes, ...]) -> None:
    first, *more = pieces
    got = await answer_to(b"GET / HTTP/1.1\r\nhost: x\r\n" + first, *more)
    assert got.startswith(b"HTTP/1.1 431 ")


async def test_heads_just_within_the_limits_are_served() -> None:
    async with serving() as server, connected(server) as client:
        await client.send(b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nhost: x\r\n" + b"x: y\r\n" * 99 + b"\r\n")
        assert (await client.answer())[0] == 200
        await client.send(b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 32_000 + b"\r\n\r\n")
        assert (await client.answer())[0] == 200


async def test_nonsense_after_a_request_ends_the_connection_after_its_answer() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server, connected(server) as client:
        await client.send(GET + b"NONSENSE\r\n\r\n")
        await app.started.wait()
        app.gate.set()
        got = await client.rest()
    assert got.count(b"HTTP/1.1") == 1
    assert got.endswith(b"\r\n\r\nGET / 0")


async def test_a_body_that_breaks_off_in_nonsense_reaches_the_app_as_a_lost_client() -> None:
    app = Echo()
    async with serving(app) as server, connected(server) as client:
        await client.send(POST + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", b"nonsense\r\n")
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")
    assert app.disconnected == 1


async def test_a_client_still_sending_gets_to_see_why_it_is_refused() -> None:
    async with serving() as server, connected(server) as client:
        await client.send(b"GET / HTTP/1.1\r\nhost: x\r\nx: ", *[b"y" * 50_000] * 10)
        assert (await client.rest()).startswith(b"HTTP/1.1 431 ")


async def test_trailers_are_no_headers() -> None:
    app = Echo()
    async with serving(app) as server, connected(server) as client:
        await client.send(
            POST + b"transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n", b"0\r\nx-functions-key: k\r\nhost: y\r\n\r\n"
        )
        assert await client.answer() == (200, b"POST / 2")
        await client.send(GET)
        assert await client.answer() == (200, b"GET / 0")
    names = [name for name, _ in app.scopes[0]["headers"]]
    assert names == [b"host", b"transfer-encoding"]


async def test_endless_trailers_end_the_connection() -> None:
    app = Echo()
    trailer = b"x: " + b"y" * 50_000 + b"\r\n"
    async with serving(app) as server, connected(server) as client:
        await client.send(POST + b"transfer-encoding: chunked\r\n\r\n0\r\n", *[trailer] * 30)
        assert (await client.rest()).startswith(b"HTTP/1.1 400 ")


async def test_a_flood_of_requests_ahead_of_their_answers_is_cut() -> None:
    app = Echo()
    app.gate.clear()
    async with serving(app) as server, connected(server) as client:
        await client.send(GET * 2000)
        await app.started.wait()
        app.gate.set()
        got = await client.rest()
    assert 1 < got.count(b"HTTP/1.1 200") <= 258


@pytest.mark.parametrize(
    "framing", [b"content-length: 5\r\n\r\nhello", b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
)
@pytest.mark.parametrize("split", [False, True])
async def test_a_request_that_offers_an_upgrade_keeps_its_body(framing: bytes, split: bool) -> None:
    head = POST + b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
    lines, body = framing.split(b"\r\n\r\n", 1)
    pieces = (head + lines + b"\r\n\r\n", body) if split else (head + framing,)
    async with serving() as server, connected(server) as client:
        await client.send(*pieces)
        assert await client.answer() == (200, b"POST / 5")
        await client.send(GET)
        assert await client.answer() == (200, b"GET / 0")


async def test_an_upgrade_without_a_body_is_an_ordinary_request() -> None:
    async with serving() as server, connected(server) as client:
        upgrade = GET.replace(b"\r\n\r\n", b"\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        await client.send(upgrade + GET)
        assert await client.answer() == (200, b"GET / 0")
        assert await client.answer() == (200, b"GET / 0")


async def test_old_clients_may_leave_out_the_host() -> None:
    assert (await answer_to(b"GET / HTTP/1.0\r\n\r\n")).endswith(b"GET / 0")
