"""BlobScanner: scans all containers that the app's functions watch, on one instance of the app at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from funchost.triggers.blob.container_scan import ContainerScan, Scan
from funchost.triggers.singleton import Hold, Locks, LockTerms

LOCK = "WebJobs.Internal.Blobs.Listener"


class BlobScanner:
    """Implements triggers.listener.Listener.

    Args:
        scans: one for each container.
    """

    name = "blob scanner"

    def __init__(self, scans: Sequence[ContainerScan], locks: Locks, terms: LockTerms) -> None:
        self._scans = scans
        self._locks = locks
        self._terms = terms
        self._drained = asyncio.Event()

    def drain(self) -> None:
        self._drained.set()
        for scan in self._scans:
            scan.wake()

    async def run(self) -> None:
        await self._locks.run_alone(LOCK, self._scan_all, self._drained, self._terms)

    async def _scan_all(self, hold: Hold) -> None:
        async with asyncio.TaskGroup() as group:
            for scan in self._scans:
                group.create_task(scan.run(Scan(hold, self._drained)))
