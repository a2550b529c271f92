"""FaultProxy: stands between a client and a storage service and does to requests what networks and services do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """The service is not asked; the proxy answers."""

    status: int
    headers: str = ""
    body: str = ""


@dataclass(frozen=True)
class Reset:
    """The connection is reset after so many bytes of the service's answer; `ask` False: the service never sees it."""

    after: int = 0
    ask: bool = True


@dataclass(frozen=True)
class Hang:
    """Nothing happens any more."""


@dataclass(frozen=True)
class Slow:
    """The answer comes in small pieces with pauses."""

    pause: float
    piece: int = 1 << 20


Fault = Answer | Reset | Hang | Slow


class FaultProxy:
    """Relays HTTP requests to a port of this machine, one connection each.

    `faults` happen to the next requests in turn, then `always` to every one (None = nothing happens).
    `requests` holds method and path of all that arrived.
    """

    def __init__(self, target: int) -> None:
        self.faults: list[Fault | None] = []
        self.always: Fault | None = None
        self.requests: list[str] = []
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Take connections, on the same port every time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, cut those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while request := await _request(reader):
                self.requests.append(request.split(b" HTTP/", 1)[0].decode())
                fault = self.faults.pop(0) if self.faults else self.always
                if not await self._serve(request, fault, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, request: bytes, fault: Fault | None, writer: asyncio.StreamWriter) -> bool:
        if isinstance(fault, Hang):
            await asyncio.Event().wait()
        if isinstance(fault, Answer):
            body = fault.body.encode()
            head = f"HTTP/1.1 {fault.status} Fault\r\nContent-Length: {len(body)}\r\n{fault.headers}\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            return True
        if isinstance(fault, Reset) and not fault.ask:
            return False
        answer = await self._ask(request)
        if isinstance(fault, Reset):
            writer.write(answer[: fault.after])
            await writer.drain()
            await asyncio.sleep(0.02)  # what was written leaves before the reset overtakes it
            return False
        piece, pause = (fault.piece, fault.pause) if isinstance(fault, Slow) else (len(answer), 0.0)
        for start in range(0, len(answer), piece):
            await asyncio.sleep(pause)
            writer.write(answer[start : start + piece])
            await writer.drain()
        return True

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length and not request.startswith(b"HEAD") else b""
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return head + body


@asynccontextmanager
async def fault_proxy(target: int) -> AsyncIterator[FaultProxy]:
    """A proxy that listens, and is closed at the end."""
    proxy = FaultProxy(target)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = _LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")
