"""A served store: an embedded store with its three services on free ports, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from funchost.http.storage_fronts import StorageFronts
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from funchost.storage.server.exchange import ServiceName

T = TypeVar("T")
TIMEOUT = 30.0


class ServedStore:
    """A store that is being served.

    Args:
        loop: the thread's.
        faults: what the fronts reported; a test that expects none looks here.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.faults: list[str] = []
        self.store: EmbeddedStore
        self.fronts: StorageFronts
        self.ports: Mapping[ServiceName, int] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the store's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)

    def url(self, service: ServiceName, account: str = DEVELOPMENT_ACCOUNT) -> str:
        return f"http://127.0.0.1:{self.ports[service]}/{account}"

    def connection_string(self, account: str = DEVELOPMENT_ACCOUNT, key: str = DEVELOPMENT_KEY) -> str:
        """What an SDK takes."""
        endpoints = "".join(
            f"{service.title()}Endpoint={self.url(service, account)};" for service in ("blob", "queue", "table")
        )
        return f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};{endpoints}"

    async def open(self, folder: Path) -> None:
        self.store = await EmbeddedStore.open(folder)
        self.fronts = StorageFronts(self.store, on_fault=self._on_fault)
        await self.fronts.open()
        self.ports = self.fronts.ports

    async def close(self) -> None:
        await self.fronts.close(0.1)
        await self.store.close()

    def _on_fault(self, operation: str, error: Exception) -> None:
        self.faults.append(f"{operation}: {error!r}")


@contextmanager
def served(folder: Path) -> Iterator[ServedStore]:
    """Serve the store in `folder`; at the end no request may have failed by a defect."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="served-store", daemon=True)
    thread.start()
    store = ServedStore(loop)
    try:
        store.run(store.open(folder))
        try:
            yield store
        finally:
            store.run(store.close())
        assert store.faults == []
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT)
        loop.close()
