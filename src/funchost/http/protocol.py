"""ClientConnection: one client's connection, with bounds on what a broken, slow or hostile client may cost.

uvicorn's protocol parses requests and runs the app. Added here: limits on the head of a request, on slow senders and
slow readers, exactly one Host header, trailers kept apart from headers, bodies of requests that offer an upgrade
(`Upgrade: h2c`, which some HTTP clients send with every first request), and error answers that never get
into the middle of another answer.
"""

from __future__ import annotations

import asyncio
import http

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from funchost.http.asgi import CONNECTION
from funchost.http.limits import ClientLimits

LINGER_SECONDS = 2.0
"""How long a refused client's bytes are still read, so that it gets to see the answer instead of a reset."""

_HEADER_OVERHEAD = 4
"""``: `` and the line end."""

for _status in range(600, 1000):
    # Functions may answer with numbers that are no HTTP status; uvicorn's table ends before them.
    STATUS_LINE.setdefault(_status, b"HTTP/1.1 %d \r\n" % _status)


class ConnectionTable(ServerState):
    """What all connections of a server share.

    Attributes:
        emptied: set when the last connection has gone.
    """

    def __init__(self, limits: ClientLimits) -> None:
        super().__init__()
        self.limits = limits
        self.emptied = asyncio.Event()


class _RefusedError(Exception):
    """Raised into the parser to end parsing; the status stands in the connection."""


class ClientConnection(HttpToolsProtocol):
    """One connection; a `loop.create_server` protocol."""

    server_state: ConnectionTable

    def __init__(self, config: Config, server_state: ConnectionTable, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config=config, server_state=server_state, app_state={}, _loop=loop)
        self._limits = server_state.limits
        # Where the parser is; between two requests in neither.
        self._in_head = False
        self._in_body = False
        self._status = 400
        self._refused = False
        self._replaying = False
        self._hosts = 0
        self._silent_bytes = 0
        """Bytes of this head, or since the last piece of this body, in reads before the present one."""
        self._window_bytes = 0
        self._read_bytes = 0
        """Size of the present read."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_is_for_head = False
        self._write_timer: asyncio.TimerHandle | None = None

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._stop_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        if not self.connections:
            self.server_state.emptied.set()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        self._read_bytes = len(data)
        try:
            self.parser.feed_data(data)
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

    # The parser's events

    def on_message_begin(self) -> None:
        if self._replaying:
            return
        super().on_message_begin()
        self.scope[CONNECTION] = self.transport  # type: ignore[literal-required]
        self._in_head = True
        self._hosts = self._silent_bytes = 0

    def on_url(self, url: bytes) -> None:
        if self._replaying:
            return
        self.url += url
        if len(self.url) > self._limits.request_line:
            self._end_parsing(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: it arrives when decisions on the headers are made already
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._replaying:
            return
        if self._hosts != 1 and (self._hosts or self.parser.get_http_version() == "1.1"):
            self._end_parsing(400)
        limits = self._limits
        if len(self.headers) > limits.header_count:
            self._end_parsing(431)
        # Only a head that came in as many bytes can be over the limit.
        if self._silent_bytes + self._read_bytes > limits.header_bytes and _size(self.headers) > limits.header_bytes:
            self._end_parsing(431)
        if len(self.pipeline) >= limits.pipelined:
            self._end_parsing(429)
        super().on_headers_complete()
        self._in_head = False
        self._in_body = True
        self._silent_bytes = self._window_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade() and _framing(self.headers):
            return  # the body is still to come
        self._in_body = False
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def _end_parsing(self, status: int) -> None:
        self._status = status
        raise _RefusedError

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        """Treat the request as one without an upgrade; the parser has stopped at the end of its headers."""
        framing = _framing(self.headers)
        if framing:
            self.parser = httptools.HttpRequestParser(self)
            self._replaying = True
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%b: %b\r\n\r\n" % framing)
            self._replaying = False
        if rest or framing:
            self.data_received(rest)

    # Answers

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._watch_writing()

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # the client never took the last answer
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None and not self.transport.is_closing():
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse(self, status: int) -> None:
        """Answer with `status` and close; if another answer is under way, let that one end first."""
        self._refused = True
        self._stop_timer()
        cycle = self.cycle
        in_flight = cycle is not None and not cycle.response_complete
        if not self._in_body:
            if in_flight:
                cycle.keep_alive = False  # what is refused came after it
            else:
                self._write_refusal(status)
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started or self.pipeline:
            self.transport.close()
        else:
            self._write_refusal(status)

    def _write_refusal(self, status: int) -> None:
        lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}".encode()]
        lines += [name + b": " + value for name, value in self.server_state.default_headers]
        lines += [b"content-length: 0", b"connection: close", b"\r\n"]
        self.transport.write(b"\r\n".join(lines))
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    # Slow clients

    def _watch(self, received: int) -> None:
        """Count bytes of an unfinished request, and have a timer look at it."""
        self._silent_bytes += received
        self._window_bytes += received
        limits = self._limits
        if self._in_head and self._silent_bytes > limits.request_line + limits.header_bytes:
            self._refuse(431 if self.headers else 414)
        elif self._silent_bytes > _MOST_SILENT_BYTES:
            self._refuse(400)  # endless trailers or chunk extensions
        elif self._timer is None or self._timer_is_for_head != self._in_head:
            self._stop_timer()
            self._timer_is_for_head = self._in_head
            seconds = limits.head_timeout if self._in_head else limits.slow_window
            self._timer = self.loop.call_later(seconds, self._on_timer)

    def _on_timer(self) -> None:
        if self._in_head:
            self._refuse(408)
            return
        waits_for_us = self.flow.read_paused or self.cycle.waiting_for_100_continue
        if not waits_for_us and self._window_bytes < self._limits.slow_bytes:
            self._refuse(408)
            return
        self._window_bytes = 0
        self._timer = self.loop.call_later(self._limits.slow_window, self._on_timer)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch_writing(self) -> None:
        if self._write_timer is None:
            left = self.transport.get_write_buffer_size()
            self._write_timer = self.loop.call_later(self._limits.slow_window, self._on_write_timer, left)

    def _on_write_timer(self, left_before: int) -> None:
        self._write_timer = None
        left = self.transport.get_write_buffer_size()
        if left and left_before - left < min(self._limits.slow_bytes, left_before):
            self.transport.abort()
        elif left:
            self._watch_writing()


_MOST_SILENT_BYTES = 512 * 1024
"""Bytes of a body in chunks that carry no data: a single read can be 256 KiB."""


def _size(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + _HEADER_OVERHEAD for name, value in headers)


def _framing(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes] | tuple[()]:
    """Return the header that announces a body, empty if the request has none."""
    for header in headers:
        if header[0] == b"transfer-encoding" or (header[0] == b"content-length" and header[1] != b"0"):
            return header
    return ()
