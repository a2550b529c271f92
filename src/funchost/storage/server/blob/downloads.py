"""Get Blob and Get Blob Properties."""

from __future__ import annotations

import sqlite3

from funchost.app.invocation import Body
from funchost.storage.blobs import Conditions
from funchost.storage.embedded import leases
from funchost.storage.embedded.blob_conditions import check_read
from funchost.storage.embedded.blob_content import Content, content_of
from funchost.storage.embedded.blob_lookup import look_up
from funchost.storage.embedded.blob_row import BlobRow
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.request_headers import flag, md5_of, read_range, resolve_range
from funchost.storage.server.blob.response_headers import blob_headers
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal

MAX_HASHED = 4 * 1024 * 1024
"""Longest range whose MD5 the service computes."""


async def get_blob(call: BlobCall) -> StorageReply:
    """Get Blob: all of it, or a range."""
    conditions = call.conditions
    wanted = read_range(call.headers)
    now = call.now

    def find(connection: sqlite3.Connection) -> tuple[tuple[BlobRow, int, int], Content, int, int]:
        row = readable(call, connection, conditions, now)
        offset, size = resolve_range(wanted, row.size)
        return (row, offset, size), content_of(row), offset, size

    (row, offset, size), body = await call.access.open(find)
    headers = blob_headers(row, now)
    if wanted is None:
        if row.md5:
            headers["content-md5"] = row.md5
        return StorageReply(200, headers, body)
    headers["content-range"] = f"bytes {offset}-{offset + size - 1}/{row.size}"
    if row.md5:
        headers["x-ms-blob-content-md5"] = row.md5
    if flag(call.headers, "x-ms-range-get-content-md5"):
        body = await _whole(body, size)
        headers["content-md5"] = md5_of(body)
    return StorageReply(206, headers, body)


async def blob_properties(call: BlobCall) -> StorageReply:
    """Get Blob Properties, and Get Blob Metadata."""
    conditions = call.conditions
    now = call.now
    row = await call.read(lambda connection: readable(call, connection, conditions, now))
    headers = blob_headers(row, now)
    if row.md5:
        headers["content-md5"] = row.md5
    if call.request.method == "HEAD" and "comp" not in call.query:
        headers["content-length"] = str(row.size)
    return StorageReply(200, headers)


def readable(call: BlobCall, connection: sqlite3.Connection, conditions: Conditions, now: int) -> BlobRow:
    """Return the blob or snapshot that a request reads.

    Raises:
        StorageError: 404, 304, 412.
    """
    row = look_up(connection, call.account, call.container, call.name, call.snapshot)
    check_read(conditions, row.version)
    if conditions.lease_id is not None:
        leases.check_claim(row.lease, now, conditions.lease_id)
    return row


async def _whole(body: bytes | Body, size: int) -> bytes:
    if size > MAX_HASHED:
        raise refusal("OutOfRangeInput", f"The MD5 of a range is computed up to {MAX_HASHED} bytes.")
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])
