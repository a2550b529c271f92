"""The asynchronous official client, and many of them at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobBlock
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient

from tests.integration.storage.server.front_fixture import ServedStore

LONG = 300_000


@asynccontextmanager
async def _client(store: ServedStore) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(store.connection_string(), retry_total=0) as service:
        yield await service.create_container(f"c{uuid.uuid4().hex}")


async def _added(blob: BlobClient) -> bool:
    """Add one to a number, unless another writer was faster."""
    read = await blob.download_blob()
    value = int(await read.readall())
    try:
        await blob.upload_blob(
            str(value + 1).encode(),
            overwrite=True,
            etag=read.properties.etag,
            match_condition=MatchConditions.IfNotModified,
        )
    except ResourceModifiedError:
        return False
    return True


def test_everyday_operations(served_store: ServedStore) -> None:
    async def scenario() -> None:
        async with _client(served_store) as container:
            blob = await container.upload_blob("a/b c", b"x" * LONG, metadata={"a": "1"})
            assert await (await blob.download_blob()).readall() == b"x" * LONG
            assert [found.name async for found in container.list_blobs()] == ["a/b c"]
            lease = await blob.acquire_lease(15)
            await lease.renew()
            await blob.set_blob_metadata({"b": "2"}, lease=lease)
            await lease.release()
            assert (await blob.get_blob_properties()).metadata == {"b": "2"}
            await blob.stage_block("1", b"block")
            await blob.commit_block_list([BlobBlock("1")])
            copy = container.get_blob_client("copy")
            await copy.start_copy_from_url(blob.url)
            assert await (await copy.download_blob()).readall() == b"block"
            await container.delete_blobs("copy", "a/b c")
            with pytest.raises(ResourceNotFoundError):
                await blob.get_blob_properties()

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_concurrent_writers_leave_one_whole_content(served_store: ServedStore) -> None:
    async def scenario() -> None:
        async with _client(served_store) as container:
            contents = [bytes([number]) * (LONG if number % 2 else 1000) for number in range(12)]
            blob = container.get_blob_client("a")
            await asyncio.gather(*(blob.upload_blob(content, overwrite=True) for content in contents))
            assert await (await blob.download_blob()).readall() in contents

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_conditional_writers_lose_no_update(served_store: ServedStore) -> None:
    async def scenario() -> None:
        async with _client(served_store) as container:
            blob = await container.upload_blob("counter", b"0")

            async def add() -> None:
                while not await _added(blob):
                    await asyncio.sleep(0)

            await asyncio.gather(*(add() for _ in range(8)))
            assert await (await blob.download_blob()).readall() == b"8"

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_concurrent_appends_are_all_there(served_store: ServedStore) -> None:
    async def scenario() -> None:
        async with _client(served_store) as container:
            blob = container.get_blob_client("log")
            await blob.create_append_blob()
            await asyncio.gather(*(blob.append_block(f"{number:02};".encode()) for number in range(30)))
            parts = (await (await blob.download_blob()).readall()).decode().split(";")
            assert sorted(parts) == ["", *(f"{number:02}" for number in range(30))]

    asyncio.run(asyncio.wait_for(scenario(), 30))
