"""EmbeddedStore: the accounts of one store folder, in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from funchost.storage.account import StorageAccount
from funchost.storage.embedded import containers
from funchost.storage.embedded.account_keys import KeySeal
from funchost.storage.embedded.accounts import Accounts
from funchost.storage.embedded.blob_access import BlobAccess
from funchost.storage.embedded.blob_upkeep import BlobUpkeep
from funchost.storage.embedded.blobs import EmbeddedBlobs
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.queues import EmbeddedQueues, resume_removal
from funchost.storage.embedded.tables import EmbeddedTables
from funchost.storage.endpoints import DEVELOPMENT_PORTS, Service

HOST = "http://127.0.0.1"


class EmbeddedStore:
    """The accounts of one store folder; `open` makes it.

    Args:
        engine: is closed with the store.
        development: see Accounts.
        seal: see Accounts.

    Attributes:
        ports: where clients of this machine find it; counts for the accounts that are opened from then on.
        accounts: names and keys.
    """

    def __init__(self, engine: Engine, *, development: bool = True, seal: KeySeal | None = None) -> None:
        self.engine = engine
        self.ports: Mapping[Service, int] = DEVELOPMENT_PORTS
        self.accounts = Accounts(engine, development=development, seal=seal)
        self.blobs = BlobAccess(engine)
        self._upkeep = BlobUpkeep(self.blobs)
        self._upkeep.start()
        self._removal = asyncio.create_task(resume_removal(engine), name="queue removal")
        self._accounts: dict[str, StorageAccount] = {}

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        development: bool = True,
        seal: KeySeal | None = None,
    ) -> EmbeddedStore:
        """Open the store in `folder`, which is made if it is missing; see `Engine.open`.

        Args:
            development: whether the account is there whose key everybody knows; not where strangers share the machine.
            seal: with which keys are sealed in the file, None = they stand there as they are.
        """
        return cls(await Engine.open(folder, clock=clock), development=development, seal=seal)

    def account(self, name: str) -> StorageAccount:
        """Return the account called `name`; one that nobody has written to is empty."""
        account = self._accounts.get(name)
        if account is None:
            account = self._accounts[name] = StorageAccount(
                name=name,
                blobs=EmbeddedBlobs(self.blobs, name, self._url("blob", name)),
                queues=EmbeddedQueues(self.engine, name, self._url("queue", name)),
                tables=EmbeddedTables(self.engine, name, self._url("table", name)),
                embedded=True,
                emulator=True,
                close=_stay_open,
            )
        return account

    async def remove_account(self, name: str) -> None:
        """Remove an account and all that it holds, leased or not; idempotent. Content goes step by step afterwards."""
        await self.accounts.remove(name)
        account = self.account(name)
        del self._accounts[name]
        await self.blobs.change(lambda change: containers.delete_all(change, name))
        self.blobs.leftovers.set()
        for queue in await account.queues.list_queues():
            await account.queues.delete(queue)
        for table in await account.tables.list_tables():
            await account.tables.delete_table(table)

    def _url(self, service: Service, account: str) -> str:
        return f"{HOST}:{self.ports[service]}/{account}"

    async def close(self) -> None:
        """Close the files; idempotent."""
        self._removal.cancel()
        await asyncio.wait([self._removal])
        await self._upkeep.stop()
        await self.engine.close()


async def _stay_open() -> None:
    """The account belongs to the store, which is closed as a whole."""
