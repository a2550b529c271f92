"""RemoteBlobs: a BlobStore over HTTP. Source of the protocol: the reference of the blob service."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from urllib.parse import quote

from funchost.app.invocation import Body
from funchost.errors import StorageError
from funchost.storage.blobs import (
    ALWAYS,
    MAX_PAGE,
    BlobContent,
    BlobPage,
    BlobProperties,
    Conditions,
    ContainerProperties,
)
from funchost.storage.remote.blob_headers import (
    blob_from_headers,
    blob_from_listing,
    condition_headers,
    container_from_headers,
    container_from_listing,
)
from funchost.storage.remote.blob_ranges import RANGE, BlobRanges
from funchost.storage.remote.block_upload import BLOCK, Block, blocks_of, put_blocks
from funchost.storage.remote.failure import about_answer
from funchost.storage.remote.listing import list_account, read_listing
from funchost.storage.remote.metadata import metadata_from_headers, metadata_headers
from funchost.storage.remote.service import SHORT, Reply, ServiceClient
from funchost.storage.remote.wakers import Wakers

WHOLE = 2 * BLOCK
"""Bytes up to which a blob that is in memory goes out in one request."""

_CONTAINER = {"restype": "container"}


class RemoteBlobs:
    """Blobs of an account over HTTP.

    A call that got no answer raises StorageUnavailableError and may have happened all the same. Calls that can be
    done twice are repeated; writes with an ETag or time condition are not, since the repetition would meet the result
    of the first attempt and take it for another's. `create_container` returns False when an unanswered attempt made it.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._wakers = Wakers()

    @property
    def url(self) -> str:
        return self._client.url

    async def create_container(self, container: str) -> bool:
        try:
            await self._client.call("PUT", _path(container), _CONTAINER.copy(), repeatable=True)
        except StorageError as error:
            if error.code == "ContainerAlreadyExists":
                return False
            raise
        return True

    async def delete_container(self, container: str) -> None:
        await self._client.call("DELETE", _path(container), _CONTAINER.copy())
        self._wakers.announce(container)

    async def container_properties(self, container: str) -> ContainerProperties:
        reply = await self._client.call("HEAD", _path(container), _CONTAINER.copy(), repeatable=True)
        return container_from_headers(container, reply.headers)

    async def list_containers(self, prefix: str = "") -> tuple[ContainerProperties, ...]:
        return await list_account(self._client, "Container", container_from_listing, prefix, include="metadata")

    async def put(
        self,
        container: str,
        name: str,
        body: bytes | Body,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
        conditions: Conditions = ALWAYS,
    ) -> BlobProperties:
        """Write a whole block blob; what is longer than a block goes out in blocks, three of them in memory."""
        path = _blob_path(container, name)
        carried = metadata_headers(metadata)
        headers = {"x-ms-blob-content-type": content_type, **carried, **condition_headers(conditions)}
        repeatable = _repeatable(conditions)
        blocks = blocks_of(body)
        first = body if isinstance(body, bytes) and len(body) <= WHOLE else await anext(blocks, b"")
        second = None if first is body else await anext(blocks, None)
        if second is None:
            headers["x-ms-blob-type"] = "BlockBlob"
            reply = await self._client.call("PUT", path, {}, headers, first, repeatable=repeatable)
            size, digest = len(first), reply.headers.get("Content-MD5")
        else:
            size, entries = await self._put_blocks(path, _chained(first, second, blocks), conditions.lease_id)
            reply = await self._client.call("PUT", path, {"comp": "blocklist"}, headers, entries, repeatable=repeatable)
            digest = None  # the answer's is that of the list
        self._wakers.announce(container)
        found = blob_from_headers(container, name, reply.headers, size)
        return replace(found, content_type=content_type, content_md5=digest, metadata=metadata_from_headers(carried))

    async def get(
        self, container: str, name: str, *, offset: int = 0, length: int | None = None, conditions: Conditions = ALWAYS
    ) -> BlobContent:
        """Read a blob or a part of it; what is longer than 4 MiB comes as a stream of one version of the blob."""
        if length == 0:
            return BlobContent(await self.properties(container, name, conditions), b"")
        path = _blob_path(container, name)
        headers = condition_headers(conditions)
        end = offset + (RANGE if length is None else min(length, RANGE))
        try:
            reply = await self._range(path, offset, end, headers)
        except StorageError as error:
            if error.code != "InvalidRange" or offset:
                raise
            # An empty blob has no ranges; somebody may have written it meanwhile.
            reply = await self._client.call("GET", path, {}, headers, repeatable=True, longest=RANGE)
        with about_answer(self.url):
            size = _whole_size(reply)
            properties = blob_from_headers(container, name, reply.headers, size)
        wanted = size - offset if length is None else min(length, size - offset)
        if len(reply.body) >= wanted:
            return BlobContent(properties, reply.body)
        pinned = condition_headers(Conditions(if_match=properties.etag, lease_id=conditions.lease_id))

        async def fetch(start: int, stop: int) -> bytes:
            return (await self._range(path, offset + start, offset + stop, pinned)).body

        return BlobContent(properties, BlobRanges(reply.body, wanted, fetch))

    async def properties(self, container: str, name: str, conditions: Conditions = ALWAYS) -> BlobProperties:
        reply = await self._client.call(
            "HEAD", _blob_path(container, name), {}, condition_headers(conditions), repeatable=True
        )
        with about_answer(self.url):
            return blob_from_headers(container, name, reply.headers)

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], conditions: Conditions = ALWAYS
    ) -> str:
        reply = await self._client.call(
            "PUT",
            _blob_path(container, name),
            {"comp": "metadata"},
            {**metadata_headers(metadata), **condition_headers(conditions)},
            repeatable=_repeatable(conditions),
        )
        self._wakers.announce(container)
        return reply.headers["ETag"]

    async def delete(self, container: str, name: str, conditions: Conditions = ALWAYS) -> None:
        headers = {"x-ms-delete-snapshots": "include", **condition_headers(conditions)}
        await self._client.call(
            "DELETE",
            _blob_path(container, name),
            {},
            headers,
            repeatable=_repeatable(conditions),
            done_codes=("BlobNotFound",),
        )
        self._wakers.announce(container)

    async def list_blobs(
        self, container: str, prefix: str = "", marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        query = {**_CONTAINER, "comp": "list", "include": "metadata", "maxresults": str(limit)}
        if prefix:
            query["prefix"] = prefix
        if marker:
            query["marker"] = marker
        reply = await self._client.call("GET", _path(container), query, repeatable=True, expected=limit * 1000)
        with about_answer(self.url):
            blobs, following = await read_listing(reply.body, "Blob", partial(blob_from_listing, container))
        return BlobPage(tuple(blobs), following)

    async def acquire_lease(self, container: str, name: str, seconds: int, lease_id: str | None = None) -> str:
        proposed = lease_id or str(uuid.uuid4())  # with an id of ours, acquiring twice is acquiring once
        await self._lease(
            container, name, "acquire", {"x-ms-lease-duration": str(seconds), "x-ms-proposed-lease-id": proposed}
        )
        return proposed

    async def renew_lease(self, container: str, name: str, lease_id: str) -> None:
        await self._lease(container, name, "renew", {"x-ms-lease-id": lease_id})

    async def change_lease(self, container: str, name: str, lease_id: str, proposed: str) -> str:
        headers = {"x-ms-lease-id": lease_id, "x-ms-proposed-lease-id": proposed}
        await self._lease(container, name, "change", headers)
        return proposed

    async def release_lease(self, container: str, name: str, lease_id: str) -> None:
        await self._lease(container, name, "release", {"x-ms-lease-id": lease_id}, repeatable=False)

    async def break_lease(self, container: str, name: str, seconds: int | None = None) -> int:
        headers = {} if seconds is None else {"x-ms-lease-break-period": str(seconds)}
        reply = await self._lease(container, name, "break", headers)
        return int(reply.headers.get("x-ms-lease-time", "0"))

    def watch(self, container: str, wake: Callable[[], None]) -> Callable[[], None]:
        return self._wakers.add(container, wake)

    async def _range(self, path: str, start: int, stop: int, headers: Mapping[str, str]) -> Reply:
        ranged = {**headers, "x-ms-range": f"bytes={start}-{stop - 1}"}
        size = stop - start
        return await self._client.call(
            "GET", path, {}, ranged, repeatable=True, expected=size, longest=max(size, SHORT)
        )

    async def _lease(
        self, container: str, name: str, action: str, headers: Mapping[str, str], *, repeatable: bool = True
    ) -> Reply:
        sent = {"x-ms-lease-action": action, **headers}
        path = _blob_path(container, name)
        return await self._client.call("PUT", path, {"comp": "lease"}, sent, repeatable=repeatable)

    async def _put_blocks(self, path: str, blocks: AsyncIterable[Block], lease_id: str | None) -> tuple[int, bytes]:
        headers = condition_headers(Conditions(lease_id=lease_id))
        size = 0

        async def put(block_id: str, block: Block) -> None:
            nonlocal size
            size += len(block)
            await self._client.call(
                "PUT", path, {"comp": "block", "blockid": block_id}, headers, block, repeatable=True
            )

        entries = await put_blocks(blocks, put)
        return size, entries


async def _chained(first: Block, second: Block, rest: AsyncIterator[Block]) -> AsyncIterator[Block]:
    yield first
    yield second
    async for block in rest:
        yield block


def _repeatable(conditions: Conditions) -> bool:
    return conditions._replace(lease_id=None) == ALWAYS


def _whole_size(reply: Reply) -> int:
    total = reply.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else len(reply.body)


@lru_cache(maxsize=256)
def _path(container: str) -> str:
    return f"/{quote(container, safe='$')}"


def _blob_path(container: str, name: str) -> str:
    return f"{_path(container)}/{quote(name, safe='~/')}"
