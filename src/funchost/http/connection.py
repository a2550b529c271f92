"""HttpConnection: uvicorn's HTTP/1.1 protocol, with limits for strangers.

Limits are those of the existing host's server: a request line of 8 KiB, 32 KiB and 100 headers, 30 seconds for the
head of a request, 130 seconds between requests. What is wrong is answered with 400, 408, 414 or 431 and the connection
ends; nothing of it reaches the console, so nobody can fill it from outside.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from funchost.http.asgi import CONNECTION

LINE_LIMIT = 8 * 1024
HEAD_LIMIT = 32 * 1024
HEADER_COUNT_LIMIT = 100
HEAD_SECONDS = 30.0
IDLE_SECONDS = 130
LINGER_SECONDS = 30.0
"""How long the rest of a body that nobody wants is still read, so that its sender can see the answer."""

for _status in range(600, 1000):
    # Functions may answer with numbers that are no HTTP status; uvicorn's table ends before them.
    STATUS_LINE.setdefault(_status, b"HTTP/1.1 %d \r\n" % _status)


class _RefusedError(Exception):
    """Ends parsing; `_refusal` has the status."""


class HttpConnection(HttpToolsProtocol):
    """One client connection."""

    _head_size = 0
    _in_head = True
    _refusal = 400
    _deaf = False
    _head_timer: asyncio.TimerHandle | None = None
    _linger_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_keepalive_if_required()
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        if self._in_head and self._head_size + len(data) > HEAD_LIMIT:
            self._feed_carefully(data)
        else:
            if self._in_head:
                self._head_size += len(data)
            self._feed(data)
        if self._in_head != (self._head_timer is not None):
            self._watch_head()

    def _feed_carefully(self, data: bytes) -> None:
        """Feed what may belong to a head piece by piece, so that no head is held that is over the limit."""
        while data and not self._deaf:
            room = HEAD_LIMIT - self._head_size if self._in_head else len(data)
            if room <= 0:
                self._refuse(414 if not self.headers and len(self.url) > LINE_LIMIT else 431)
                return
            piece, data = data[:room], data[room:]
            if self._in_head:
                self._head_size += len(piece)
            self._feed(piece)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here. The parser is done with this connection, but the request is served.
            self.cycle.keep_alive = False
            self._deaf = True
        except httptools.HttpParserError:
            self._refuse(self._refusal)

    def _refuse(self, status: int) -> None:
        """Answer a request that cannot be understood, and end the connection."""
        self._deaf = True
        self._cancel_timers()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                cycle.keep_alive = False  # the request before this one gets its answer first
                self.pipeline.clear()
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.close()
                return
        phrase = HTTPStatus(status).phrase.encode()
        self.transport.write(b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, phrase))
        self.transport.close()

    def _watch_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        elif self._head_size and not self._deaf:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, 408)

    def _cancel_timers(self) -> None:
        for timer in (self._head_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._linger_timer = None

    # Parser callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[CONNECTION] = self.transport  # type: ignore[literal-required]
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LINE_LIMIT:
            self._refusal = 414
            raise _RefusedError

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > HEADER_COUNT_LIMIT:
            self._refusal = 431
            raise _RefusedError

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_size = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body and self.cycle.response_complete and not self.transport.is_closing():
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
