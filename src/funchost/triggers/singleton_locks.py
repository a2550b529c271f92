"""BlobLocks: the locks of a host with storage, see singleton.py."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable

from funchost.errors import StorageError
from funchost.logs import HostLog, LogLevel
from funchost.storage.account import StorageAccount
from funchost.triggers.availability import Availability
from funchost.triggers.clock import Clock
from funchost.triggers.singleton import LockTerms, Turn, Work
from funchost.triggers.singleton_lease import CATEGORY, BlobLease

RETRY_EMBEDDED, RETRY_EMULATOR, RETRY_REMOTE = 1.0, 5.0, 15.0
"""Seconds between attempts; with a lease of 15 s a killed holder is replaced within 35 s everywhere."""
RETRY_AWAY = 3.0
"""Seconds between attempts while the store is away."""


def retry_period(account: StorageAccount) -> float:
    """Return the seconds between two attempts to get a lock that somebody else has."""
    if account.embedded:
        return RETRY_EMBEDDED
    return RETRY_EMULATOR if account.emulator else RETRY_REMOTE


def _spread() -> float:
    return random.uniform(0.9, 1.1)  # noqa: S311 - spreads attempts, protects nothing


class BlobLocks:
    """Locks by leases in the host's own account. Implements singleton.Locks.

    Args:
        account: of the host.
        host_id: the same for all instances of the app.
        owner: this instance, shown in the lock blob's metadata.
        availability: told when the store is away and when it is back.
        spread: returns a random factor around 1, so that hosts do not ask in step.
    """

    def __init__(
        self,
        account: StorageAccount,
        host_id: str,
        owner: str,
        log: HostLog,
        availability: Availability,
        *,
        clock: Clock | None = None,
        spread: Callable[[], float] = _spread,
    ) -> None:
        self._blobs = account.blobs
        self._retry = retry_period(account)
        self._folder = f"locks/{host_id}/"
        self._owner = owner
        self._log = log
        self._availability = availability
        self._clock = clock or Clock()
        self._spread = spread
        self._turns: dict[str, Turn] = {}
        self._lease_ids: dict[str, str] = {}

    async def run_alone(self, name: str, work: Work, drained: asyncio.Event, terms: LockTerms) -> None:
        turn = self._turns.setdefault(name, Turn())
        if not await turn.come(drained):
            return
        try:
            while (lease := await self._wait_for_lease(name, drained, terms)) is not None:
                if await lease.run(work):
                    return
                self._log.write(
                    LogLevel.WARNING,
                    CATEGORY,
                    f"The lock '{name}' could not be kept; what it protects has stopped here until it is held again.",
                )
        finally:
            self._availability.forget(_user(name))
            turn.go()

    async def _wait_for_lease(self, name: str, drained: asyncio.Event, terms: LockTerms) -> BlobLease | None:
        """Return the lease; None if `drained` is set first."""
        # The id stays: an acquisition whose answer was lost, or a lease given up too early, is taken up again.
        lease_id = self._lease_ids.setdefault(name, str(uuid.uuid4()))
        said = False
        while not drained.is_set():
            lease = BlobLease(self._blobs, self._folder + name, lease_id, terms.lease, self._clock, self._log)
            pause = terms.retry or self._retry
            try:
                acquired = await lease.acquire(self._owner)
            except StorageError as error:
                self._availability.failed(self._blobs.url, _user(name), error)
                pause = RETRY_AWAY
            else:
                self._availability.succeeded(self._blobs.url, _user(name))
                if acquired:
                    return lease
                if not said:
                    said = True
                    self._log.write(
                        LogLevel.INFORMATION,
                        CATEGORY,
                        f"Another instance has the lock '{name}'; this one waits for it.",
                    )
            await self._clock.wait(drained, pause * self._spread())
        return None


def _user(name: str) -> str:
    return f"lock {name}"
