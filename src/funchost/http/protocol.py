"""ClientConnection: one client's connection, with bounds on what a broken, slow or hostile client may cost.

httptools parses, exchange.py answers. Looked after here: limits on the head of a request, on slow senders and slow
readers, exactly one Host header, trailers kept apart from headers, requests that come before earlier ones are answered,
bodies of requests that offer an upgrade (`Upgrade: h2c`, which some HTTP clients send with every first request), and
error answers that never get into the middle of another answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import httptools

from funchost.http.asgi import CONNECTION, RawHeaders
from funchost.http.connections import ConnectionTable
from funchost.http.exchange import Exchange, status_line
from funchost.http.flow import Flow

LINGER_SECONDS = 2.0
"""How long a refused client's bytes are still read, so that it gets to see the answer instead of a reset."""

METADATA = b"x-ms-meta-"
"""Begins headers of storage services whose names are user data, in which case counts."""

_HEADER_OVERHEAD = 4
"""``: `` and the line end."""

_MOST_SILENT_BYTES = 512 * 1024
"""Bytes of a body in chunks that carry no data: a single read can be 256 KiB."""


class _RefusedError(Exception):
    """Raised into the parser to end parsing; the status stands in the connection."""


class ClientConnection(asyncio.Protocol):
    """One connection; a `loop.create_server` protocol.

    Args:
        table: what the server's connections share.
        loop: the running one.
    """

    transport: asyncio.Transport
    flow: Flow

    def __init__(self, table: ConnectionTable, loop: asyncio.AbstractEventLoop) -> None:
        self.table = table
        self._loop = loop
        self._limits = table.limits
        self._parser = self._new_parser()
        self._scope: dict[str, Any] = {}
        """What the scopes of all requests of this connection have in common."""
        self._exchange: Exchange | None = None
        """The latest; its body may still be arriving."""
        self._running: Exchange | None = None
        """The one that the app works on, until it is answered."""
        self._waiting: deque[Exchange] = deque()
        # The request whose head is being read.
        self._url = b""
        self._headers: RawHeaders = []
        self._hosts = 0
        self._expects_continue = False
        # Where the parser is; between two requests in neither.
        self._in_head = False
        self._in_body = False
        self._status = 400
        self._refused = False
        self._replaying = False
        self._silent_bytes = 0
        """Bytes of this head, or since the last piece of this body, in reads before the present one."""
        self._window_bytes = 0
        self._read_bytes = 0
        """Size of the present read."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_is_for_head = False
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    def _new_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # What follows a request with "Connection: close" must not cost that request its answer.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP gives no other
        self.transport = transport
        self.flow = Flow(transport, self._limits, self._loop)
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": _address(transport.get_extra_info("sockname")),
            "client": _address(transport.get_extra_info("peername")),
            "scheme": "https" if transport.get_extra_info("sslcontext") else "http",
            "root_path": "",
            CONNECTION: transport,
        }
        self.table.add(self)
        self._idle_since = self._loop.time()
        self._idle_timer = self._loop.call_later(self._limits.keep_alive, self._on_idle_timer)

    def add_to_scope(self, key: str, value: object) -> None:
        """Let all requests of this connection have a value in their scopes."""
        self._scope[key] = value

    def connection_lost(self, exc: Exception | None) -> None:
        for exchange in (self._running, self._exchange, *self._waiting):
            if exchange is not None and not exchange.answered:
                exchange.disconnect()
        self._waiting.clear()
        self.flow.close()
        self._stop_timer()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        self.table.remove(self)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._read_bytes = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_after_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse(self._status)
            return
        if self._in_head or self._in_body:
            self._watch(len(data))
        elif self._timer is not None:
            self._stop_timer()

    def pause_writing(self) -> None:
        self.flow.pause_writing()

    def resume_writing(self) -> None:
        self.flow.resume_writing()

    def shutdown(self) -> None:
        """Close when what is in flight has been answered."""
        if self._exchange is None or self._exchange.answered:
            self.transport.close()
        else:
            self._exchange.keep_alive = False

    @property
    def answering(self) -> bool:
        """Whether a part of the latest request's answer has been written."""
        return self._exchange is not None and self._exchange.started

    # The parser's events

    def on_message_begin(self) -> None:
        if self._replaying:
            return
        self._url = b""
        self._headers = []
        self._expects_continue = False
        self._in_head = True
        self._hosts = self._silent_bytes = 0

    def on_url(self, url: bytes) -> None:
        if self._replaying:
            return
        self._url += url
        if len(self._url) > self._limits.request_line:
            self._end_parsing(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: it arrives when decisions on the headers are made already
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._replaying:
            return
        parser = self._parser
        version = parser.get_http_version()
        self._check_head(version)
        scope = self._scope.copy()
        if version != "1.1":
            scope["http_version"] = version
        scope["method"] = str(parser.get_method(), "ascii")
        scope["path"], scope["raw_path"], scope["query_string"] = _target(self._url)
        scope["headers"] = self._headers
        self._exchange = exchange = Exchange(
            self, scope, version != "1.0" and parser.should_keep_alive(), self._expects_continue
        )
        if self._running is None:
            self._start(exchange)
        else:
            self.flow.pause_reading()
            self._waiting.append(exchange)
        self._in_head = False
        self._in_body = True
        self._silent_bytes = self._window_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        exchange = self._exchange
        if exchange is not None and not exchange.answered:
            exchange.add_body(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade() and _framing(self._headers):
            return  # the body is still to come
        self._in_body = False
        exchange = self._exchange
        if exchange is not None and not exchange.answered:
            exchange.end_body()

    def _check_head(self, version: str) -> None:
        limits = self._limits
        if self._hosts != 1 and (self._hosts or version == "1.1"):
            self._end_parsing(400)
        if len(self._headers) > limits.header_count:
            self._end_parsing(431)
        # Only a head that came in as many bytes can be over the limit.
        if self._silent_bytes + self._read_bytes > limits.header_bytes and _size(self._headers) > limits.header_bytes:
            self._end_parsing(431)
        if len(self._waiting) >= limits.pipelined:
            self._end_parsing(429)

    def _end_parsing(self, status: int) -> None:
        self._status = status
        raise _RefusedError

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        """Treat the request as one without an upgrade; the parser has stopped at the end of its headers."""
        framing = _framing(self._headers)
        if framing:
            self._parser = self._new_parser()
            self._replaying = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\n%b: %b\r\n\r\n" % framing)
            self._replaying = False
        if rest or framing:
            self.data_received(rest)

    # Answers

    def _start(self, exchange: Exchange) -> None:
        self._running = exchange
        exchange.start(self._loop)

    def exchange_ended(self) -> None:
        """Go on with the next request, if there is one already."""
        self._running = None
        if self.transport.is_closing():
            if self.transport.get_write_buffer_size():
                self.flow.watch_writing()
            return
        self.flow.resume_reading()
        if self._waiting:
            self._start(self._waiting.popleft())
        else:
            self._idle_since = self._loop.time()

    def _refuse(self, status: int) -> None:
        """Answer with `status` and close; if another answer is under way, let that one end first."""
        self._refused = True
        self._stop_timer()
        exchange = self._exchange
        if exchange is None or not self._in_body:
            if exchange is not None and not exchange.answered:
                exchange.keep_alive = False  # what is refused came after it
            else:
                self._write_refusal(status)
            return
        exchange.disconnect()
        if exchange.started or self._waiting:
            self.transport.close()
        else:
            self._write_refusal(status)

    def _write_refusal(self, status: int) -> None:
        lines = (status_line(status), self.table.date_line, b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.write(b"".join(lines))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._loop.call_later(LINGER_SECONDS, self.transport.close)

    # Slow clients

    def _on_idle_timer(self) -> None:
        """Close an idle connection. One timer runs all the time; to set one for every request would cost more."""
        left = self._limits.keep_alive + self._idle_since - self._loop.time()
        if self._in_head or self._in_body or self._running is not None:
            left = self._limits.keep_alive
        if left > 0:
            self._idle_timer = self._loop.call_later(left, self._on_idle_timer)
        elif self.transport.get_write_buffer_size():
            self.transport.abort()  # the client never took the last answer
        else:
            self.transport.close()

    def _watch(self, received: int) -> None:
        """Count bytes of an unfinished request, and have a timer look at it."""
        self._silent_bytes += received
        self._window_bytes += received
        limits = self._limits
        if self._in_head and self._silent_bytes > limits.request_line + limits.header_bytes:
            self._refuse(431 if self._headers else 414)
        elif self._silent_bytes > _MOST_SILENT_BYTES:
            self._refuse(400)  # endless trailers or chunk extensions
        elif self._timer is None or self._timer_is_for_head != self._in_head:
            self._stop_timer()
            self._timer_is_for_head = self._in_head
            seconds = limits.head_timeout if self._in_head else limits.slow_window
            self._timer = self._loop.call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        exchange = self._exchange
        waits_for_us = self.flow.read_paused or (exchange is not None and exchange.owes_continue)
        if self._in_head or not (waits_for_us or self._window_bytes >= self._limits.slow_bytes):
            self._refuse(408)
            return
        self._window_bytes = 0
        self._timer = self._loop.call_later(self._limits.slow_window, self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class CasedConnection(ClientConnection):
    """A connection whose app gets the names of metadata headers as the client wrote them, behind METADATA."""

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if self._in_head and name[: len(METADATA)].lower() == METADATA:
            self._headers[-1] = (METADATA + name[len(METADATA) :], value)


@lru_cache(maxsize=256)
def _target(url: bytes) -> tuple[str, bytes, bytes]:
    """Return decoded path, raw path and query of a request's target. Raises: httptools.HttpParserError."""
    parsed = httptools.parse_url(url)
    if parsed.path is None:
        raise httptools.HttpParserError("no path")
    return unquote(parsed.path.decode("ascii")), parsed.path, parsed.query or b""


def _address(name: object) -> tuple[str, int] | None:
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None


def _size(headers: RawHeaders) -> int:
    return sum(len(name) + len(value) + _HEADER_OVERHEAD for name, value in headers)


def _framing(headers: RawHeaders) -> tuple[bytes, bytes] | tuple[()]:
    """Return the header that announces a body, empty if the request has none."""
    for header in headers:
        if header[0] == b"transfer-encoding" or (header[0] == b"content-length" and header[1] != b"0"):
            return header
    return ()
