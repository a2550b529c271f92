"""EmbeddedBlobs: the BlobStore of one account in the embedded store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import TypeVar

from funchost.app.invocation import Body
from funchost.errors import StorageError
from funchost.storage.blobs import (
    ALWAYS,
    MAX_PAGE,
    BlobContent,
    BlobPage,
    BlobProperties,
    ChangeMark,
    ChangePage,
    Conditions,
    ContainerProperties,
)
from funchost.storage.embedded import blob_writes, containers, leases
from funchost.storage.embedded.blob_access import BlobAccess
from funchost.storage.embedded.blob_conditions import check_read
from funchost.storage.embedded.blob_content import Change, Content, content_of
from funchost.storage.embedded.blob_deletes import Snapshots, delete_blob
from funchost.storage.embedded.blob_listing import Listing, changed_rows, list_page
from funchost.storage.embedded.blob_lookup import look_up
from funchost.storage.embedded.blob_names import check_blob, check_metadata, stored_name
from funchost.storage.embedded.blob_row import (
    BlobRow,
    ContentHeaders,
    etag_text,
    pack,
    properties,
)
from funchost.storage.embedded.blob_writes import Draft, Place
from funchost.storage.embedded.leases import Lease

T = TypeVar("T")


def topic(account: str, container: str) -> str:
    """Return what is announced when blobs of a container change."""
    return f"blobs/{account}/{container}"


class EmbeddedBlobs:
    """Blobs of one account; a BlobStore.

    Args:
        access: to the store's blobs.
        account: its name.
        url: under which the account's blobs are served.
    """

    def __init__(self, access: BlobAccess, account: str, url: str) -> None:
        self._access = access
        self._engine = access.engine
        self._account = account
        self._url = url

    @property
    def url(self) -> str:
        return self._url

    async def create_container(self, container: str) -> bool:
        return (
            await self._access.change(lambda change: containers.create_container(change, self._account, container))
            is not None
        )

    async def delete_container(self, container: str) -> None:
        await self._access.change(lambda change: containers.delete_container(change, self._account, container))
        self._access.leftovers.set()

    async def container_properties(self, container: str) -> ContainerProperties:
        row = await self._engine.read(
            lambda connection: containers.require_container(connection, self._account, container)
        )
        return row.properties

    async def list_containers(self, prefix: str = "") -> tuple[ContainerProperties, ...]:
        found: list[ContainerProperties] = []
        start: str | None = ""
        while start is not None:
            page = await self._page_of_containers(prefix, start)
            found += [row.properties for row in page.containers]
            start = page.next
        return tuple(found)

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
        check_blob(name)
        if metadata:
            check_metadata(metadata)
        arrival = await self._access.receive(body)
        headers = ContentHeaders(content_type, content_md5=arrival.upload.md5)
        draft = Draft(headers, pack(metadata))
        row = await self._access.keep(
            arrival,
            lambda change, upload: blob_writes.put_blob(
                change, self._place(change.connection, container, name), upload, draft, conditions
            ),
            topics=(topic(self._account, container),),
        )
        return properties(row, container, self._engine.now())

    async def get(
        self, container: str, name: str, *, offset: int = 0, length: int | None = None, conditions: Conditions = ALWAYS
    ) -> BlobContent:
        now = self._engine.now()

        def find(connection: sqlite3.Connection) -> tuple[BlobProperties, Content, int, int]:
            row = self._row(connection, container, name, now, conditions)
            if offset and offset >= row.size:
                raise StorageError("InvalidRange", f"The blob has {row.size} bytes; there is none at {offset}.", 416)
            size = row.size - offset
            return (
                properties(row, container, now),
                content_of(row),
                offset,
                size if length is None else min(length, size),
            )

        return BlobContent(*await self._access.open(find))

    async def properties(self, container: str, name: str, conditions: Conditions = ALWAYS) -> BlobProperties:
        now = self._engine.now()
        return await self._engine.read(
            lambda connection: properties(self._row(connection, container, name, now, conditions), container, now)
        )

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], conditions: Conditions = ALWAYS
    ) -> str:
        check_metadata(metadata)
        row = await self._change(
            container, name, lambda change, place: blob_writes.set_metadata(change, place, metadata, conditions)
        )
        return etag_text(row.etag)

    async def delete(self, container: str, name: str, conditions: Conditions = ALWAYS) -> None:
        await self._change(
            container, name, lambda change, place: delete_blob(change, place, Snapshots.NONE, conditions)
        )

    async def list_blobs(
        self, container: str, prefix: str = "", marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        now = self._engine.now()

        def read(connection: sqlite3.Connection) -> BlobPage:
            number = containers.container_id(connection, self._account, container)
            page = list_page(connection, Listing(number, prefix, marker=marker, limit=min(limit, MAX_PAGE)))
            rows = (row for row in page.entries if isinstance(row, BlobRow))
            return BlobPage(tuple(properties(row, container, now) for row in rows), page.next)

        return await self._engine.read(read)

    async def changed_blobs(self, container: str, after: ChangeMark, limit: int) -> ChangePage:
        now = self._engine.now()

        def read(connection: sqlite3.Connection) -> ChangePage:
            number = containers.container_id(connection, self._account, container)
            rows = changed_rows(connection, number, after, limit)
            mark = ChangeMark(rows[-1].modified, rows[-1].name) if rows else after
            return ChangePage(tuple(properties(row, container, now) for row in rows), mark)

        return await self._engine.read(read)

    async def acquire_lease(self, container: str, name: str, seconds: int, lease_id: str | None = None) -> str:
        return (await self._lease(container, name, lambda lease, now: leases.acquire(lease, now, seconds, lease_id))).id

    async def renew_lease(self, container: str, name: str, lease_id: str) -> None:
        await self._lease(container, name, lambda lease, now: leases.renew(lease, now, lease_id))

    async def change_lease(self, container: str, name: str, lease_id: str, proposed: str) -> str:
        return (await self._lease(container, name, lambda lease, now: leases.change(lease, now, lease_id, proposed))).id

    async def release_lease(self, container: str, name: str, lease_id: str) -> None:
        await self._lease(container, name, lambda lease, now: leases.release(lease, lease_id))

    async def break_lease(self, container: str, name: str, seconds: int | None = None) -> int:
        left = 0

        def act(lease: Lease, now: int) -> Lease:
            nonlocal left
            broken, left = leases.break_lease(lease, now, seconds)
            return broken

        await self._lease(container, name, act)
        return left

    def watch(self, container: str, wake: Callable[[], None]) -> Callable[[], None]:
        return self._engine.watch(topic(self._account, container), wake)

    def _place(self, connection: sqlite3.Connection, container: str, name: str) -> Place:
        return Place(containers.container_id(connection, self._account, container), stored_name(name))

    def _row(
        self, connection: sqlite3.Connection, container: str, name: str, now: int, conditions: Conditions
    ) -> BlobRow:
        row = look_up(connection, self._account, container, stored_name(name))
        check_read(conditions, row.version)
        if conditions.lease_id is not None:
            leases.check_claim(row.lease, now, conditions.lease_id)
        return row

    async def _change(self, container: str, name: str, operation: Callable[[Change, Place], T]) -> T:
        return await self._access.change(
            lambda change: operation(change, self._place(change.connection, container, name)),
            topics=(topic(self._account, container),),
        )

    async def _lease(self, container: str, name: str, act: Callable[[Lease, int], Lease]) -> Lease:
        row = await self._access.change(
            lambda change: blob_writes.lease_blob(
                change, self._place(change.connection, container, name), lambda lease: act(lease, change.now)
            ),
            durable=False,
        )
        return row.lease

    async def _page_of_containers(self, prefix: str, start: str) -> containers.ContainerPage:
        return await self._engine.read(
            lambda connection: containers.list_containers(connection, self._account, prefix, start)
        )
