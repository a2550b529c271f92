"""InstancePool: one instance's connections, and how many requests it works on."""

from __future__ import annotations

import asyncio
from typing import Protocol

from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.gateway.target import Target
from funchost.platform.gateway.upstream import Upstream

_SHARE = 0.8
"""Of the time to the next try of requests that wait: then an instance may be asked again."""


class Caller(Protocol):
    """A request that wants a connection."""

    def connected(self, upstream: Upstream) -> None:
        """Here it is."""

    def not_connected(self) -> None:
        """The instance takes no connection."""

    @property
    def gone(self) -> bool:
        """Whether it wants none any more."""


class InstancePool:
    """Connections to one instance.

    Args:
        target: the instance.
        limits: see GatewayLimits.
        loop: the running one.
    """

    __slots__ = ("_idle", "_limits", "_loop", "_refused_until", "_tasks", "_waiters", "in_flight", "removed", "target")

    def __init__(self, target: Target, limits: GatewayLimits, loop: asyncio.AbstractEventLoop) -> None:
        self.target = target
        self.in_flight = 0
        self.removed = False
        """Whether the instance takes nothing new; what is in flight goes on."""
        self._limits = limits
        self._loop = loop
        self._refused_until = 0.0
        self._idle: list[Upstream] = []
        """The one used last stands last."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiters: list[asyncio.Future[None]] = []

    @property
    def refuses(self) -> bool:
        """Whether it has just taken no connection, or lost one: others need not try as well."""
        return self._refused_until > 0.0 and self._loop.time() < self._refused_until

    def doubt(self) -> None:
        """A request was lost here: the instance is ending, and may still seem to take connections.

        The next ones wait until that is known, for a moment.
        """
        self._refused_until = self._loop.time() + self._limits.retry_seconds * _SHARE

    def enter(self) -> None:
        """Count a request in."""
        self.in_flight += 1

    def leave(self) -> None:
        """Count a request out."""
        self.in_flight -= 1
        if self.in_flight == 0 and self._waiters:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()

    async def idle(self) -> None:
        """Wait until no request is in flight."""
        while self.in_flight:
            waiter = self._loop.create_future()
            self._waiters.append(waiter)
            await waiter

    def take(self) -> Upstream | None:
        """Return an open connection, None if there is none."""
        while self._idle:
            upstream = self._idle.pop()
            if not upstream.transport.is_closing():
                return upstream
        return None

    def give(self, upstream: Upstream) -> None:
        """Keep a connection for later."""
        if self.removed or len(self._idle) >= self._limits.kept_alive:
            upstream.transport.close()
            return
        upstream.idle_since = self._loop.time()
        self._idle.append(upstream)

    def connect(self, caller: Caller) -> None:
        """Open a connection for a request; it is told how that went."""
        task = self._loop.create_task(self._connect(caller), name="connect to instance")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, caller: Caller) -> None:
        host, port = self.target.address
        refused = self._refused_until
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                _, upstream = await self._loop.create_connection(lambda: Upstream(self._limits), host, port)
        except OSError:  # TimeoutError is one
            self._refused_until = self._loop.time() + self._limits.retry_seconds * _SHARE
            if not caller.gone:
                caller.not_connected()
            return
        if self._refused_until == refused:  # what was lost meanwhile says more
            self._refused_until = 0.0
        if caller.gone:
            self.give(upstream)
        else:
            caller.connected(upstream)

    def sweep(self) -> None:
        """Close connections that nobody has used for long, and forget closed ones."""
        oldest = self._loop.time() - self._limits.idle_seconds
        kept = []
        for upstream in self._idle:
            if upstream.idle_since < oldest:
                upstream.transport.close()
            elif not upstream.transport.is_closing():
                kept.append(upstream)
        self._idle = kept

    def remove(self) -> None:
        """Take nothing new; unused connections are closed, what is in flight goes on."""
        self.removed = True
        for upstream in self._idle:
            upstream.transport.close()
        self._idle.clear()

    def close(self) -> None:
        """End at once."""
        self.remove()
        for task in self._tasks:
            task.cancel()
