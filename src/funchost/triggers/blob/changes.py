"""Changes: which blobs of a container are new or different, page by page.

Two ways: the embedded store says what changed, in order; any other store is listed from its first name to its last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from funchost.storage.account import StorageAccount
from funchost.storage.blobs import MAX_PAGE, BlobProperties, BlobStore, ChangeFeed, ChangeMark
from funchost.triggers.clock import Clock

FEED_PAGE = 200
"""Blobs that the embedded store gives at once; few, since nobody else reads meanwhile."""

POLL_EMBEDDED, POLL_EMULATOR, POLL_REMOTE = 10.0, 1.0, 10.0
"""Seconds between two looks. The embedded store wakes whoever waits; a look is for what a wake-up has missed."""

OVERLAP = timedelta(seconds=60)
"""A listing looks again at blobs that changed so long before the last one began: names that it had passed already may
have changed while it went on, times are whole seconds, and clocks differ a little."""

ROUNDING = timedelta(seconds=1)
"""Times of blobs are whole seconds."""

STEP = 0.5
"""Seconds by which a clock has to go back to be one that was put back."""

Blobs = tuple[BlobProperties, ...]


class Changes(Protocol):
    """What changed in one container since the last look; every blob at the first."""

    @property
    def interval(self) -> float:
        """Seconds between two looks when nobody wakes us."""
        ...

    def pages(self, *, everything: bool) -> AsyncIterator[Blobs]:
        """Yield blobs that may have changed, some of them again; a page counts as seen when the next is asked for.

        Raises:
            StorageError: also when the container is missing.
        """
        ...

    def note_store_time(self, shown: datetime) -> None:
        """Take the time that the store just gave to a blob, to know how far its clock is from ours."""
        ...

    def seen_until(self, began: float) -> datetime:
        """Return the store's time up to which a look that began then, by our clock, has surely seen everything."""
        ...


def changes_of(account: StorageAccount, container: str, clock: Clock) -> Changes:
    """Return the way that suits the store."""
    if isinstance(account.blobs, ChangeFeed):
        return FeedChanges(account.blobs, container, clock)
    return ListedChanges(account.blobs, container, clock, POLL_EMULATOR if account.emulator else POLL_REMOTE)


class FeedChanges:
    """Asks the embedded store. Implements Changes."""

    interval = POLL_EMBEDDED

    def __init__(self, store: ChangeFeed, container: str, clock: Clock) -> None:
        self._store = store
        self._container = container
        self._clock = clock
        self._mark = ChangeMark()
        self._ahead = clock.wall() - clock.steady()

    async def pages(self, *, everything: bool) -> AsyncIterator[Blobs]:
        known = self._mark
        behind = self._mark = ChangeMark() if everything else self._mark_by_clock()
        to_the_end = behind != known or everything
        while True:
            blobs, behind = await self._store.changed_blobs(self._container, behind, FEED_PAGE)
            present = ChangeMark(int(self._clock.wall() * 1_000_000))
            if blobs:
                yield blobs
            # Times to come are from before the clock was put back; what changes now gets earlier ones.
            self._mark = min(behind, present)
            if len(blobs) < FEED_PAGE or (behind > present and not to_the_end):
                return

    def note_store_time(self, shown: datetime) -> None:
        """The store's clock is ours."""

    def seen_until(self, began: float) -> datetime:
        return datetime.fromtimestamp(began, UTC) - ROUNDING

    def _mark_by_clock(self) -> ChangeMark:
        """Return the mark; an earlier one if the clock was put back, since changes get earlier times then."""
        ahead = self._clock.wall() - self._clock.steady()
        back = self._ahead - ahead
        self._ahead = ahead
        if back < STEP:
            return self._mark
        return ChangeMark(self._mark.modified - int((back + 1) * 1_000_000))


class ListedChanges:
    """Lists the container and picks what is newer than the listing before. Implements Changes.

    Args:
        interval: seconds between two listings, more when one takes long.
    """

    def __init__(self, store: BlobStore, container: str, clock: Clock, interval: float) -> None:
        self._store = store
        self._container = container
        self._clock = clock
        self._interval = interval
        self._took = 0.0
        self._ahead = timedelta()
        self._since: datetime | None = None

    @property
    def interval(self) -> float:
        return max(self._interval, self._took)

    async def pages(self, *, everything: bool) -> AsyncIterator[Blobs]:
        began = self._clock.wall()
        since = None if everything else self._since
        marker: str | None = None
        while True:
            listed = await self._store.list_blobs(self._container, "", marker, MAX_PAGE)
            newer = tuple(blob for blob in listed.blobs if since is None or blob.last_modified >= since)
            if newer:
                yield newer
            marker = listed.next
            if marker is None:
                break
        self._took = self._clock.wall() - began
        self._since = self.seen_until(began)

    def note_store_time(self, shown: datetime) -> None:
        self._ahead = shown - datetime.fromtimestamp(self._clock.wall(), UTC)

    def seen_until(self, began: float) -> datetime:
        return datetime.fromtimestamp(began, UTC) + self._ahead - OVERLAP
