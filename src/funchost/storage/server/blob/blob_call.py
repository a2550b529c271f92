"""BlobCall: one request to the blob service, with the container and blob that it names."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from funchost.storage.blobs import Conditions
from funchost.storage.embedded.blob_access import INLINE, Arrival, BlobAccess
from funchost.storage.embedded.blob_content import Change, Upload
from funchost.storage.embedded.blob_writes import Place
from funchost.storage.embedded.blobs import topic
from funchost.storage.embedded.containers import container_id
from funchost.storage.server.blob.request_headers import read_conditions
from funchost.storage.server.exchange import StorageRequest

T = TypeVar("T")


class BlobCall(NamedTuple):
    """One request.

    Args:
        container: empty for requests to the service.
        name: of the blob, empty for requests to the container.
    """

    request: StorageRequest
    access: BlobAccess
    container: str
    name: str = ""

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def account(self) -> str:
        return self.request.account

    @property
    def now(self) -> int:
        """The store's time in microseconds since 1970."""
        return self.access.engine.now()

    @property
    def snapshot(self) -> str:
        return self.request.query.get("snapshot", "")

    @property
    def conditions(self) -> Conditions:
        return read_conditions(self.request.headers)

    def place(self, connection: sqlite3.Connection) -> Place:
        """Return where the blob is.

        Raises:
            StorageError: 404 ContainerNotFound.
        """
        return Place(container_id(connection, self.request.account, self.container), self.name)

    async def read(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        return await self.access.engine.read(operation)

    async def change(self, operation: Callable[[Change, Place], T], *, quiet: bool = False) -> T:
        """Write to the blob.

        Args:
            quiet: a change that watchers of the container do not care about, and that a loss of power may undo.
        """
        return await self.access.change(
            lambda change: operation(change, self.place(change.connection)),
            durable=not quiet,
            topics=() if quiet else (topic(self.request.account, self.container),),
        )

    async def receive(self, limit: int, *, hashed: bool = True) -> Arrival:
        """Take the body of the request, up to `limit` bytes; see `BlobAccess.receive`.

        Raises:
            StorageError: 413 RequestBodyTooLarge, 507.
        """
        body = self.request.body
        if body.size is not None and body.size <= INLINE:
            return await self.access.receive(await body.read(limit), hashed=hashed)
        return await self.access.receive(body.limited(limit), hashed=hashed)

    async def keep(self, arrival: Arrival, operation: Callable[[Change, Place, Upload], T]) -> T:
        """Write to the blob what has arrived."""
        return await self.access.keep(
            arrival,
            lambda change, upload: operation(change, self.place(change.connection), upload),
            topics=(topic(self.request.account, self.container),),
        )
