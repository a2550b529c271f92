"""The storage of an app that runs, as a test sees it beside the host: the embedded store, or an account over HTTP."""

from __future__ import annotations

import abc
import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from funchost.errors import StorageError
from funchost.settings import SettingNames
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import BlobProperties
from funchost.storage.connections import resolve_connection
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from funchost.storage.remote.account import open_remote_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = TypeVar("T")

SETTINGS: dict[str, str | None] = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


class AppStorage(abc.ABC):
    """One account; every method opens it and closes it."""

    @abc.abstractmethod
    def opened(self) -> AbstractAsyncContextManager[StorageAccount]:
        """The account, open inside a running loop."""

    def put(self, container: str, name: str, content: bytes, metadata: dict[str, str] | None = None) -> None:
        async def work(account: StorageAccount) -> None:
            await account.blobs.create_container(container)
            await account.blobs.put(container, name, content, metadata=metadata)

        self.do(work)

    def content(self, container: str, name: str) -> bytes | None:
        """None if there is no such blob."""

        async def work(account: StorageAccount) -> bytes:
            body = (await account.blobs.get(container, name)).body
            return body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])

        try:
            return self.do(work)
        except StorageError as error:
            if error.status != 404:
                raise
            return None

    def properties(self, container: str, name: str) -> BlobProperties:
        return self.do(lambda account: account.blobs.properties(container, name))

    def names(self, container: str) -> list[str]:
        async def work(account: StorageAccount) -> list[str]:
            return [blob.name for blob in (await account.blobs.list_blobs(container)).blobs]

        return self.do(work)

    def messages(self, queue: str) -> list[bytes]:
        """The bodies of the messages in a queue, decoded; empty if there is no such queue."""

        async def work(account: StorageAccount) -> list[bytes]:
            return [base64.b64decode(message.text) for message in await account.queues.peek(queue, 32)]

        try:
            return self.do(work)
        except StorageError as error:
            if error.code != "QueueNotFound":
                raise
            return []

    def put_message(self, queue: str, *bodies: str) -> None:
        """Append messages in Base64; the queue is made if it is not there."""

        async def work(account: StorageAccount) -> None:
            await account.queues.create(queue)
            for body in bodies:
                await account.queues.put(queue, base64.b64encode(body.encode()).decode())

        self.do(work)

    def count(self, queue: str) -> int:
        """How many messages a queue holds, hidden ones too."""
        return self.do(lambda account: account.queues.properties(queue)).approximate_count

    def queues(self) -> tuple[str, ...]:
        return self.do(lambda account: account.queues.list_queues())

    def do(self, work: Callable[[StorageAccount], Awaitable[T]]) -> T:
        async def run() -> T:
            async with self.opened() as account:
                return await work(account)

        return asyncio.run(run())


class DevelopmentStorage(AppStorage):
    """The development account in the embedded store of the app in `root`, opened as another host would."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".funchost" / "storage"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[StorageAccount]:
        store = await EmbeddedStore.open(self._folder)
        try:
            yield store.account(DEVELOPMENT_ACCOUNT)
        finally:
            await store.close()


class RemoteStorage(AppStorage):
    """The account that a connection string leads to."""

    def __init__(self, connection_string: str) -> None:
        names = SettingNames({"AzureWebJobsStorage": connection_string})
        self._connection = resolve_connection(names, None)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[StorageAccount]:
        account = open_remote_account(self._connection)
        try:
            yield account
        finally:
            await account.close()

    def clear(self) -> None:
        """Delete all containers, queues and tables."""

        async def work(account: StorageAccount) -> None:
            for container in await account.blobs.list_containers():
                await account.blobs.delete_container(container.name)
            for queue in await account.queues.list_queues():
                await account.queues.delete(queue)
            for table in await account.tables.list_tables():
                await account.tables.delete_table(table)

        self.do(work)


class Store(NamedTuple):
    """A kind of storage that apps run on: the settings that lead an app there, and how a test looks into it."""

    settings: Mapping[str, str | None]
    storage_of: Callable[[Path], AppStorage]
