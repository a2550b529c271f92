"""GatewayConnection: one client's connection to the gateway.

It finds out where each request begins and ends, and whom it is for; passage.py and app_request.py do the rest. One
request is answered at a time, later ones wait in the connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Protocol

from funchost.http.connections import ConnectionTable
from funchost.http.flow import Flow
from funchost.http.limits import ClientLimits
from funchost.http.protocol import LINGER_SECONDS
from funchost.platform.gateway.app_request import AppRequest
from funchost.platform.gateway.framing import NO_BODY, Framing, FramingError
from funchost.platform.gateway.passage import Passage
from funchost.platform.gateway.patience import Patience
from funchost.platform.gateway.replies import TOO_MANY_CLIENTS, UNKNOWN_SITE, Reply, state_reply
from funchost.platform.gateway.request_head import BadHeadError, RequestHead, parse_request_head
from funchost.platform.gateway.route import SiteRoute
from funchost.platform.gateway.target import RouteState

_FORWARDED = b"X-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Host: %b\r\n"
_PIPELINED = 64 * 1024
"""Bytes of later requests that are read before the present one is answered."""


class Entrance(Protocol):
    """Where clients come in: the gateway, seen from a connection."""

    limits: ClientLimits
    loop: asyncio.AbstractEventLoop
    discard_seconds: float

    def add(self, client: GatewayConnection) -> bool:
        """Take a client in; False = there are too many already."""

    def remove(self, client: GatewayConnection) -> None: ...

    def find(self, head: RequestHead) -> SiteRoute | tuple[ConnectionTable, str] | None:
        """Return whom a request is for: a site, or an app with a site's label; None = a site that is not there.

        Raises:
            BadHeadError: the Host header is none.
        """

    def trusts(self, address: str) -> bool:
        """Return whether an address is one of the server's own proxies."""

    def host(self) -> bytes:
        """Return the Host header for requests without one."""


class Work(Protocol):
    """A request that is being answered."""

    @property
    def started(self) -> bool:
        """Whether the client has got a part of the answer."""

    @property
    def owes_continue(self) -> bool:
        """Whether the client waits for "100 Continue"."""

    def body(self, piece: bytes) -> None: ...
    def client_lost(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class GatewayConnection(asyncio.Protocol):
    """One connection; a `loop.create_server` protocol.

    Args:
        entrance: where it came in.
    """

    transport: asyncio.Transport
    flow: Flow

    def __init__(self, entrance: Entrance) -> None:
        self.loop = entrance.loop
        self.closing = False
        self._entrance = entrance
        self._work: Work | None = None
        self._is_head = False
        self._body: Framing = NO_BODY
        """Of the latest request; the rest of it is dropped when that is answered already."""
        self._buffer = b""
        """The beginning of a head; or later requests, while one is being answered."""
        self._pumping = False
        self._refused = False
        """Whether nothing more is read from the client."""
        self._close_after_body = False
        self._keep_alive = True
        self._about_client = b""
        self._scheme = b""
        self._is_trusted = False
        """Whether it is a proxy of the server's own."""
        self._client_name = b""
        self._patience = Patience(self, entrance.limits, entrance.loop)

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP gives no other
        self.transport = transport
        entrance = self._entrance
        self.flow = Flow(transport, entrance.limits, self.loop)
        peer = transport.get_extra_info("peername")
        self._client_name = _name(peer)
        scheme = b"https" if transport.get_extra_info("sslcontext") else b"http"
        self._scheme = scheme
        self._about_client = b"\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Host: " % scheme
        self._is_trusted = isinstance(peer, tuple) and entrance.trusts(peer[0])
        self._patience.start()
        if not entrance.add(self):
            self._refused = True
            transport.write(TOO_MANY_CLIENTS.written(to_head=False, close=True))
            self._close()

    def connection_lost(self, exc: Exception | None) -> None:
        work, self._work = self._work, None
        if work is not None:
            work.client_lost()
        self.flow.close()
        self._patience.stop()
        self._entrance.remove(self)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        received = len(data)
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        self._patience.received += received
        self._pump(data)
        self._patience.look()

    def pause_writing(self) -> None:
        self.flow.pause_writing()
        if self._work is not None:
            self._work.pause()

    def resume_writing(self) -> None:
        self.flow.resume_writing()
        if self._work is not None:
            self._work.resume()

    def shutdown(self) -> None:
        """Close when what is in flight has been answered."""
        self.closing = True
        if self._work is None and not self._buffer:
            self.transport.close()

    # Requests

    def _pump(self, data: bytes) -> None:
        """Take in what has come: the present request's body, then as many heads as can be dealt with."""
        self._pumping = True
        start = 0
        while not self._refused:
            if not self._body.complete:
                start = self._take_body(data, start)
                if not self._body.complete:
                    break
                if self._close_after_body:
                    self._close()
                    break
            if start == len(data):
                break
            if self._work is not None:
                self._keep(data[start:])
                break
            start = self._take_head(data, start)
            if start < 0:
                break
        self._pumping = False

    def _take_body(self, data: bytes, start: int) -> int:
        try:
            stop = self._body.take(data, start)
        except FramingError:
            self._refuse(Reply(400))
            return len(data)
        if self._work is not None and stop > start:
            self._work.body(data if stop - start == len(data) else data[start:stop])
        return stop

    def _keep(self, rest: bytes) -> None:
        """Keep later requests until the present one is answered."""
        self._buffer = rest
        if len(rest) > _PIPELINED:
            self.flow.pause_reading()

    def _take_head(self, data: bytes, start: int) -> int:
        """Take in a head; returns where it ends, -1 if that has not come."""
        while data.startswith(b"\r\n", start):
            start += 2  # some clients send an empty line too many after a body
        limits = self._entrance.limits
        end = data.find(b"\r\n\r\n", start) + 4
        if end < 4:
            self._buffer = data[start:]
            if len(self._buffer) > limits.request_line + limits.header_bytes:
                self._refuse(Reply(431 if b"\n" in self._buffer else 414))
            return -1
        try:
            head = parse_request_head(data if end - start == len(data) else data[start:end], limits)
            self._begin(head)
        except BadHeadError as error:
            self._refuse(Reply(error.status))
            return -1
        return end

    def _begin(self, head: RequestHead) -> None:
        """Hand a request to whom it is for."""
        found = self._entrance.find(head)
        self._body = head.framing
        self._is_head = head.method == b"HEAD"
        self._keep_alive = head.keep_alive
        if isinstance(found, SiteRoute):
            found.touch()
            if found.state is RouteState.SERVING:
                self._work = work = Passage(self, head, found)
                work.dispatch()
            else:
                self.reply(state_reply(found.state, head.target))
        elif found is None:
            self.reply(UNKNOWN_SITE)
        else:
            self._work = request = AppRequest(found[0], self, found[1])
            request.body(head.raw)

    def forwarded(self, head: RequestHead) -> bytes:
        """Return the lines of headers about the client that an instance gets.

        X-Forwarded-For is appended to, as Azure's front does: its last entry is ours. The others replace what came,
        unless a proxy of the server's own sent it.
        """
        name = self._client_name
        if head.forwarded_for:
            name = b"%b, %b" % (head.forwarded_for, name)
        if self._is_trusted and head.host is not None:
            scheme = head.forwarded_proto or self._scheme
            return _FORWARDED % (name, scheme, head.forwarded_host or head.host)
        if head.host is not None:
            return b"X-Forwarded-For: %b%b%b\r\n" % (name, self._about_client, head.host)
        host = self._entrance.host()
        return b"X-Forwarded-For: %b%b%b\r\nHost: %b\r\n" % (name, self._about_client, host, host)

    # Answers

    def reply(self, reply: Reply) -> None:
        """Answer a request here."""
        keep_alive = self._keep_alive and self._body.complete and not self.closing
        if not self.transport.is_closing():
            self.transport.write(reply.written(to_head=self._is_head, close=not keep_alive))
        self.work_ended(keep_alive=keep_alive)

    def work_ended(self, *, keep_alive: bool) -> None:
        """Go on with the next request, if there is one already."""
        work, self._work = self._work, None
        if isinstance(work, AppRequest):
            work.end()
        if self.transport.is_closing():
            if self.transport.get_write_buffer_size():
                self.flow.watch_writing()
            return
        self.flow.resume_reading()
        self._patience.touch()
        if not keep_alive or self.closing:
            self._close_when_sent()
        elif self._buffer and not self._pumping:
            data, self._buffer = self._buffer, b""
            self._pump(data)

    def cut(self, *, reset: bool) -> None:
        """End an answer in its middle.

        Args:
            reset: whether the client could take the end of the connection for the end of the answer.
        """
        self._refused = True
        self._work = None
        if reset:
            _reset_on_close(self.transport)
            self.transport.abort()
        else:
            self._close()

    def _close_when_sent(self) -> None:
        """Close once the client has sent all of its request, so that it reads the answer and sees no reset."""
        self._buffer = b""
        if self._body.complete:
            self._close()
        else:
            self._close_after_body = True
            self.loop.call_later(self._entrance.discard_seconds, self._close)

    def _close(self) -> None:
        self._refused = True
        if not self.transport.is_closing():
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self.flow.watch_writing()

    # Clients that are refused

    def _refuse(self, reply: Reply) -> None:
        """Read no more; answer if no answer is under way."""
        self._refused = True
        self._buffer = b""
        work, self._work = self._work, None
        if work is None and not self._body.complete:
            self._close()  # it has its answer
            return
        if work is not None:
            work.client_lost()
            if work.started:
                self.cut(reset=False)
                return
        if self.transport.is_closing():
            return
        self.transport.write(reply.written(to_head=False, close=True))
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.resume_reading()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self._close()

    # What the patience with slow clients asks for

    @property
    def in_head(self) -> bool:
        """Whether a part of a request's head has come."""
        return self._work is None and bool(self._buffer)

    @property
    def in_body(self) -> bool:
        """Whether a body is being read; apps of our own look after theirs themselves."""
        return not self._body.complete and not isinstance(self._work, AppRequest)

    @property
    def waits_for_us(self) -> bool:
        """Whether it is not the client's fault that nothing comes."""
        return self.flow.read_paused or (self._work is not None and self._work.owes_continue)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._work is None and not self._buffer and self._body.complete

    def too_slow(self) -> None:
        """Called when the client is too slow with a request."""
        self._refuse(Reply(408))

    def idle_too_long(self) -> None:
        """Called when nothing has come for long."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # the client never took the last answer
        else:
            self._close()


def _name(peer: object) -> bytes:
    """Return address and port as X-Forwarded-For has them."""
    if not isinstance(peer, tuple):
        return b"unknown"
    address = f"[{peer[0]}]" if ":" in peer[0] else peer[0]
    return f"{address}:{peer[1]}".encode("ascii")


def _reset_on_close(transport: asyncio.Transport) -> None:
    """Have the system reset the connection when it is closed."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        with connection.dup() as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
