"""QueueSampler: how long the queues of a site are, and how long their oldest message has been waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from funchost.errors import FuncHostError, StorageError
from funchost.platform.scale.rules import QueueDemand
from funchost.platform.scale.workload import WatchedQueue
from funchost.platform.site import SiteName
from funchost.storage.account import StorageAccount
from funchost.storage.accounts import Accounts
from funchost.storage.connections import Connection

REMOTE_SECONDS = 10.0
"""Between two looks at a queue that is not on this server: each costs two calls of the service."""

PATIENCE = 5.0

_NOT_THERE = frozenset({"QueueNotFound", "QueueBeingDeleted"})

OwnAccount = Callable[[SiteName, Connection], StorageAccount | None]
"""Returns the site's own storage account if that is what the connection leads to."""


class QueueSampler:
    """Looks at queues.

    Args:
        own: see OwnAccount.
        clock: the time, seconds since 1970.
    """

    def __init__(self, own: OwnAccount, clock: Callable[[], float] = time.time) -> None:
        self._own = own
        self._clock = clock
        self._accounts = Accounts(_no_development_storage)
        self._seen: dict[tuple[SiteName, WatchedQueue], tuple[float, QueueDemand]] = {}

    async def sample(self, site: SiteName, queues: Sequence[WatchedQueue]) -> tuple[QueueDemand, ...] | None:
        """Return what waits in the queues, None if a store cannot be reached."""
        try:
            async with asyncio.timeout(PATIENCE):
                return tuple([await self._sample(site, queue) for queue in queues])
        except (TimeoutError, FuncHostError):
            return None

    def forget(self, site: SiteName) -> None:
        """Drop what was seen of a site's queues."""
        for key in [key for key in self._seen if key[0] == site]:
            del self._seen[key]

    async def close(self) -> None:
        await self._accounts.close()

    async def _sample(self, site: SiteName, watched: WatchedQueue) -> QueueDemand:
        """Raises: FuncHostError: the store cannot be reached."""
        own = self._own(site, watched.connection)
        if own is not None:
            return await self._look(own, watched)
        at, seen = self._seen.get((site, watched), (float("-inf"), None))
        now = self._clock()
        if seen is None or not 0 <= now - at < REMOTE_SECONDS:
            seen = await self._look(await self._accounts.account(watched.connection), watched)
            self._seen[site, watched] = now, seen
        return seen

    async def _look(self, account: StorageAccount, watched: WatchedQueue) -> QueueDemand:
        try:
            length = (await account.queues.properties(watched.queue)).approximate_count
            oldest = await account.queues.peek(watched.queue) if length else []
        except StorageError as error:
            if error.code in _NOT_THERE:
                return QueueDemand(0, 0.0, watched.target)
            raise
        now = datetime.fromtimestamp(self._clock(), UTC)
        age = max((now - oldest[0].inserted).total_seconds(), 0.0) if oldest else 0.0
        return QueueDemand(length, age, watched.target)


async def _no_development_storage() -> StorageAccount:
    raise FuncHostError(
        "UseDevelopmentStorage=true means nothing on a server.",
        hint="Set it anew to get the site's own storage account, or set a connection string.",
    )
