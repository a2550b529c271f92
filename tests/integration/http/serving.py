"""A real server on a free port, and clients that send bytes as the tests write them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from funchost.http.asgi import Receive, Scope, Send
from funchost.http.limits import ClientLimits
from funchost.http.server import HttpServer
from funchost.http.tls import TlsOptions

SECONDS = 30.0
"""Far more than anything takes on a busy machine, unless it hangs."""
GET = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
EMPTY_CLOSE = b"content-length: 0\r\nconnection: close\r\n\r\n"


class Echo:
    """Answers ``METHOD path body-size`` once it has the body, and `gate` is open.

    Attributes:
        started: set when a request has come.
        disconnected: requests whose client went away before their body was complete.
        scopes: of all requests.
    """

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()
        self.disconnected = 0
        self.scopes: list[Scope] = []
        self.answer: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        self.started.set()
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                self.disconnected += 1
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        await self.gate.wait()
        text = self.answer or f"{scope['method']} {scope['path']} {size}".encode()
        headers = [(b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def serving(
    app: Echo | None = None, *, limits: ClientLimits | None = None, tls: TlsOptions | None = None
) -> AsyncIterator[HttpServer]:
    """A started server on 127.0.0.1."""
    server = HttpServer(app or Echo(), "127.0.0.1", 0, tls, limits)
    server.bind()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Write the pieces as separate segments."""
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(0.02)
            self.writer.write(piece)
            await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Return status and body of the next answer, which has a Content-Length."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), SECONDS)
        lines = head.decode().lower().split("\r\n")
        size = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        return int(lines[0].split()[1]), await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """Return what comes until the server closes; a reset counts as closing."""
        pieces = []
        try:
            while piece := await asyncio.wait_for(self.reader.read(65536), SECONDS):
                pieces.append(piece)
        except ConnectionResetError:
            pass
        return b"".join(pieces)


@asynccontextmanager
async def connected(server: HttpServer, context: ssl.SSLContext | None = None) -> AsyncIterator[Client]:
    """A client of the server."""
    name = "localhost" if context else None
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context, server_hostname=name)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


async def until(condition: object, seconds: float = SECONDS) -> None:
    """Wait until a callable returns something true."""
    assert callable(condition)
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end, "the condition never came true"
        await asyncio.sleep(0.01)
