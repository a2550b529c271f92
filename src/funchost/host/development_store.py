"""DevelopmentStore: what ``UseDevelopmentStorage=true`` means in this process: an emulator that runs, or our own store.

Which it is, is decided once, before the first worker starts: workers find the store by their settings.
"""

from __future__ import annotations

import asyncio
import traceback
from contextlib import suppress
from pathlib import Path

from funchost.http.storage_fronts import StorageFronts, StoreKeeper
from funchost.logs import HostLog, LogLevel
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.development import WELL_KNOWN, DevelopmentStorage, find_development_storage
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, SERVICES
from funchost.storage.server.identity import APP

CONNECTION_STRING = "UseDevelopmentStorage=true"


class DevelopmentStore:
    """The development store of one host process; `find` makes it.

    Args:
        folder: of the embedded store.
        decision: what to use.
        log: says which store it is.
    """

    def __init__(self, folder: Path, decision: DevelopmentStorage, log: HostLog) -> None:
        self._folder = folder
        self._decision = decision
        self._log = log
        self._store: EmbeddedStore | None = None
        self._keeper: StoreKeeper | None = None
        self._turn = asyncio.Lock()

    @classmethod
    async def find(cls, folder: Path, ports: tuple[int, int, int] | None, log: HostLog) -> DevelopmentStore:
        """Look who listens on the well-known ports.

        Args:
            ports: serve the embedded store there whoever listens, 0 = on any free port.
        """
        if ports is None:
            decision = await find_development_storage(folder)
        else:
            decision = DevelopmentStorage(ports=dict(zip(SERVICES, ports, strict=True)))
        return cls(folder, decision, log)

    @property
    def has_own_ports(self) -> bool:
        """Whether workers must be told where it is, which is known once `account` has returned."""
        ports = self._decision.ports
        return bool(ports) and dict(ports) != dict(WELL_KNOWN)

    @property
    def connection_string(self) -> str:
        """What the app's own clients need in place of ``UseDevelopmentStorage=true``."""
        return CONNECTION_STRING if self._keeper is None else self._keeper.connection_string

    async def account(self) -> StorageAccount:
        """Return the development account; the first call opens the store and serves it on its ports.

        Raises:
            FuncHostError: the embedded store cannot be opened; the next call tries again.
        """
        async with self._turn:
            if self._decision.remote:
                return self._remote_account()
            if self._store is None:
                await self._open()
            assert self._store is not None  # noqa: S101 - _open sets it
            return self._store.account(DEVELOPMENT_ACCOUNT)

    async def close(self) -> None:
        """End the front and close the store; idempotent. A remote account is its owner's to close."""
        keeper, self._keeper = self._keeper, None
        store, self._store = self._store, None
        if keeper is not None:
            await keeper.stop()
        if store is not None:
            await store.close()

    async def _open(self) -> None:
        store = await EmbeddedStore.open(self._folder)
        await asyncio.to_thread(_keep_out_of_git, self._folder)
        fronts = StorageFronts(store, on_fault=self._report_fault, use=APP)
        keeper = StoreKeeper(fronts, self._decision, self._log.print)
        try:
            await keeper.start()
        except BaseException:
            await store.close()
            raise
        store.ports = keeper.ports or WELL_KNOWN
        self._store, self._keeper = store, keeper
        if self._decision.obstacle is None:
            served = "another process serves it" if self._decision.take_over else "served"
            ports = ", ".join(str(port) for port in (keeper.ports or WELL_KNOWN).values())
            self._log.print(f"Storage: {self._folder}, {served} on ports {ports}")

    def _report_fault(self, operation: str, error: Exception) -> None:
        text = "".join(traceback.format_exception(error))
        self._log.write(LogLevel.ERROR, "Host.Storage", f"{operation} failed, through a fault of funchost:\n{text}")

    def _remote_account(self) -> StorageAccount:
        from funchost.storage.remote.account import open_remote_account  # brings aiohttp

        self._log.print("Storage: the emulator that listens on ports 10000-10002")
        names = SettingNames({"AzureWebJobsStorage": CONNECTION_STRING})
        return open_remote_account(resolve_connection(names, None))


def _keep_out_of_git(folder: Path) -> None:
    """Mark the folder as nothing to be committed; a store that cannot be marked works as well."""
    with suppress(OSError):
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
