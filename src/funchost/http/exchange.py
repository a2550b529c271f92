"""Exchange: one request and its answer, as an ASGI app sees them.

A short answer leaves with a single write: status and headers wait for the first piece of the body.
"""

from __future__ import annotations

import asyncio
import http
from typing import Protocol

from funchost.http.asgi import Message, Scope
from funchost.http.connections import ConnectionTable
from funchost.http.flow import Flow

READ_AHEAD = 64 * 1024
"""Bytes of a body that may wait for the app before the client is held up."""

_JOINED = 64 * 1024
"""Bodies up to this are copied behind their headers: cheaper than a second write."""

_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_NO_FRAMING_STATUS = (204, 304)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BROKEN: Message = {
    "type": "http.response.start",
    "status": 500,
    "headers": [(b"content-length", b"0"), (b"connection", b"close")],
}


_PHRASES = {known.value: known.phrase for known in http.HTTPStatus}


def status_line(status: int) -> bytes:
    """Return the first line of an answer; functions may answer with numbers that are no HTTP status."""
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode("ascii")


_STATUS_LINES = tuple(status_line(status) for status in range(1000))


class Connection(Protocol):
    """What an exchange needs of the connection that it belongs to."""

    table: ConnectionTable
    transport: asyncio.Transport
    flow: Flow

    def exchange_ended(self) -> None:
        """Called when the last byte of the answer has been handed to the transport."""


class Exchange:
    """One request with its answer.

    Args:
        connection: where it came from.
        scope: for the app.
        keep_alive: whether the connection stays after the answer.
        owes_continue: the client waits for "100 Continue" before it sends its body.
    """

    __slots__ = (
        "_body",
        "_chunked",
        "_connection",
        "_has_news",
        "_head",
        "_is_head",
        "_left",
        "_more_body",
        "_news",
        "_task",
        "_until_close",
        "answered",
        "disconnected",
        "keep_alive",
        "owes_continue",
        "scope",
        "started",
    )

    def __init__(self, connection: Connection, scope: Scope, keep_alive: bool, owes_continue: bool) -> None:
        self._connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self.owes_continue = owes_continue
        self.started = False
        """Whether a part of the answer has been written."""
        self.answered = False
        self.disconnected = False
        self._body: bytes | bytearray | None = None
        self._more_body = True
        self._has_news = False
        self._news: asyncio.Event | None = None
        self._head = b""
        self._chunked = False
        self._until_close = False
        self._left = 0
        self._is_head = False
        self._task: asyncio.Task[None] | None = None

    # What the client sends

    def add_body(self, piece: bytes) -> None:
        if self._body is None:
            self._body = piece  # mostly the app takes it before the next one comes: no copy
        elif isinstance(self._body, bytes):
            self._body = bytearray(self._body) + piece
        else:
            self._body += piece
        if len(self._body) > READ_AHEAD:
            self._connection.flow.pause_reading()
        self._tell()

    def end_body(self) -> None:
        self._more_body = False
        self._tell()

    def disconnect(self) -> None:
        """The client is gone, or nothing it sends is read any more."""
        self.disconnected = True
        self._tell()

    def _tell(self) -> None:
        self._has_news = True
        if self._news is not None:
            self._news.set()

    # What the app does

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the app answer in a task of its own."""
        self._task = loop.create_task(self._run())
        self._connection.table.running.add(self)

    def cancel(self) -> asyncio.Task[None] | None:
        """Cancel the app; returns its task, None if it has not been started."""
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def _run(self) -> None:
        """An error that escapes from the app goes to the loop's exception handler."""
        try:
            await self._connection.table.app(self.scope, self.receive, self.send)
            if not (self.answered or self.disconnected or self._connection.transport.is_closing()):
                raise RuntimeError("the app has not completed its answer")  # noqa: TRY301
        except Exception as error:
            context = {"message": "The answer to a request failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
            await self._answer_broken()
        finally:
            # Here and not in a callback of the task: a callback takes a turn of the loop.
            self._connection.table.running.discard(self)

    async def receive(self) -> Message:
        """ASGI's receive."""
        connection = self._connection
        if self.owes_continue and not connection.transport.is_closing():
            connection.transport.write(_CONTINUE)
            self.owes_continue = False
        if not self.disconnected and not self.answered:
            connection.flow.resume_reading()
            if not self._has_news:
                self._news = news = self._news or asyncio.Event()
                news.clear()
                await news.wait()
            self._has_news = False
        if self.disconnected or self.answered:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": bytes(body or b""), "more_body": self._more_body}

    async def send(self, message: Message) -> None:
        """ASGI's send.

        Raises:
            RuntimeError: the app breaks the protocol, or a header would break the answer's framing.
        """
        flow = self._connection.flow
        if flow.write_paused and not self.disconnected:
            await flow.drain()
        if self.disconnected:
            return
        if self.answered:
            raise RuntimeError("the answer is complete already")
        if message["type"] == "http.response.start":
            self._begin(message)
        else:
            self._write(message["body"], message.get("more_body", False))

    def _begin(self, message: Message) -> None:
        if self._head or self.started:
            raise RuntimeError("the answer has begun already")
        self.owes_continue = False
        status: int = message["status"]
        pieces = [_STATUS_LINES[status], self._connection.table.date_line]
        framed = closes = False
        for name, value in message["headers"]:
            if name in _FRAMING:
                if name == b"connection":
                    closes = b"close" in value.lower()
                else:
                    framed = True
                    self._frame(name, value)
            pieces += (name, b": ", value, b"\r\n")
        lines = 2 + len(message["headers"])
        if closes:
            self.keep_alive = False
        elif not self.keep_alive:
            pieces.append(b"connection: close\r\n")
            lines += 1
        self._is_head = self.scope["method"] == "HEAD"
        if self._is_head:
            self._chunked = False
        elif not framed:
            line = self._frame_unknown_length(status)
            pieces.append(line)
            lines += line.count(b"\n")
        pieces.append(b"\r\n")
        head = b"".join(pieces)
        if head.count(b"\n") != lines + 1 or head.count(b"\r") != lines + 1:
            raise RuntimeError("a header holds a line break")
        self._head = head

    def _frame(self, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            self._left = int(value)
        elif value.lower() == b"chunked":
            self._chunked = True

    def _frame_unknown_length(self, status: int) -> bytes:
        """Return the header line that says how the answer's end is told, if one is needed."""
        if self.scope["http_version"] == "1.0":
            self._until_close = True  # that version knows no chunks
            return b""
        if status in _NO_FRAMING_STATUS:
            return b""
        self._chunked = True
        return b"transfer-encoding: chunked\r\n"

    def _write(self, body: bytes, more: bool) -> None:
        if self._chunked:
            body = _chunk(body, more)
        elif self._is_head:
            body = b""
        elif not self._until_close:
            self._count(len(body), more)
        transport = self._connection.transport
        if not self.started:
            if not self._head:
                raise RuntimeError("the answer has not begun")
            self.started = True
            if len(body) <= _JOINED:
                body = self._head + body
            else:
                transport.write(self._head)
        if body:
            transport.write(body)
        if not more:
            self.answered = True
            self._tell()
            if not self.keep_alive:
                transport.close()
            self._connection.exchange_ended()

    def _count(self, size: int, more: bool) -> None:
        self._left -= size
        if self._left < 0 or (self._left and not more):
            raise RuntimeError("the answer's length is not the one announced")

    async def _answer_broken(self) -> None:
        """Answer 500 after an error of the app, or cut an answer off that has begun."""
        transport = self._connection.transport
        if self.started or transport.is_closing():
            transport.close()
            return
        self._head = b""
        self._chunked = False
        await self.send(_BROKEN)
        await self.send({"type": "http.response.body", "body": b""})


def _chunk(piece: bytes, more: bool) -> bytes:
    chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
    return chunk if more else chunk + b"0\r\n\r\n"
