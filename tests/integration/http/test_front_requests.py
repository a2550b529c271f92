from __future__ import annotations

import asyncio

import pytest

from funchost.app.invocation import Invocation, InvocationResult
from tests.integration.http.served import in_loop, request_of, served
from tests.unit.http.apps import answer, http_function


async def echo_url(invocation: Invocation) -> InvocationResult:
    request = request_of(invocation)
    return answer(f"{request.method} {request.url} {sorted(request.params.items())}".encode())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/a%20b?x=1", "GET http://localhost/api/a b?x=1 [('path', 'a b')]"),
        ("/api/x/../../api/y", "GET http://localhost/api/y [('path', 'y')]"),
        ("/api/%2e%2e/%2e%2e/etc/passwd", None),
        ("/api/..%2f..%2fetc", "GET http://localhost/api/..%2f..%2fetc [('path', '../../etc')]"),
        ("/api/%00", "GET http://localhost/api/\0 [('path', '\\x00')]"),
        ("/api/%ff", "GET http://localhost/api/\ufffd [('path', '\ufffd')]"),
        ("//api/x", None),
    ],
)
def test_paths_reach_the_function_decoded_and_harmless(path: str, said: str | None) -> None:
    async def scenario() -> None:
        async with served(http_function("F", route="{*path}"), handler=echo_url) as site:
            header, _, body = (await site.get(path)).partition(b"\r\n\r\n")
            if said is None:
                assert header.startswith(b"HTTP/1.1 404 ")
            else:
                assert body.decode() == said

    in_loop(scenario())


def test_head_has_the_length_and_no_body_and_the_connection_goes_on() -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=echo_url) as site:
            got = await site.raw(
                b"HEAD /api/f HTTP/1.1\r\nHost: localhost\r\n\r\n"
                b"GET /api/f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            first, _, second = got.partition(b"\r\n\r\n")
            assert b"content-length: 30" in first
            assert second.startswith(b"HTTP/1.1 200 ")
            assert got.count(b"GET http://localhost/api/f []") == 1

    in_loop(scenario())


@pytest.mark.parametrize("status", [204, 304])
def test_after_an_answer_without_a_body_the_connection_is_in_step(status: int) -> None:
    async def bodiless(_: Invocation) -> InvocationResult:
        return answer(b"stray", status, headers=(("Content-Length", "5"), ("Transfer-Encoding", "chunked")))

    async def scenario() -> None:
        async with served(http_function("F"), handler=bodiless) as site:
            request = b"GET /api/f HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
            got = await site.raw(request % b"" + request % b"Connection: close\r\n")
            assert got.count(b"HTTP/1.1 %d " % status) == 2
            assert b"stray" not in got

    in_loop(scenario())


@pytest.mark.parametrize(
    "headers", [(("Transfer-Encoding", "chunked"),), (("Content-Length", "1"),), (("Connection", "upgrade"),)]
)
def test_a_function_cannot_break_the_framing(headers: tuple[tuple[str, str], ...]) -> None:
    async def framed(_: Invocation) -> InvocationResult:
        return answer(b"hello", headers=headers)

    async def scenario() -> None:
        async with served(http_function("F"), handler=framed) as site:
            header, _, body = (await site.get("/api/f")).partition(b"\r\n\r\n")
            assert body == b"hello"
            assert b"content-length: 5" in header
            assert b"chunked" not in header

    in_loop(scenario())


def test_no_answer_names_the_server_and_every_answer_has_a_date() -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=echo_url) as site:
            header = (await site.get("/api/f")).partition(b"\r\n\r\n")[0].lower()
            assert b"\r\nserver:" not in header
            assert b"\r\ndate: " in header

    in_loop(scenario())


def test_a_thousand_idle_connections_disturb_nobody() -> None:
    async def scenario() -> None:
        async with served(http_function("F"), handler=echo_url) as site:
            idle = [await site.connect() for _ in range(1000)]
            assert (await site.get("/api/f")).startswith(b"HTTP/1.1 200 ")
            for _, writer in idle:
                writer.close()

    in_loop(scenario())


def test_a_request_that_waits_for_its_function_does_not_hold_up_others() -> None:
    release = asyncio.Event()

    async def slow_or_quick(invocation: Invocation) -> InvocationResult:
        if invocation.function.name == "Slow":
            await release.wait()
        return answer()

    async def scenario() -> None:
        functions = (http_function("Slow"), http_function("Quick"))
        async with served(*functions, handler=slow_or_quick) as site:
            slow = asyncio.create_task(site.get("/api/slow"))
            assert (await site.get("/api/quick")).startswith(b"HTTP/1.1 200 ")
            assert not slow.done()
            release.set()
            assert (await slow).startswith(b"HTTP/1.1 200 ")

    in_loop(scenario())
