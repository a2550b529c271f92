"""HostStorage: the storage accounts that a host has open; lives as long as the process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from funchost.errors import FuncHostError, StorageUnavailableError
from funchost.host.identity import Instance
from funchost.logs import HostLog, LogLevel
from funchost.settings import SettingNames, Settings
from funchost.storage.account import StorageAccount
from funchost.storage.accounts import Accounts
from funchost.storage.connections import Connection, connection_settings, resolve_connection
from funchost.triggers.availability import Availability
from funchost.triggers.singleton import LocalLocks, Locks
from funchost.triggers.singleton_locks import BlobLocks

if TYPE_CHECKING:
    from funchost.host.development_store import DevelopmentStore
    from funchost.host.shared_store import SharedStore

RETRY = 1.0
"""Seconds between two attempts to open a store that cannot be reached."""
PATIENCE = 5.0
"""How long workers wait for the ports of a store that cannot be opened; without it they run all the same."""

DEVELOPMENT = "usedevelopmentstorage=true"


class HostStorage:
    """Opens each account once.

    Args:
        folder: of the embedded store; None = there is no development storage here.
        ports: where that is served, see Settings.storage_ports.
        log: the console.
        shared: a store whose accounts are opened in this process; closed with this.
    """

    def __init__(
        self, folder: Path | None, ports: tuple[int, int, int] | None, log: HostLog, shared: SharedStore | None = None
    ) -> None:
        self.availability = Availability(log)
        self._folder = folder
        self._ports = ports
        self._log = log
        self._shared = shared
        self._accounts = Accounts(self._development_account)
        self._development: DevelopmentStore | None = None
        self._finding = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self._locks: tuple[StorageAccount | None, Locks] | None = None
        self._said_none = False

    async def prepare(self, settings: Settings) -> None:
        """Get ready what an app with these settings may use; returns when its workers may start.

        An app that names development storage finds it, for clients of its own as well, whether or not it has a
        function that uses storage. It is opened while the first worker starts.
        """
        if not any(_means_development(value) for value in settings.environment.values()):
            self._say_if_there_is_none(settings)
            return
        if self._folder is None:
            return  # whoever uses it is told
        development = await self._found()
        if self._opening is None:
            self._opening = asyncio.create_task(self._open_development(), name="open development storage")
        if development.has_own_ports:
            await asyncio.wait((self._opening,), timeout=PATIENCE)

    def worker_environment(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return an app's settings as its workers need them: development storage by where it really is."""
        text = self._development.connection_string if self._development is not None else ""
        if not text or _means_development(text):
            return environment
        return {name: text if _means_development(value) else value for name, value in environment.items()}

    async def account(self, connection: Connection) -> StorageAccount:
        """Return the account of a connection; it stays open until `close`.

        Raises:
            FuncHostError: it cannot be opened.
        """
        if self._shared is not None and (shared := await self._shared.account(connection)) is not None:
            return shared
        if not connection.development:
            # A tenth of a second of imports, which must not hold up requests.
            await asyncio.to_thread(import_module, "funchost.storage.remote.account")
        return await self._accounts.account(connection)

    async def account_when_there(self, connection: Connection, user: str) -> StorageAccount:
        """Return the account of a connection as soon as its store can be reached, however long that takes.

        Args:
            user: who waits for it; the status says so meanwhile.

        Raises:
            FuncHostError: it cannot be opened, for a reason that will not go away.
        """
        service = f"connection {connection.setting}"
        try:
            while True:
                try:
                    account = await self.account(connection)
                except StorageUnavailableError as error:
                    self.availability.failed(service, user, error)
                    await asyncio.sleep(RETRY)
                else:
                    self.availability.succeeded(service, user)
                    return account
        finally:
            self.availability.forget(user)

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
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait((self._opening,))
        await self._accounts.close()
        if self._development is not None:
            await self._development.close()
        if self._shared is not None:
            await self._shared.close()

    async def _found(self) -> DevelopmentStore:
        """Raises: FuncHostError."""
        folder = self._folder
        if folder is None:
            raise FuncHostError(
                "There is no development storage on a server.",
                hint="Set it anew to get the site's own storage account, or set a connection string.",
            )
        async with self._finding:
            if self._development is None:
                # The store's front and SQLite take 60 ms to import, which apps without storage do not spend.
                from funchost.host.development_store import DevelopmentStore

                self._development = await DevelopmentStore.find(folder, self._ports, self._log)
        return self._development

    async def _development_account(self) -> StorageAccount:
        """Raises: FuncHostError."""
        return await (await self._found()).account()

    async def _open_development(self) -> None:
        try:
            names = SettingNames({"AzureWebJobsStorage": DEVELOPMENT})
            await self.account_when_there(resolve_connection(names, None), "development storage")
        except FuncHostError as error:
            hint = f" {error.hint}" if error.hint else ""
            reason = str(error).rstrip(".")
            self._log.write(LogLevel.ERROR, "Host.Storage", f"Development storage cannot be used: {reason}.{hint}")

    def _say_if_there_is_none(self, settings: Settings) -> None:
        names = connection_settings(None)
        if self._said_none or any(settings.get(name) or settings.names.below(name) for name in names):
            return
        self._said_none = True
        self._log.print("Storage: none (there is no setting AzureWebJobsStorage); locks hold within this process only")


def _means_development(value: str) -> bool:
    return value.strip().rstrip("; ").lower() == DEVELOPMENT


def storage_folder(root: Path, settings: Settings) -> Path:
    """Return where the embedded store lives: FUNCHOST_STORAGE_DIR, else `.funchost/storage` in the app."""
    return Path(settings.storage_dir) if settings.storage_dir else root / ".funchost" / "storage"
