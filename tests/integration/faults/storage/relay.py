"""Relay: a TCP relay before a port of this machine, which fails as networks and services do when a test says so."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

T = TypeVar("T")
TIMEOUT = 30.0
PIECE = 64 * 1024

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


class Open(NamedTuple):
    """Everything gets through, each piece after some seconds."""

    delay: float = 0.0


class Held(NamedTuple):
    """Connections are made, but nothing gets through until the relay is open; then it does."""


class Cut(NamedTuple):
    """Nobody can connect, and connections are reset."""


class Failing(NamedTuple):
    """Every request gets this answer, in place of one of the service."""

    status: int
    code: str


State = Open | Held | Cut | Failing


class Relay:
    """Relays connections to a port; belongs to a loop that runs in a thread.

    Args:
        target: port.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._state: State = Open()
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def become(self, state: State) -> None:
        """Fail in this way from now on, or work again."""
        keeps_connections = isinstance(state, Held | Open) and isinstance(self._state, Held | Open)
        self._state = state
        self._changed.set()
        self._changed = asyncio.Event()
        if isinstance(state, Cut):
            await self.stop()
        elif self._server is None:
            await self.start()
        elif not keeps_connections:
            self._reset()

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._reset()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _reset(self) -> None:
        for task in self._connections:
            task.cancel()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._until_not_held()
            if isinstance(self._state, Failing):
                await self._fail(reader, writer, self._state)
            else:
                await self._relay(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # what connections end with here
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _until_not_held(self) -> None:
        while isinstance(self._state, Held):
            await self._changed.wait()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [asyncio.create_task(self._pump(reader, back)), asyncio.create_task(self._pump(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            if isinstance(self._state, Open):
                await asyncio.sleep(self._state.delay)
            await self._until_not_held()
            writer.write(piece)
            await writer.drain()

    async def _fail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, failing: Failing) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            answer = (
                f"HTTP/1.1 {failing.status} Failing\r\nx-ms-error-code: {failing.code}\r\nContent-Length: 0\r\n\r\n"
            )
            writer.write(answer.encode())
            await writer.drain()


class Relays:
    """Relays before several ports, all in one state. Its methods are for the test's own thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, targets: Sequence[int]) -> None:
        self._loop = loop
        self._relays = [Relay(target) for target in targets]
        for relay in self._relays:
            self._run(relay.start())

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(relay.port for relay in self._relays)

    def become(self, state: State) -> None:
        for relay in self._relays:
            self._run(relay.become(state))

    def stop(self) -> None:
        for relay in self._relays:
            self._run(relay.stop())

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)


@contextmanager
def relays(targets: Sequence[int]) -> Iterator[Relays]:
    """Relays on free ports."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="relays", daemon=True)
    thread.start()
    try:
        found = Relays(loop, targets)
        try:
            yield found
        finally:
            with suppress(TimeoutError):
                found.stop()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT)
        loop.close()
