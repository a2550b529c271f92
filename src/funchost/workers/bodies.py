"""Bodies that do not fit a frame: sent to a worker, and received from one, under a credit window."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from funchost.app.invocation import Body
from funchost_worker import wire
from funchost_worker.wire import Kind

Send = Callable[..., None]
"""Channel.send."""


class RequestBody:
    """A body on its way to a worker. The worker's credit decides how much may be under way."""

    __slots__ = ("_call", "_credit", "_room", "_send", "_source")

    def __init__(self, call: int, source: bytes | Body, send: Send) -> None:
        self._call = call
        self._source = source
        self._send = send
        self._credit = wire.WINDOW
        self._room: asyncio.Future[None] | None = None

    def credit(self, size: int) -> None:
        """The worker has consumed `size` bytes."""
        self._credit += size
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    async def send(self) -> Exception | None:
        """Send everything; returns what broke the source off, which the worker has been told, or None."""
        problem: Exception | None = None
        try:
            if isinstance(self._source, bytes):
                await self._send_chunk(self._source)
            else:
                await self._send_chunks(aiter(self._source))
        except Exception as error:
            problem = error
        reason = b"" if problem is None else (str(problem) or type(problem).__name__).encode("utf-8", "replace")
        self._send(wire.frame(Kind.BODY_END, self._call, reason))
        return problem

    async def _send_chunks(self, chunks: AsyncIterator[bytes]) -> None:
        try:
            async for chunk in chunks:
                await self._send_chunk(chunk)
        finally:
            # A generator has to learn now, not from the garbage collector, that nobody reads on.
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def _send_chunk(self, data: bytes) -> None:
        view = memoryview(data)
        at = 0
        while at < len(view):
            while self._credit <= 0:
                self._room = asyncio.get_running_loop().create_future()
                await self._room
            size = min(len(view) - at, self._credit, wire.CHUNK)
            self._credit -= size
            self._send(wire.HEADER.pack(size, Kind.BODY, self._call), view[at : at + size])
            at += size


class ResponseStream:
    """The chunks of one response body as they come in. Lives as long as the worker sends."""

    __slots__ = ("_call", "_chunks", "_consumed", "_ended", "_problem", "_received", "_released", "_send", "_waiter")

    def __init__(self, call: int, send: Send) -> None:
        self._call = call
        self._send = send
        self._chunks: deque[bytes] = deque()
        self._received = 0
        self._consumed = 0
        self._ended = False
        self._problem: str | None = None
        self._released = False
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, chunk: memoryview) -> None:
        """Take a BODY frame.

        Raises:
            WireError: the worker sends more than it may.
        """
        self._received += len(chunk)
        if self._received - self._consumed > wire.WINDOW:
            raise wire.WireError(f"the body of call {self._call} exceeds its window of {wire.WINDOW} bytes")
        if self._released:
            self._give_credit(len(chunk))
            return
        self._chunks.append(bytes(chunk))  # a view would keep the whole piece that was read alive
        self._wake()

    def end(self, problem: str | None) -> None:
        """No more chunks come; `problem` says why the body is not complete."""
        self._ended = True
        self._problem = problem
        self._wake()

    def release(self) -> None:
        """Nobody wants the rest: tell the worker, and throw away what comes until it has heard."""
        if self._released:
            return
        self._released = True
        if not self._ended:
            self._send(wire.frame(Kind.CANCEL, self._call))
        while self._chunks:
            self._give_credit(len(self._chunks.popleft()))
        self._wake()

    async def next(self) -> bytes | None:
        """Return the next chunk, None at the end.

        Raises:
            ConnectionResetError: the body broke off.
        """
        while not self._chunks:
            if self._ended or self._released:
                if self._problem is not None:
                    raise ConnectionResetError(self._problem)
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        chunk = self._chunks.popleft()
        self._give_credit(len(chunk))
        return chunk

    def _give_credit(self, size: int) -> None:
        self._consumed += size
        if not self._ended:
            self._send(wire.frame(Kind.CREDIT, self._call, wire.LENGTH.pack(size)))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class ResponseBody:
    """A Body whose chunks come from a worker. Dropping it, or `aclose`, releases the worker.

    Args:
        size: as announced, None if it was not known; a body that ends short of it raises ConnectionResetError.
    """

    def __init__(self, stream: ResponseStream, size: int | None, loop: asyncio.AbstractEventLoop) -> None:
        self.size = size
        self._left = size
        self._stream = stream
        self._loop = loop

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._stream.next()
        if chunk is None:
            if self._left is not None and self._left > 0:
                raise ConnectionResetError(f"The response body ended {self._left} bytes short of its announced size.")
            raise StopAsyncIteration
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                self._stream.release()
                raise ConnectionResetError("The response body is longer than its announced size.")
        return chunk

    async def aclose(self) -> None:
        """Give up the rest of the body."""
        self._stream.release()

    def __del__(self) -> None:
        # Garbage may be collected in any thread.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stream.release)
