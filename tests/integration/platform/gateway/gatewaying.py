"""A gateway on free ports, instances that do as a test says, and clients that send bytes as a test writes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from funchost.http.asgi import Receive, Scope, Send
from funchost.http.limits import ClientLimits
from funchost.platform.gateway.app_request import SITE_LABEL
from funchost.platform.gateway.gateway import Gateway, RouteState, Target
from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.placement.placement import Address
from funchost.platform.site import SiteName
from tests.integration.http.serving import Client

SHOP = SiteName("shop")
GET = b"GET /api/x HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
POST = b"POST /api/x HTTP/1.1\r\nHost: shop.localhost\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Received(NamedTuple):
    """A request as an instance got it."""

    head: bytes
    body: bytes

    @property
    def lines(self) -> list[bytes]:
        """Lines of the head without the empty one."""
        return self.head[:-4].split(b"\r\n")


class FakeInstance:
    """An instance without an app.

    Args:
        name: its id.
        answer: what it answers to everything.

    Attributes:
        received: complete requests.
        connections: how many have been made.
        open: how many are there.
        gate: closed = requests are not answered.
        talk: what it does with a connection instead.
    """

    def __init__(self, name: str = "one", answer: bytes = OK, talk: Talk | None = None) -> None:
        self.name = name
        self.answer = answer
        self.talk = talk
        self.received: list[Received] = []
        self.connections = 0
        self.open = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    @property
    def target(self) -> Target:
        return Target(self.name, Address("127.0.0.1", self.port))

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End as a killed process does: its port is closed, its connections end."""
        if self._server is not None:
            self._server.close()
            self._server = None
        talks = dict(self._talks)
        for writer, talk in talks.items():
            writer.transport.abort()
            if talk is not None:
                talk.cancel()
        await asyncio.gather(*(talk for talk in talks.values() if talk is not None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._talks[writer] = asyncio.current_task()
        try:
            if self.talk is not None:
                await self.talk(reader, writer)
            else:
                await self._answer_all(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side left, or `stop` was called
        finally:
            self.open -= 1
            self._talks.pop(writer)
            writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.received.append(await read_request(reader))
            await self.gate.wait()
            writer.write(self.answer)
            await writer.drain()


async def read_request(reader: asyncio.StreamReader) -> Received:
    """Read one request; a body in chunks is returned with its chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    if b"\r\ntransfer-encoding: chunked" in lowered:
        body = b""
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += line
            if not size:
                break
            body += await reader.readexactly(size + 2)
        while body[-4:] != b"\r\n\r\n":
            body += await reader.readuntil(b"\r\n")
        return Received(head, body)
    at = lowered.find(b"\r\ncontent-length:")
    size = int(lowered[at:].split(b"\r\n")[1].split(b":")[1]) if at >= 0 else 0
    return Received(head, await reader.readexactly(size))


class NamedApp:
    """An app of the server itself: answers ``name label path body-size``."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        text = f"{self.name} {scope[SITE_LABEL]} {scope['path']} {size}".encode()
        headers = [(b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


class Running:
    """A gateway with its main port, a port for the site ``shop``, and what it wrote to the logs of sites."""

    def __init__(self, gateway: Gateway, port: int, site_port: int, notes: list[tuple[SiteName, str]]) -> None:
        self.gateway = gateway
        self.port = port
        self.site_port = site_port
        self.notes = notes

    @asynccontextmanager
    async def client(self, *, of_site: bool = False) -> AsyncIterator[Client]:
        """A client of the main port, or of the site's."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.site_port if of_site else self.port)
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()

    async def answer_to(self, *pieces: bytes, of_site: bool = False) -> bytes:
        """Send pieces and return everything until the connection is closed."""
        async with self.client(of_site=of_site) as client:
            await client.send(*pieces)
            return await client.rest()


@asynccontextmanager
async def gateway_to(
    *instances: FakeInstance,
    state: RouteState = RouteState.SERVING,
    client_limits: ClientLimits | None = None,
    limits: GatewayLimits | None = None,
    trusted_proxies: Sequence[str] = (),
) -> AsyncIterator[Running]:
    """A gateway whose site ``shop`` has these instances."""
    notes: list[tuple[SiteName, str]] = []
    gateway = Gateway(
        NamedApp("management"),
        NamedApp("scm"),
        lambda site, text: notes.append((site, text)),
        trusted_proxies=trusted_proxies,
        client_limits=client_limits,
        limits=limits,
    )
    gateway.set_site(SHOP, state)
    for instance in instances:
        await instance.start()
    gateway.set_instances(SHOP, [instance.target for instance in instances])
    port = await gateway.listen("127.0.0.1", 0)
    site_port = await gateway.listen_site(SHOP, 0)
    try:
        yield Running(gateway, port, site_port, notes)
    finally:
        await gateway.close()
        for instance in instances:
            await instance.stop()
