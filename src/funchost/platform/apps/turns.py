"""Turns: changes of one site happen one after the other, those of different sites at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from funchost.platform.site import SiteName


class Turns:
    """A lock for each site, for as long as somebody wants it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[SiteName, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, *sites: SiteName) -> AsyncIterator[None]:
        """Wait until nobody else changes any of the sites, and keep others waiting meanwhile."""
        async with AsyncExitStack() as held:
            # Everybody takes them in the same order, so that nobody waits for each other.
            for site in sorted(set(sites), key=lambda name: (name.app, name.slot or "")):
                lock = self._locks.get(site)
                if lock is None:
                    lock = self._locks[site] = asyncio.Lock()
                await held.enter_async_context(lock)
            yield
