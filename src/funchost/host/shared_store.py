"""SharedStore: an embedded store that another process serves, opened in this process as well.

The connection strings of its accounts are ordinary ones, so that an app's own clients can use them; the host need not
go over HTTP for what lies in files of its machine, and is woken at once when a message arrives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection
from funchost.storage.credentials import AccountKey
from funchost.storage.endpoints import SERVICES, Endpoints, Service

if TYPE_CHECKING:
    from funchost.storage.embedded.store import EmbeddedStore

HOST = "http://127.0.0.1"


class StorePlace(NamedTuple):
    """Where a store is.

    Args:
        folder: of the store.
        ports: of this machine on which it is served.
    """

    folder: Path
    ports: Mapping[Service, int]

    def endpoints(self, account: str) -> Endpoints:
        """Return where clients find an account."""
        return Endpoints(*(f"{HOST}:{self.ports[service]}/{account}" for service in SERVICES))


class SharedStore:
    """Opens the store when a connection first leads to it.

    Args:
        place: see StorePlace.
    """

    def __init__(self, place: StorePlace) -> None:
        self._place = place
        self._store: EmbeddedStore | None = None
        self._turn = asyncio.Lock()

    async def account(self, connection: Connection) -> StorageAccount | None:
        """Return the account that a connection leads to; None if it leads elsewhere, or its key is not the account's.

        Raises:
            FuncHostError: the store cannot be opened.
        """
        credential = connection.credential
        if not isinstance(credential, AccountKey) or connection.endpoints != self._place.endpoints(connection.account):
            return None
        store = await self._opened()
        proven = await store.accounts.proves(connection.account, credential.key)
        if not proven or credential.account != connection.account:
            return None  # over HTTP the caller gets the service's own refusal
        return store.account(connection.account)

    async def close(self) -> None:
        """Close the store; idempotent."""
        async with self._turn:
            store, self._store = self._store, None
            if store is not None:
                await store.close()

    async def _opened(self) -> EmbeddedStore:
        async with self._turn:
            if self._store is None:
                # 60 ms of imports, which apps without storage do not spend.
                embedded = await asyncio.to_thread(_embedded_store)
                store = await embedded.open(self._place.folder, development=False)
                store.ports = self._place.ports
                self._store = store
            return self._store


def _embedded_store() -> type[EmbeddedStore]:
    from funchost.storage.embedded.store import EmbeddedStore

    return EmbeddedStore
