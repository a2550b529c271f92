"""Entity group transactions: the batch request of the Table service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.embedded.tables import EmbeddedTables
from funchost.storage.server.dates import iso_date
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.failure import failure_reply
from funchost.storage.server.refusal import refusal
from funchost.storage.server.table.entities import MAX_BODY, WriteRequest, read_one, write_reply, write_request
from funchost.storage.server.table.multipart import PartRequest, read_batch, written_batch
from funchost.storage.server.table.payload import accepted_metadata
from funchost.storage.server.table.table_path import parse_path, path_of_url


async def transact(tables: EmbeddedTables, request: StorageRequest) -> StorageReply:
    """Do all writes of a batch or none, or its single read.

    A write that fails makes the one answer inside the batch's, whose own status is 202 in any case.
    """
    parts = read_batch(request.headers.get("content-type", ""), await request.body.read(MAX_BODY))
    if not parts:
        raise refusal("InvalidInput", "The batch holds no request.")
    changeset = parts[0].method != "GET"
    try:
        replies = await (_write(tables, request, parts) if changeset else _read(tables, request, parts))
    except StorageUnavailableError:
        raise
    except StorageError as error:
        replies = [(_failed_id(parts, error), _error_reply(request, error))]
    return written_batch(replies, str(uuid4()), changeset=changeset)


async def _read(
    tables: EmbeddedTables, request: StorageRequest, parts: Sequence[PartRequest]
) -> list[tuple[str | None, StorageReply]]:
    part = parts[0]
    path = parse_path(path_of_url(part.url, request.url, request.account))
    if len(parts) > 1 or path.keys is None:
        raise refusal("InvalidInput", "A batch with a query holds nothing else than the query of one entity.")
    if not request.grant.allows("r"):
        raise refusal("AuthorizationPermissionMismatch")
    return [(part.content_id, await read_one(tables, request._replace(headers=part.headers), path))]


async def _write(
    tables: EmbeddedTables, request: StorageRequest, parts: Sequence[PartRequest]
) -> list[tuple[str | None, StorageReply]]:
    writes = [_part_write(request, index, part) for index, part in enumerate(parts)]
    table = writes[0].table
    for index, write in enumerate(writes):
        if write.table.lower() != table.lower():
            raise refusal("InvalidInput", f"{index}:All commands in a batch must operate on the same table.")
    etags = await tables.batch(table, [write.operation for write in writes])
    replies: list[tuple[str | None, StorageReply]] = []
    for part, write, etag in zip(parts, writes, etags, strict=True):
        entity = None
        if write.returns_content:
            keys = write.operation.entity
            entity = await tables.get(table, keys["PartitionKey"], keys["RowKey"])
        level = accepted_metadata({}, part.headers)
        replies.append((part.content_id, write_reply(request, write, etag, entity, level)))
    return replies


def _part_write(request: StorageRequest, index: int, part: PartRequest) -> WriteRequest:
    try:
        path = parse_path(path_of_url(part.url, request.url, request.account))
        return write_request(request, path, part.method, part.headers, part.body)
    except StorageError as error:
        raise StorageError(error.code, f"{index}:{error.reason}", error.status) from error


def _failed_id(parts: Sequence[PartRequest], error: StorageError) -> str | None:
    """Return the Content-ID of the part that an error names by its place."""
    place = error.reason.partition(":")[0]
    return parts[int(place)].content_id if place.isdecimal() and int(place) < len(parts) else None


def _error_reply(request: StorageRequest, error: StorageError) -> StorageReply:
    return failure_reply(error, "table", request.id, iso_date(datetime.now(UTC)))
