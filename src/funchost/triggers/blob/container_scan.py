"""ContainerScan: finds new versions of blobs in one container and queues each once for every function that wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import BlobProperties
from funchost.storage.queueing import put_text
from funchost.triggers.availability import Availability
from funchost.triggers.blob.changes import Blobs, changes_of
from funchost.triggers.blob.message import BlobMessage
from funchost.triggers.blob.path_pattern import PathPattern
from funchost.triggers.blob.receipts import Receipts, receipt_path
from funchost.triggers.blob.scan_state import ScanState
from funchost.triggers.clock import Clock
from funchost.triggers.singleton import Hold

AT_ONCE = 32
"""Versions that are queued at the same time; enough for the store to commit them together."""
RECEIPTS_PAGE = 500
STATE_PERIOD = 10.0
"""Seconds between two looks whether somebody has changed the scan state, and between two writes of it."""
CATCH_UP_LOCAL, CATCH_UP_REMOTE = 600.0, 3600.0
"""Seconds between two comparisons of all blobs with all receipts."""
REMEMBERED = timedelta(minutes=5)
"""Younger versions that were queued are remembered, so that no receipt is read when a look finds them again."""
CROWD = 1000
AWAY_LONGEST = 5.0
_NO_CONTAINER = frozenset({"ContainerNotFound", "ContainerBeingDeleted", "ResourceNotFound"})


class Watched(NamedTuple):
    """A function and the blobs it is for."""

    function_id: str
    pattern: PathPattern


class HostStores(NamedTuple):
    """What a scan writes to: the host's own account, and names in it."""

    account: StorageAccount
    host_id: str
    queue: str


class Scan(NamedTuple):
    """What a scan goes on with: the lock under which it runs, and the event that ends it."""

    hold: Hold
    drained: asyncio.Event


_Found = tuple[Watched, BlobProperties]
_NEVER = float("-inf")


class ContainerScan:
    """Scans for all functions of the app on one container.

    Args:
        account: of the container.
        watched: the functions.
        host: see HostStores.
    """

    def __init__(
        self,
        account: StorageAccount,
        container: str,
        watched: Sequence[Watched],
        host: HostStores,
        availability: Availability,
        clock: Clock,
    ) -> None:
        self._account = account
        self._container = container
        self._watched = watched
        self._host = host
        self._availability = availability
        self._clock = clock
        self._changes = changes_of(account, container, clock)
        self._receipts = Receipts(host.account.blobs, host.host_id)
        self._state = ScanState(host.account.blobs, host.host_id, account.name, container)
        self._catch_up_period = CATCH_UP_LOCAL if account.emulator else CATCH_UP_REMOTE
        self._caught_up = self._checked = self._saved = _NEVER
        self._queued: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._crowd = CROWD
        self._changed = asyncio.Event()
        self._failures = 0
        self._user = f"scan of {account.name}/{container}"

    def wake(self) -> None:
        """Look at once."""
        self._changed.set()

    async def run(self, scan: Scan) -> None:
        """Scan until drained; whoever drains also calls `wake`."""
        self._caught_up = _NEVER
        unwatch = self._account.blobs.watch(self._container, self.wake)
        try:
            while not scan.drained.is_set():
                self._changed.clear()
                try:
                    await self._turn(scan)
                except StorageError as error:
                    pause = self._failed(error)
                else:
                    pause = self._succeeded()
                if not scan.drained.is_set():
                    await self._clock.wait(self._changed, pause)
        finally:
            unwatch()
            self._availability.forget(self._user)

    async def _turn(self, scan: Scan) -> None:
        """Look once, at everything if it is time for that.

        Raises:
            StorageError.
        """
        now, began = self._clock.steady(), self._clock.wall()
        if now - self._checked >= STATE_PERIOD:
            if self._caught_up != _NEVER and await self._state.is_changed():
                self._caught_up = _NEVER
            self._checked = now
        everything = now - self._caught_up >= self._catch_up_period
        found = await (self._catch_up(scan) if everything else self._look(scan))
        if scan.drained.is_set():
            return
        if everything:
            self._caught_up = now
        if found and (everything or now - self._saved >= STATE_PERIOD):
            self._changes.note_store_time(await self._state.save(self._changes.seen_until(began)))
            self._saved = now

    async def _look(self, scan: Scan) -> bool:
        """Queue what changed since the last look; return whether there was anything."""
        found = False
        async for page in self._pages(everything=False):
            for batch in _batches(self._wanted(page)):
                found = True
                await self._queue_all(batch, scan)
        return found

    async def _catch_up(self, scan: Scan) -> bool:
        """Queue every version that has no receipt; return whether the container is there.

        A function without any receipt is new here: it does not get what is older than the last scan.
        """
        since = (await self._state.load()).until
        self._queued.clear()  # only receipts count, somebody may have deleted one
        receipts = {
            function_id: await self._receipts.all_of(function_id, RECEIPTS_PAGE)
            for function_id in {watched.function_id for watched in self._watched}
        }
        is_there = False
        async for page in self._pages(everything=True):
            is_there = True
            missing = (found for found in self._wanted(page) if self._is_missing(found, receipts, since))
            for batch in _batches(missing):
                await self._queue_all(batch, scan, no_receipts=True)
            await asyncio.sleep(0)
        return is_there

    async def _pages(self, *, everything: bool) -> AsyncIterator[Blobs]:
        """Yield pages; none while there is no such container."""
        try:
            async for page in self._changes.pages(everything=everything):
                yield page
        except StorageError as error:
            if error.code not in _NO_CONTAINER:
                raise

    def _wanted(self, blobs: Blobs) -> Iterator[_Found]:
        for blob in blobs:
            for watched in self._watched:
                queued = self._queued.get((watched.function_id, blob.name))
                if (queued is None or queued[0] != blob.etag) and watched.pattern.match(blob.name) is not None:
                    yield watched, blob

    def _is_missing(self, found: _Found, receipts: Mapping[str, AbstractSet[str]], since: datetime | None) -> bool:
        watched, blob = found
        known = receipts[watched.function_id]
        if not known and since is not None and blob.last_modified < since:
            return False
        return receipt_path(self._host.host_id, watched.function_id, blob) not in known

    async def _queue_all(self, batch: Sequence[_Found], scan: Scan, *, no_receipts: bool = False) -> None:
        if not scan.hold.is_held():
            # The lock is lost: whoever runs this under it is about to cancel it.
            await asyncio.get_running_loop().create_future()
        if scan.drained.is_set():
            return
        ends = await asyncio.gather(
            *(self._queue(found, no_receipt=no_receipts) for found in batch), return_exceptions=True
        )
        for end in ends:
            # Only now that none is under way: one that still was would be queued a second time by the next look.
            if end is not None:
                raise end

    async def _queue(self, found: _Found, *, no_receipt: bool) -> None:
        """Queue one version, unless a receipt says that it was; in that order, see receipts.py."""
        watched, blob = found
        if no_receipt or not await self._receipts.exists(watched.function_id, blob):
            message = BlobMessage(watched.function_id, blob.blob_type, blob.container, blob.name, blob.etag)
            await put_text(self._host.account.queues, self._host.queue, message.encode())
            await self._receipts.write(watched.function_id, blob)
        self._remember(watched, blob)

    def _remember(self, watched: Watched, blob: BlobProperties) -> None:
        oldest = datetime.fromtimestamp(self._clock.wall(), UTC) - REMEMBERED
        if blob.last_modified < oldest:
            return
        self._queued[watched.function_id, blob.name] = blob.etag, blob.last_modified
        if len(self._queued) >= self._crowd:
            self._queued = {key: value for key, value in self._queued.items() if value[1] >= oldest}
            self._crowd = max(CROWD, 2 * len(self._queued))

    def _failed(self, error: StorageError) -> float:
        """Return the seconds until the next try."""
        self._failures += 1
        self._availability.failed(self._account.blobs.url, self._user, error)
        return min(0.5 * 2.0 ** min(self._failures, 16), AWAY_LONGEST)

    def _succeeded(self) -> float:
        """Return the seconds until the next look."""
        if self._failures:
            self._failures = 0
            self._availability.succeeded(self._account.blobs.url, self._user)
        return self._changes.interval


def _batches(found: Iterator[_Found]) -> Iterator[list[_Found]]:
    while batch := list(islice(found, AT_ONCE)):
        yield batch
