"""SiteRoute: one site as the gateway knows it: its state, its instances, the requests that wait for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from funchost.platform.gateway.bad_answers import BadAnswers
from funchost.platform.gateway.limits import GatewayLimits
from funchost.platform.gateway.pool import InstancePool
from funchost.platform.gateway.target import Demand, RouteState
from funchost.platform.site import SiteName


class Waiting(Protocol):
    """A request that waits for an instance."""

    def dispatch(self) -> None:
        """Try again."""

    def refuse_by_state(self) -> None:
        """The site takes no requests any more."""


class SiteRoute:
    """What the gateway knows of a site.

    Args:
        site: its name.
        limits: see GatewayLimits.
        loop: the running one.
        on_waiting: called when a request begins to wait.
        note: writes a line to the log of a site.
    """

    def __init__(
        self,
        site: SiteName,
        limits: GatewayLimits,
        loop: asyncio.AbstractEventLoop,
        on_waiting: Callable[[SiteName], None],
        note: Callable[[SiteName, str], None],
    ) -> None:
        self.site = site
        self.limits = limits
        self.state: RouteState | None = RouteState.EMPTY
        """None = the site has been deleted."""
        self.pools: tuple[InstancePool, ...] = ()
        self.in_flight = 0
        self.finished = 0
        self.last_request: float | None = None
        self.waiting_bytes = 0
        self.bad_answers = BadAnswers(site, loop, note)
        self._loop = loop
        self._on_waiting = on_waiting
        self._next = 0
        self._waiting: dict[Waiting, None] = {}
        """In the order they came."""
        self._retry: asyncio.TimerHandle | None = None

    def demand(self) -> Demand:
        """Return the figures of this moment."""
        per_instance = {pool.target.instance_id: pool.in_flight for pool in self.pools}
        return Demand(self.in_flight, len(self._waiting), self.last_request, per_instance, self.finished)

    def touch(self) -> None:
        """A request came or was answered."""
        self.last_request = time.monotonic()

    # Instances

    def set_pools(self, pools: Sequence[InstancePool]) -> None:
        """Take new instances in; requests that wait go to them."""
        self.pools = tuple(pools)
        if self.pools:
            self.dispatch_waiting()

    def choose(self, unreachable: Collection[InstancePool]) -> InstancePool | None:
        """Return the least busy instance, ties in turn; None if there is none but those."""
        pools = self.pools
        count = len(pools)
        if count == 1:
            return pools[0] if _reachable(pools[0], unreachable) else None
        best: InstancePool | None = None
        for pool in self._in_turn(pools):
            if (best is None or pool.in_flight < best.in_flight) and _reachable(pool, unreachable):
                best = pool
        self._next += 1
        return best

    def _in_turn(self, pools: tuple[InstancePool, ...]) -> Iterator[InstancePool]:
        start = self._next % len(pools) if pools else 0
        yield from pools[start:]
        yield from pools[:start]

    # Requests that wait

    @property
    def waits(self) -> bool:
        """Whether a request waits."""
        return bool(self._waiting)

    def wait(self, request: Waiting, size: int) -> bool:
        """Let a request wait for an instance; False if too many do already.

        Args:
            size: bytes of its body that are held.
        """
        limits = self.limits
        if len(self._waiting) >= limits.waiting_requests or self.waiting_bytes + size > limits.waiting_bytes:
            return False
        self._waiting[request] = None
        self.waiting_bytes += size
        return True

    def announce(self) -> None:
        """Tell that a request waits."""
        self._try_later()
        self._on_waiting(self.site)

    def end_wait(self, request: Waiting, size: int) -> None:
        """A request waits no more."""
        del self._waiting[request]
        self.waiting_bytes -= size

    def dispatch_waiting(self) -> None:
        """Let all waiting requests try."""
        for request in list(self._waiting):
            if request in self._waiting:
                request.dispatch()

    def _try_again(self) -> None:
        """Let the first request try; the others follow if it gets through."""
        self._retry = None
        if self.pools and self._waiting:
            next(iter(self._waiting)).dispatch()
            self._try_later()

    def _try_later(self) -> None:
        if self.pools and self._waiting and self._retry is None:
            self._retry = self._loop.call_later(self.limits.retry_seconds, self._try_again)

    def set_state(self, state: RouteState | None) -> None:
        """Change the state; requests that wait are refused where the site does not serve any more."""
        self.state = state
        if state is not RouteState.SERVING:
            for request in list(self._waiting):
                if request in self._waiting:
                    request.refuse_by_state()

    def close(self) -> None:
        """Stop timers."""
        self.bad_answers.close()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None


def _reachable(pool: InstancePool, unreachable: Collection[InstancePool]) -> bool:
    return pool not in unreachable and not pool.refuses
