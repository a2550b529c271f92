"""The stores that the hosts of a fault test share: the embedded one in a folder, or an Azurite of the test's own."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from funchost.errors import StorageError
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.connections import resolve_connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from funchost.storage.remote.account import open_remote_account
from tests.azurite import AzuriteServer, missing_tools

T = TypeVar("T")
Work = Callable[[StorageAccount], Awaitable[T]]


class Store(Protocol):
    """A store, seen from the test: by a client of its own, which no fault touches."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The app settings that lead hosts to it."""
        ...

    def do(self, work: Work[T]) -> T:
        """Do something with the account."""
        ...


class EmbeddedFolder:
    """The embedded store in a folder. Implements Store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "FUNCHOST_STORAGE_DIR": str(folder)}

    def do(self, work: Work[T]) -> T:
        async def opened() -> T:
            store = await EmbeddedStore.open(self.folder)
            try:
                return await work(store.account(DEVELOPMENT_ACCOUNT))
            finally:
                await store.close()

        return asyncio.run(opened())

    def is_locked_by(self, pid: int) -> bool:
        """Whether a process has the lock without which nobody writes; True where the system does not tell."""
        locks = Path("/proc/locks")
        if not locks.exists():
            return True
        inodes = {path.stat().st_ino for path in self.folder.iterdir() if path.is_file()}
        rows = (line.split() for line in locks.read_text().splitlines() if "->" not in line)
        return any(
            row[1] == "FLOCK" and int(row[4]) == pid and int(row[5].rpartition(":")[2]) in inodes for row in rows
        )


class Azurite:
    """An Azurite that can be ended and started. Implements Store."""

    def __init__(self, folder: Path) -> None:
        self.server = AzuriteServer(folder)
        self.settings = {"AzureWebJobsStorage": self.server.connection_string}

    def do(self, work: Work[T]) -> T:
        async def opened() -> T:
            names = SettingNames(self.settings)
            account = open_remote_account(resolve_connection(names, None))
            try:
                return await work(account)
            finally:
                await account.close()

        return asyncio.run(opened())


@contextmanager
def own_azurite() -> Iterator[Azurite]:
    """An Azurite that runs; skips where Node.js is missing."""
    reason = missing_tools()
    if reason is not None:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="azurite-", ignore_cleanup_errors=True) as folder:
        store = Azurite(Path(folder))
        store.server.start()
        try:
            yield store
        finally:
            store.server.stop()


async def texts_of(account: StorageAccount, queue: str) -> list[str]:
    """Take all messages out of a queue; none if there is no such queue."""
    texts: list[str] = []
    try:
        while messages := await account.queues.get(queue, 32, 600):
            texts += [message.text for message in messages]
    except StorageError as error:
        if error.code != "QueueNotFound":
            raise
    return texts


async def count_of(account: StorageAccount, queue: str) -> int:
    """How many messages a queue holds, hidden ones too; 0 if there is no such queue."""
    try:
        return (await account.queues.properties(queue)).approximate_count
    except StorageError as error:
        if error.code != "QueueNotFound":
            raise
        return 0
