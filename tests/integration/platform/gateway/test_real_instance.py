"""The gateway before a real host."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvloop

from funchost.platform.gateway.gateway import Target
from funchost.platform.placement.placement import Address
from funchost.testing.host_process import HostProcess
from tests.integration.platform.gateway.gatewaying import POST, SHOP, Running, gateway_to

APP = """
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="echo")
def echo(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), headers={"x-url": req.url, "x-caller": req.headers["x-forwarded-for"]})
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A host's port."""
    folder: Path = tmp_path_factory.mktemp("app")
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "function_app.py").write_text(APP)
    with HostProcess(folder) as host:
        found = urlsplit(host.url).port
        assert found is not None
        yield found


async def _through(port: int, *requests: bytes) -> list[tuple[bytes, bytes]]:
    """Return head and body of each answer."""
    answers = []
    async with gateway_to() as running, running.client() as client:
        running.gateway.set_instances(SHOP, [Target("host", Address("127.0.0.1", port))])
        for request in requests:
            sending = asyncio.create_task(client.send(request))
            head = await client.reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            answers.append((head, await client.reader.readexactly(size)))
            await sending
    return answers


def test_bodies_pass_through_a_host_both_ways(port: int) -> None:
    body = bytes(range(256)) * 20_000
    counted = POST.replace(b"/x", b"/echo") + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = POST.replace(b"/x", b"/echo") + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for head, answer in uvloop.run(_through(port, counted, chunked)):
        assert head.startswith(b"HTTP/1.1 200 ")
        assert answer == body
        assert b"x-url: http://shop.localhost/api/echo\r\n" in head
        assert b"x-caller: 127.0.0.1:" in head


def test_what_a_host_opens_to_programs_of_its_machine_is_closed_to_callers_from_outside(port: int) -> None:
    status = b"GET /admin/host/status HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
    [(head, _)] = uvloop.run(_through(port, status))
    assert head.startswith(b"HTTP/1.1 403 ")


def test_many_clients_at_once_all_get_their_own_answers(port: int) -> None:
    async def one(running: Running, number: int) -> None:
        async with running.client() as client:
            for turn in range(20):
                body = b"%d-%d" % (number, turn)
                await client.send(POST.replace(b"/x", b"/echo") + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
                assert await client.answer() == (200, body)

    async def scenario() -> None:
        async with gateway_to() as running:
            running.gateway.set_instances(SHOP, [Target("host", Address("127.0.0.1", port))])
            await asyncio.gather(*(one(running, number) for number in range(20)))
            assert running.gateway.demand(SHOP).finished == 400

    uvloop.run(scenario())
