"""BlobLease: one lease of one lock blob, from its acquisition to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from funchost.errors import StorageError, StorageUnavailableError
from funchost.logs import HostLog, LogLevel
from funchost.storage.blobs import BlobStore, Conditions
from funchost.triggers.clock import Clock
from funchost.triggers.singleton import HOSTS_CONTAINER, Work

CATEGORY = "Host.Singleton"
OWNER = "FunctionInstance"
"""The metadata entry of a lock blob that says who holds it."""

CALL_LIMIT = 5.0
"""Longest wait for one answer of the store."""
RETRY_RENEWAL = 1.0

_NEVER = float("-inf")
_NO_BLOB = frozenset({"BlobNotFound", "ResourceNotFound", "ContainerNotFound"})

T = TypeVar("T")


def renewal_period(lease: float) -> float:
    """Return the seconds after which a lease is renewed: a little before its half, so that there is time to retry."""
    return lease * 0.4


def trusted_time(lease: float) -> float:
    """Return the seconds that a holder trusts a lease after it asked for it; the rest is for stopping its work."""
    return lease - max(3.0, lease * 0.2)


class BlobLease:
    """Implements singleton.Hold.

    Args:
        path: of the blob in HOSTS_CONTAINER; container and blob are created on need.
        lease_id: proposed to the store.
        seconds: how long the store keeps the lease after each renewal; whole ones.
    """

    def __init__(self, blobs: BlobStore, path: str, lease_id: str, seconds: float, clock: Clock, log: HostLog) -> None:
        self._blobs = blobs
        self._path = path
        self._id = lease_id
        self._seconds = round(seconds)
        self._clock = clock
        self._log = log
        self._trusted_until = _NEVER

    def is_held(self) -> bool:
        return self._clock.steady() < self._trusted_until

    async def acquire(self, owner: str) -> bool:
        """Return whether the lease is ours; False while somebody else has it.

        Raises:
            StorageError: the store is away, or refuses for another reason.
        """
        if not await self._lease_exists_or_create():
            return False
        try:
            await self._answer(
                self._blobs.set_metadata(HOSTS_CONTAINER, self._path, {OWNER: owner}, Conditions(lease_id=self._id))
            )
        except StorageError as error:
            # The name in the metadata is for people; the lease is what counts.
            self._log.write(LogLevel.DEBUG, CATEGORY, f"The owner of lock '{self._path}' was not noted: {error}")
        return self.is_held()

    async def run(self, work: Work) -> bool:
        """Run `work`, renew the lease until it is done and release it; False if the lease was lost: work is cancelled.

        Raises:
            Exception: what `work` raises.
        """
        working = asyncio.ensure_future(work(self))
        ended = asyncio.Event()
        working.add_done_callback(lambda _: ended.set())
        try:
            await self._renew_until(ended)
        finally:
            if not working.done():
                working.cancel()
                await asyncio.wait((working,))
            await self._release()
        if working.cancelled():
            return False
        working.result()
        return True

    async def _lease_exists_or_create(self) -> bool:
        try:
            return await self._lease()
        except StorageError as error:
            if error.code not in _NO_BLOB:
                raise
        await self._create()
        return await self._lease()

    async def _lease(self) -> bool:
        """Take the lease; False if somebody has it.

        Raises:
            StorageError: any other refusal.
        """
        asked = self._clock.steady()
        try:
            await self._answer(self._blobs.acquire_lease(HOSTS_CONTAINER, self._path, self._seconds, self._id))
        except StorageError as error:
            if error.code == "LeaseAlreadyPresent":
                return False
            raise
        self._trusted_until = asked + trusted_time(self._seconds)
        return True

    async def _create(self) -> None:
        await self._answer(self._blobs.create_container(HOSTS_CONTAINER))
        try:
            await self._answer(
                self._blobs.put(HOSTS_CONTAINER, self._path, b"", conditions=Conditions(if_none_match="*"))
            )
        except StorageError as error:
            if error.status not in (409, 412):
                raise
            # Another instance was faster; who has the lease is the next question.

    async def _renew_until(self, ended: asyncio.Event) -> None:
        """Return when the work has ended or the lease can no longer be trusted."""
        pause = renewal_period(self._seconds)
        while not await self._clock.wait(ended, min(pause, self._rest())):
            if not self.is_held():
                return
            try:
                await self._renew()
            except StorageUnavailableError:
                pause = RETRY_RENEWAL
            except StorageError as error:
                self._log.write(LogLevel.WARNING, CATEGORY, f"The lease of lock '{self._path}' is gone: {error}")
                self._trusted_until = _NEVER
                return
            else:
                pause = renewal_period(self._seconds)

    async def _renew(self) -> None:
        """Raises: StorageError."""
        asked = self._clock.steady()
        await self._answer(self._blobs.renew_lease(HOSTS_CONTAINER, self._path, self._id), self._rest())
        self._trusted_until = asked + trusted_time(self._seconds)

    def _rest(self) -> float:
        return max(self._trusted_until - self._clock.steady(), 0.0)

    async def _release(self) -> None:
        if not self.is_held():
            return
        self._trusted_until = _NEVER
        try:
            await self._answer(self._blobs.release_lease(HOSTS_CONTAINER, self._path, self._id))
        except StorageError as error:
            # It ends by itself soon.
            self._log.write(LogLevel.DEBUG, CATEGORY, f"The lease of lock '{self._path}' was not released: {error}")

    async def _answer(self, operation: Awaitable[T], limit: float = CALL_LIMIT) -> T:
        """Raises: StorageError; StorageUnavailableError also when there is no answer in time."""
        try:
            return await self._clock.within(min(limit, CALL_LIMIT), operation)
        except TimeoutError as error:
            raise StorageUnavailableError("OperationTimedOut", f"No answer about lock '{self._path}'.", 500) from error
