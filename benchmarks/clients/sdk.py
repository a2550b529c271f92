"""The official Python clients, in their asynchronous form, one call at a time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

KIB = bytes(1024)
MIB = bytes(1024 * 1024)
NAMES = 16
"""Blobs that are written again and again."""


class SdkClient:
    """Runs operations through the SDK.

    Args:
        number: of this client; names its blobs, its queue and its entities.
    """

    def __init__(self, connection_string: str, number: int) -> None:
        self._services: tuple[Any, ...] = (
            BlobServiceClient.from_connection_string(connection_string),
            QueueServiceClient.from_connection_string(connection_string),
            TableServiceClient.from_connection_string(connection_string),
        )
        self._container = self._services[0].get_container_client("bench")
        self._queue = self._services[1].get_queue_client(f"bench-{number}")
        self._table = self._services[2].get_table_client("bench")
        self._number = number
        self._held: list[Any] = []
        self._inserted = 0
        self._operations: dict[str, Callable[[int], Awaitable[object]]] = {
            "blob put 1 KiB": lambda at: self._put("small", at, KIB),
            "blob get 1 KiB": lambda at: self._get("small", at),
            "blob put 1 MiB": lambda at: self._put("large", at, MIB),
            "blob get 1 MiB": lambda at: self._get("large", at),
            "queue put": lambda at: self._queue.send_message("bm8tb3A="),
            "queue get": lambda at: self._receive(),
            "queue delete": lambda at: self._queue.delete_message(self._held.pop()),
            "table insert": self._insert,
            "table get": lambda at: self._table.get_entity(f"{self._number}", f"{at}"),
        }

    async def prepare(self) -> None:
        """Make container, queue and table."""
        for make in (self._container.create_container, self._queue.create_queue, self._table.create_table):
            try:
                await make()
            except ResourceExistsError:
                continue

    async def run(self, operation: str, count: int) -> tuple[int, float]:
        """Do it `count` times; returns that and the seconds."""
        work = self._operations[operation]
        begin = time.perf_counter()
        for at in range(count):
            await work(at)
        return count, time.perf_counter() - begin

    async def close(self) -> None:
        """End the connections."""
        for service in self._services:
            await service.close()

    async def _put(self, kind: str, at: int, body: bytes) -> None:
        await self._container.upload_blob(f"{kind}-{self._number}-{at % NAMES}", body, overwrite=True)

    async def _get(self, kind: str, at: int) -> None:
        download = await self._container.download_blob(f"{kind}-{self._number}-{at % NAMES}")
        await download.readall()

    async def _receive(self) -> None:
        self._held.append(await self._queue.receive_message(visibility_timeout=600))

    async def _insert(self, at: int) -> None:
        self._inserted += 1
        key = str(self._inserted - 1)
        await self._table.create_entity({"PartitionKey": str(self._number), "RowKey": key, "text": "some text", "n": 7})
