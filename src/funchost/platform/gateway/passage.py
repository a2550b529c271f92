"""Passage: one request on its way to an instance, and the answer's way back.

What is tried again, and only then:

- an instance takes no connection: nothing was sent, so the request goes to the next instance, whatever its method;
- a connection ends before a byte of an answer has come: an idempotent request (RFC 9110 9.2.2) of which everything
  that was sent is still here goes to an instance once more. Any other may have been executed: 502.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from funchost.http.flow import Flow
from funchost.platform.gateway.answer_head import AnswerHead
from funchost.platform.gateway.framing import Chunked
from funchost.platform.gateway.pool import InstancePool
from funchost.platform.gateway.replies import (
    INSTANCE_LOST,
    NO_INSTANCE,
    TOO_MANY_WAIT,
    Reply,
    state_reply,
    unreadable_reply,
)
from funchost.platform.gateway.request_head import RequestHead
from funchost.platform.gateway.route import SiteRoute
from funchost.platform.gateway.upstream import Upstream


class Sender(Protocol):
    """The client's connection, seen from its request."""

    transport: asyncio.Transport
    flow: Flow

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def closing(self) -> bool:
        """Whether the connection is to end after the present answer."""

    def forwarded(self, head: RequestHead) -> bytes:
        """Lines of headers about the client."""

    def work_ended(self, *, keep_alive: bool) -> None:
        """The answer is complete."""

    def reply(self, reply: Reply) -> None:
        """Answer, instead of an instance; ends the work."""

    def cut(self, *, reset: bool) -> None:
        """End an answer in its middle.

        Args:
            reset: whether the client could take the end of the connection for the end of the answer.
        """


class Passage:
    """One request.

    Args:
        client: who sent it.
        head: the request.
        route: whom it is for.
    """

    __slots__ = (
        "_again",
        "_client",
        "_deadline",
        "_delimited",
        "_framing",
        "_head",
        "_keep_alive",
        "_kept",
        "_kept_bytes",
        "_pool",
        "_replayable",
        "_route",
        "_spans",
        "_timer",
        "_unreachable",
        "_upstream",
        "_waits",
        "gone",
        "is_head",
        "is_old",
        "started",
    )

    def __init__(self, client: Sender, head: RequestHead, route: SiteRoute) -> None:
        self.is_head = head.method == b"HEAD"
        self.is_old = head.old
        self.gone = False
        """Whether nobody waits for an answer any more."""
        self._client = client
        self._head = head
        self._framing = head.framing
        self._route = route
        self._pool: InstancePool | None = None
        self._upstream: Upstream | None = None
        self._kept: list[bytes] = []
        """Pieces of the body that no instance has got yet, or that may have to be sent again."""
        self._kept_bytes = 0
        self._replayable = head.idempotent
        self._again = True
        self._unreachable: set[InstancePool] = set()
        self._waits = False
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: float | None = None
        """When waiting ends, in the loop's time; None = it has never waited."""
        self.started = False
        """Whether the client has got a part of the answer."""
        self._keep_alive = True
        self._delimited = True
        """Whether the client can tell the answer's end from the end of the connection."""
        self._spans: list[tuple[int, int]] | None = None
        """Where the data of chunks lies, if the client gets it without chunks."""

    @property
    def owes_continue(self) -> bool:
        """Whether the client waits for "100 Continue", or for an instance."""
        return self._head.expects_continue or self._upstream is None

    # To an instance

    def dispatch(self) -> None:
        """Look for an instance; without one the request waits."""
        if self._waits:
            self._end_wait()
            self._unreachable.clear()
        pool = self._route.choose(self._unreachable)
        if pool is None:
            self._wait()
            return
        self._pool = pool
        pool.enter()
        self._route.in_flight += 1
        # Where one kept connection has ended, the others may have as well: the second attempt gets a new one.
        upstream = pool.take() if self._again else None
        if upstream is None:
            pool.connect(self)
        else:
            self.connected(upstream)

    def connected(self, upstream: Upstream) -> None:
        """Send what is there of the request."""
        self._upstream = upstream
        client = self._client
        data = self._head.passed_on(client.forwarded(self._head))
        if self._kept:
            data += b"".join(self._kept)
            self._forget_sent()
        upstream.begin(self, data)
        if client.flow.write_paused:
            upstream.pause_reading()
        client.flow.resume_reading()
        if self._route.waits:
            client.loop.call_soon(self._route.dispatch_waiting)

    def not_connected(self) -> None:
        """Try the next instance."""
        assert self._pool is not None  # noqa: S101 - it has just been asked for a connection
        self._unreachable.add(self._pool)
        self._leave()
        self.dispatch()

    def body(self, piece: bytes) -> None:
        """Take more of the request's body from the client."""
        if self._upstream is None:
            self._hold(piece)
            return
        if self._replayable:
            self._kept.append(piece)
            self._kept_bytes += len(piece)
            self._forget_sent()
        self._upstream.write(piece)

    def _hold(self, piece: bytes) -> None:
        limits = self._route.limits
        self._kept.append(piece)
        self._kept_bytes += len(piece)
        if self._kept_bytes >= limits.read_ahead:
            self._client.flow.pause_reading()
        if self._waits:
            self._route.waiting_bytes += len(piece)
            if self._route.waiting_bytes > limits.waiting_bytes:
                self._refuse(TOO_MANY_WAIT)

    def _forget_sent(self) -> None:
        """What has been sent is only kept as long as it may be sent again."""
        if not self._replayable or self._kept_bytes > self._route.limits.replay:
            self._replayable = False
            self._kept.clear()
            self._kept_bytes = 0

    # While there is no instance

    def _wait(self) -> None:
        if not self._route.wait(self, self._kept_bytes):
            self._refuse(TOO_MANY_WAIT)
            return
        self._waits = True
        loop = self._client.loop
        if self._deadline is None:
            self._deadline = loop.time() + self._route.limits.waiting_seconds
        self._timer = loop.call_at(self._deadline, self._refuse, NO_INSTANCE)
        self._route.announce()  # at last: an instance may come while it is told

    def _end_wait(self) -> None:
        self._waits = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._route.end_wait(self, self._kept_bytes)

    def refuse_by_state(self) -> None:
        """The site was stopped or deleted while the request waited."""
        self._refuse(state_reply(self._route.state, self._head.target))

    def _refuse(self, reply: Reply) -> None:
        self._end()
        self._client.reply(reply)

    # From the instance

    def interim(self, data: bytes) -> None:
        if not self.is_old:
            self._head.expects_continue = False
            self._client.transport.write(data)

    def answer(self, head: AnswerHead, data: bytes, end: int, stop: int) -> None:
        self.started = True
        self._kept.clear()
        client = self._client
        # A client that still sends may have seen the answer or not: what comes next would be open to doubt.
        keep = self._head.keep_alive and self._framing.complete and head.delimited and not client.closing
        self._keep_alive = keep
        if keep and head.plain:
            client.transport.write(data if stop == len(data) else data[:stop])
            return
        self._delimited = head.delimited and not (self.is_old and head.chunked)
        if isinstance(head.framing, Chunked):
            self._spans = head.framing.spans
        first = head.passed_on(close=not keep, chunked=not self.is_old)
        client.transport.write(first + (data[end:stop] if self._spans is None else self._payload(data)))

    def answer_body(self, data: bytes, stop: int) -> None:
        if self._spans is not None:
            data = self._payload(data)
        elif stop < len(data):
            data = data[:stop]
        self._client.transport.write(data)

    def _payload(self, data: bytes) -> bytes:
        """Return what chunks hold, for a client of HTTP/1.0."""
        assert self._spans is not None  # noqa: S101 - asked for only then
        payload = b"".join(data[start:end] for start, end in self._spans)
        self._spans.clear()
        return payload

    def answer_ended(self, *, reusable: bool) -> None:
        upstream, pool = self._upstream, self._pool
        assert upstream is not None  # noqa: S101 - the answer came from there
        assert pool is not None  # noqa: S101
        self._upstream = None
        if reusable and self._framing.complete:
            upstream.resume_reading()
            pool.give(upstream)
        else:
            upstream.transport.abort()
        self._route.finished += 1
        self._end()
        self._client.work_ended(keep_alive=self._keep_alive)

    def unreadable(self, problem: str) -> None:
        self._upstream = None
        if self._pool is not None:
            self._route.bad_answers.add(self._pool.target.instance_id, self._head, problem, started=self.started)
        if self.started:
            self._end()
            self._client.cut(reset=not self._delimited)
        else:
            self._refuse(unreadable_reply(problem))

    def lost(self, *, answered: bool) -> None:
        self._upstream = None
        if not answered and self._pool is not None:
            self._pool.doubt()
        self._leave()
        if self.started:
            self._end()
            self._client.cut(reset=not self._delimited)
        elif not answered and self._replayable and self._again:
            self._again = False
            self.dispatch()
        else:
            self._refuse(INSTANCE_LOST)

    # The client

    def client_lost(self) -> None:
        """Nobody waits for the answer: the instance is told by the end of its connection."""
        upstream = self._upstream
        self._upstream = None
        self._end()
        if upstream is not None:
            upstream.detach()
            upstream.transport.abort()

    def pause(self) -> None:
        """The client does not take what it gets."""
        if self._upstream is not None:
            self._upstream.pause_reading()

    def resume(self) -> None:
        """It does again."""
        if self._upstream is not None:
            self._upstream.resume_reading()

    def hold_client(self) -> None:
        self._client.flow.pause_reading()

    def release_client(self) -> None:
        self._client.flow.resume_reading()

    def _leave(self) -> None:
        if self._pool is not None:
            self._pool.leave()
            self._pool = None
            self._route.in_flight -= 1

    def _end(self) -> None:
        self.gone = True
        if self._waits:
            self._end_wait()
        self._leave()
        self._route.touch()
        self._client.flow.resume_reading()
