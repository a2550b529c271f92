"""A front behind a real server on a free port, and raw requests to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

from funchost.app.function_app import Function
from funchost.app.http_options import HttpOptions
from funchost.app.invocation import HttpRequestData, Invocation, InvocationResult
from funchost.http.front import FrontOptions, HttpFront
from funchost.http.keys import KeyStore
from funchost.http.server import HttpServer
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import ROOT, FakeControl, Lines, app_of

Handler = Callable[[Invocation], Awaitable[InvocationResult]]


def in_loop(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario on the loop that the host uses, within a minute."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bounded())


class Served:
    """A running site.

    Attributes:
        console: what the host has said.
        port: where it listens.
    """

    def __init__(self, console: Lines, port: int) -> None:
        self.console = console
        self.port = port

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def raw(self, request: bytes) -> bytes:
        """Send bytes and return everything until the server closes."""
        reader, writer = await self.connect()
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def get(self, path: str) -> bytes:
        return await self.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())


@asynccontextmanager
async def served(
    *functions: Function, handler: Handler, http: HttpOptions | None = None, **options: Any
) -> AsyncIterator[Served]:
    """Serve functions that `handler` executes."""
    console = Lines()
    log = HostLog(console, LogFilter({}))
    control = FakeControl()
    control.invoke = handler  # type: ignore[assignment]
    front = HttpFront(
        control,
        FrontOptions(**{"root": ROOT, "enforce_keys": False, **options}),
        KeyStore(Path("/nowhere"), log),
        log,
    )
    front.publish(app_of(*functions, http=http))
    server = HttpServer(front, "127.0.0.1", 0, None)
    server.bind()
    await server.start()
    try:
        yield Served(console, server.port)
    finally:
        await server.stop()


def request_of(invocation: Invocation) -> HttpRequestData:
    """The request of an invocation."""
    value = invocation.inputs[0][1].value
    assert isinstance(value, HttpRequestData)
    return value


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
