"""PrimaryHost: of all instances of an app one does the chores that are needed once; it holds the lock ``host``."""

from __future__ import annotations

import asyncio

from funchost.logs import HostLog, LogLevel
from funchost.triggers.singleton import Hold, Locks, LockTerms

LOCK = "host"
TERMS = LockTerms(lease=15.0, retry=5.0)


class PrimaryHost:
    """Runs for the chores' sake as long as the host process does. Implements triggers.listener.Listener.

    Args:
        instance_id: of this host process, for the log.
    """

    name = "primary host"

    def __init__(self, locks: Locks, instance_id: str, log: HostLog) -> None:
        self._locks = locks
        self._instance_id = instance_id
        self._log = log
        self._drained = asyncio.Event()
        self._hold: Hold | None = None

    @property
    def is_primary(self) -> bool:
        """Whether this instance is the one, at this moment."""
        return self._hold is not None and self._hold.is_held()

    async def run(self) -> None:
        await self._locks.run_alone(LOCK, self._be_primary, self._drained, TERMS)

    def drain(self) -> None:
        self._drained.set()

    async def _be_primary(self, hold: Hold) -> None:
        self._hold = hold
        self._log.write(
            LogLevel.INFORMATION, "Host.General", f"Host lock lease acquired by instance ID '{self._instance_id}'."
        )
        try:
            await self._drained.wait()
        finally:
            self._hold = None
