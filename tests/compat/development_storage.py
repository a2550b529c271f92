"""The embedded store of an app that runs: a test opens it beside the host, as another host on the machine would."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import BlobProperties
from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT

T = TypeVar("T")

SETTINGS: dict[str, str | None] = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


class DevelopmentStorage:
    """The development account of the app in `root`; every method opens the store and closes it."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".funchost" / "storage"

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
        async def opened() -> T:
            store = await EmbeddedStore.open(self._folder)
            try:
                return await work(store.account(DEVELOPMENT_ACCOUNT))
            finally:
                await store.close()

        return asyncio.run(opened())
