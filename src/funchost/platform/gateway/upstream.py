"""Upstream: a connection to an instance. It finds heads and ends of answers and hands them to the request's passage."""

from __future__ import annotations

import asyncio
from typing import Protocol

from funchost.platform.gateway.answer_head import AnswerHead, BadAnswerError, parse_answer_head
from funchost.platform.gateway.framing import Framing, FramingError, UntilClose
from funchost.platform.gateway.limits import GatewayLimits


class Answered(Protocol):
    """The request that an instance answers."""

    is_head: bool
    """Whether it is a HEAD request, whose answer has no body."""
    is_old: bool
    """Whether the client speaks HTTP/1.0, which knows no chunks."""

    def interim(self, data: bytes) -> None:
        """An interim answer (1xx) came; the real one follows."""

    def answer(self, head: AnswerHead, data: bytes, end: int, stop: int) -> None:
        """The answer began: in `data` its head ends at `end`, and what is there of its body at `stop`."""

    def answer_body(self, data: bytes, stop: int) -> None:
        """More of the body came: `data` up to `stop`."""

    def answer_ended(self, *, reusable: bool) -> None:
        """The answer is complete."""

    def unreadable(self, problem: str) -> None:
        """What comes from the instance makes no sense, or is too much; its connection is gone.

        Args:
            problem: goes on after "because".
        """

    def lost(self, *, answered: bool) -> None:
        """The connection is gone.

        Args:
            answered: whether anything of an answer had come.
        """

    def hold_client(self) -> None:
        """The instance does not take what the client sends."""

    def release_client(self) -> None:
        """It does again."""


class Upstream(asyncio.Protocol):
    """One connection to an instance; a `loop.create_connection` protocol.

    Args:
        limits: see GatewayLimits.
    """

    transport: asyncio.Transport

    def __init__(self, limits: GatewayLimits) -> None:
        self.idle_since = 0.0
        self._limits = limits
        self._passage: Answered | None = None
        self._head: AnswerHead | None = None
        self._framing: Framing | None = None
        self._buffer = b""
        """The beginning of a head."""
        self._reading_paused = False

    def begin(self, passage: Answered, data: bytes) -> None:
        """Send the beginning of a request; its passage gets the answer."""
        self._passage = passage
        self._head = self._framing = None
        self._buffer = b""
        self.transport.write(data)

    def write(self, data: bytes) -> None:
        """Send more of the request's body."""
        self.transport.write(data)

    def detach(self) -> None:
        """The passage wants no more of it."""
        self._passage = None
        self.resume_reading()

    def pause_reading(self) -> None:
        if not self._reading_paused and not self.transport.is_closing():
            self._reading_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()

    # The transport's events

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP gives no other
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        passage = self._passage
        if passage is None:
            self.transport.abort()  # nobody has asked
            return
        try:
            if self._framing is None:
                self._take_head(passage, data)
            else:
                stop = self._framing.take(data, 0)
                passage.answer_body(data, stop)
                if self._framing.complete:
                    self._complete(passage, reusable=stop == len(data))
        except (BadAnswerError, FramingError) as error:
            self._passage = None
            self.transport.abort()
            passage.unreadable(str(error))

    def _take_head(self, passage: Answered, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        while True:
            end = data.find(b"\r\n\r\n") + 4
            if end < 4:
                if len(data) > self._limits.answer_head:
                    raise self._too_long()
                self._buffer = data
                return
            if end > self._limits.answer_head:
                raise self._too_long()
            raw = data if end == len(data) else data[:end]
            head = parse_answer_head(raw, to_head=passage.is_head, to_old=passage.is_old)
            if head.status >= 200:
                break
            passage.interim(data[:end])
            data = data[end:]
        self._head = head
        self._framing = framing = head.framing
        stop = framing.take(data, end)
        passage.answer(head, data, end, stop)
        if framing.complete:
            self._complete(passage, reusable=stop == len(data))

    def _too_long(self) -> BadAnswerError:
        return BadAnswerError(f"its head (status line and headers) is over {self._limits.answer_head // 1024} KiB")

    def _complete(self, passage: Answered, *, reusable: bool) -> None:
        if self._passage is passage:  # the client may have gone meanwhile
            self._passage = None
            passage.answer_ended(reusable=reusable and self._head is not None and self._head.keep_alive)

    def eof_received(self) -> bool | None:
        return None  # close; connection_lost follows

    def connection_lost(self, exc: Exception | None) -> None:
        passage = self._passage
        if passage is None:
            return
        self._passage = None
        if exc is None and isinstance(self._framing, UntilClose):
            passage.answer_ended(reusable=False)
        else:
            passage.lost(answered=self._head is not None or bool(self._buffer))

    def pause_writing(self) -> None:
        if self._passage is not None:
            self._passage.hold_client()

    def resume_writing(self) -> None:
        if self._passage is not None:
            self._passage.release_client()
