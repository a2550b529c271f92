"""Singleton work: what only one instance of the app does at a time, and how it stops when it must.

A lock is the lease of an empty blob, under the paths of the existing host, so that instances of both kinds exclude each
other and tools find the holder in the blob's metadata. Leases alone do not exclude anybody: a holder that is cut off
from the store, or was suspended, does not know that its lease has been given to another. So a holder trusts its lease
for less time than it lasts, by a clock that goes on during suspension, and stops its work by itself before the rest is
over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

HOSTS_CONTAINER = "azure-webjobs-hosts"


class Hold(Protocol):
    """A lock that was obtained."""

    def is_held(self) -> bool:
        """Return whether nobody else can have the lock now; ask right before every act that must not happen twice."""
        ...


class LockTerms(NamedTuple):
    """How long a lock lives without its holder.

    Args:
        lease: seconds, 15 to 60; whole ones.
        retry: seconds between two attempts of those who wait; None = as the store allows.
    """

    lease: float = 15.0
    retry: float | None = None


Work = Callable[[Hold], Awaitable[None]]


class Locks(Protocol):
    """The locks of one host process, shared by all versions of the app that it loads."""

    async def run_alone(self, name: str, work: Work, drained: asyncio.Event, terms: LockTerms) -> None:
        """Run `work` while this process holds the lock `name`; when the lock is lost it is cancelled and begins anew.

        Returns when `work` has returned, or when `drained` is set before it has begun. A drained listener ends its
        work by itself; the lock is kept until then and then released, so that the next one has it at once.
        """
        ...


class LocalLocks:
    """Locks within this process, for apps without storage: each instance of such an app is on its own."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}

    async def run_alone(self, name: str, work: Work, drained: asyncio.Event, terms: LockTerms) -> None:
        turn = self._turns.setdefault(name, Turn())
        if await turn.come(drained):
            try:
                await work(_ALWAYS)
            finally:
                turn.go()


class Turn:
    """A lock within one process that one can stop waiting for. First come, first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def come(self, drained: asyncio.Event) -> bool:
        """Return True with the lock, False if `drained` is set first."""
        coming = asyncio.ensure_future(self._lock.acquire())
        leaving = asyncio.ensure_future(drained.wait())
        try:
            await asyncio.wait((coming, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not coming.done():
                coming.cancel()
        if not coming.done() or coming.cancelled():
            return False
        if drained.is_set():
            self.go()
            return False
        return True

    def go(self) -> None:
        """Give the lock to the next."""
        self._lock.release()


class _Always:
    def is_held(self) -> bool:
        return True


_ALWAYS = _Always()
