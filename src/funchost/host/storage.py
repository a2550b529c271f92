"""HostStorage: the storage accounts that a host has open; lives as long as the process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from funchost.host.identity import Instance
from funchost.logs import HostLog
from funchost.settings import Settings
from funchost.storage.account import StorageAccount
from funchost.storage.accounts import Accounts
from funchost.storage.connections import Connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from funchost.triggers.availability import Availability
from funchost.triggers.singleton import LocalLocks, Locks
from funchost.triggers.singleton_locks import BlobLocks


class HostStorage:
    """Opens each account once.

    Args:
        folder: of the embedded store.
        log: the console.
    """

    def __init__(self, folder: Path, log: HostLog) -> None:
        self.availability = Availability(log)
        self._folder = folder
        self._log = log
        self._turn = asyncio.Lock()
        self._store: EmbeddedStore | None = None
        self.accounts = Accounts(self._development)
        self._locks: tuple[StorageAccount | None, Locks] | None = None

    async def account(self, connection: Connection) -> StorageAccount:
        """Return the account of a connection; it stays open until `close`.

        Raises:
            FuncHostError: it cannot be opened.
        """
        return await self.accounts.account(connection)

    def locks(self, account: StorageAccount | None, instance: Instance) -> Locks:
        """Return the locks of this process; the same ones as long as the host's account is the same."""
        if self._locks is None or self._locks[0] is not account:
            locks: Locks
            if account is None:
                locks = LocalLocks()
            else:
                locks = BlobLocks(account, instance.host_id, instance.id, self._log, self.availability)
            self._locks = account, locks
        return self._locks[1]

    async def close(self) -> None:
        """Close everything; idempotent."""
        await self.accounts.close()
        store, self._store = self._store, None
        if store is not None:
            await store.close()

    async def _development(self) -> StorageAccount:
        """Raises: FuncHostError."""
        async with self._turn:
            if self._store is None:
                self._store = await EmbeddedStore.open(self._folder)
        return self._store.account(DEVELOPMENT_ACCOUNT)


def storage_folder(root: Path, settings: Settings) -> Path:
    """Return where the embedded store lives: FUNCHOST_STORAGE_DIR, else `.funchost/storage` in the app."""
    return Path(settings.storage_dir) if settings.storage_dir else root / ".funchost" / "storage"
