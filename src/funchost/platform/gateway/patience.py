"""Patience: how long a client may take to send a request, and how long its connection is kept without one."""

from __future__ import annotations

import asyncio
from typing import Protocol

from funchost.http.limits import ClientLimits


class Watched(Protocol):
    """A client's connection."""

    @property
    def in_head(self) -> bool: ...

    @property
    def in_body(self) -> bool: ...

    @property
    def waits_for_us(self) -> bool: ...

    @property
    def idle(self) -> bool: ...

    def too_slow(self) -> None: ...

    def idle_too_long(self) -> None: ...


class Patience:
    """Timers of one connection.

    Args:
        client: whose.
        limits: how slow it may be.
        loop: the running one.

    Attributes:
        received: bytes in the present window of time; the connection counts.
    """

    __slots__ = ("_client", "_for_head", "_idle_since", "_idle_timer", "_limits", "_loop", "_timer", "received")

    def __init__(self, client: Watched, limits: ClientLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.received = 0
        self._client = client
        self._limits = limits
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._for_head = False
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """The client has connected."""
        self._idle_since = self._loop.time()
        self._idle_timer = self._loop.call_later(self._limits.keep_alive, self._on_idle_timer)

    def touch(self) -> None:
        """A request has been answered."""
        self._idle_since = self._loop.time()

    def look(self) -> None:
        """See after a read whether a request is incomplete."""
        client = self._client
        in_head = client.in_head
        if in_head or client.in_body:
            if self._timer is None or self._for_head != in_head:
                self._stop_timer()
                self._for_head = in_head
                self.received = 0
                seconds = self._limits.head_timeout if in_head else self._limits.slow_window
                self._timer = self._loop.call_later(seconds, self._on_timer)
        elif self._timer is not None:
            self._stop_timer()

    def stop(self) -> None:
        """The client is gone."""
        self._stop_timer()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _on_timer(self) -> None:
        self._timer = None
        client = self._client
        if client.in_head != self._for_head or not (self._for_head or client.in_body):
            self.look()
        elif self._for_head or not (client.waits_for_us or self.received >= self._limits.slow_bytes):
            client.too_slow()
        else:
            self.received = 0
            self._timer = self._loop.call_later(self._limits.slow_window, self._on_timer)

    def _on_idle_timer(self) -> None:
        """One timer runs all the time; to set one for every request would cost more."""
        left = self._limits.keep_alive + self._idle_since - self._loop.time()
        if not self._client.idle:
            left = self._limits.keep_alive
        if left > 0:
            self._idle_timer = self._loop.call_later(left, self._on_idle_timer)
        else:
            self._client.idle_too_long()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
