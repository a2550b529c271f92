"""Put Blob, Append Block and Seal: content that comes with the request."""

from __future__ import annotations

import sqlite3

from funchost.errors import StorageError
from funchost.storage.blobs import Conditions
from funchost.storage.embedded import blob_writes
from funchost.storage.embedded.blob_access import INLINE, Arrival
from funchost.storage.embedded.blob_content import Change, Upload
from funchost.storage.embedded.blob_names import check_blob
from funchost.storage.embedded.blob_row import BlobRow, ContentHeaders, pack
from funchost.storage.embedded.blob_writes import APPEND_BLOB, BLOCK_BLOB, Draft, Place
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.request_headers import (
    check_md5,
    number,
    read_content_headers,
    read_metadata,
    read_tags,
    read_tier,
    required,
)
from funchost.storage.server.blob.response_headers import written_headers
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal, unsupported, wrong_header

MIB = 1024 * 1024
MAX_PUT = 5000 * MIB
MAX_APPEND = 100 * MIB


async def put_blob(call: BlobCall) -> StorageReply:
    """Put Blob: a whole block blob, or an empty append blob."""
    kind = required(call.headers, "x-ms-blob-type")
    if kind == "PageBlob":
        raise unsupported(call.request, "Put Page Blob")
    if kind not in (BLOCK_BLOB, APPEND_BLOB):
        raise wrong_header("x-ms-blob-type", kind)
    check_blob(call.name)
    draft = read_draft(call, kind)
    conditions = write_conditions(call)
    if kind == APPEND_BLOB and call.request.body.size:
        raise wrong_header("content-length", str(call.request.body.size))
    await precheck(call, conditions)
    arrival = await call.receive(MAX_PUT)
    await verify(call, arrival, call.headers.get("content-md5"), draft.headers.content_md5)
    if draft.headers.content_md5 is None and kind == BLOCK_BLOB:
        draft = draft._replace(headers=draft.headers._replace(content_md5=arrival.upload.md5))

    def write(change: Change, place: Place, upload: Upload) -> BlobRow:
        return blob_writes.put_blob(change, place, upload, draft, conditions)

    row = await call.keep(arrival, write)
    headers = written_headers(row)
    if kind == BLOCK_BLOB:
        headers["content-md5"] = arrival.upload.md5
    return StorageReply(201, headers)


async def append_block(call: BlobCall) -> StorageReply:
    """Append Block."""
    if call.request.body.size == 0:
        raise wrong_header("content-length", "0")
    conditions = call.conditions
    md5 = call.headers.get("content-md5")
    arrival = await call.receive(MAX_APPEND, hashed=md5 is not None)
    await verify(call, arrival, md5)
    return await append_arrival(call, arrival, conditions)


async def append_arrival(call: BlobCall, arrival: Arrival, conditions: Conditions) -> StorageReply:
    """Add what has arrived to the end of an append blob."""
    position = number(call.headers, "x-ms-blob-condition-appendpos")
    max_size = number(call.headers, "x-ms-blob-condition-maxsize")
    row = await call.keep(
        arrival,
        lambda change, place, upload: blob_writes.append_block(change, place, upload, conditions, position, max_size),
    )
    headers = written_headers(row)
    if arrival.upload.md5:
        headers["content-md5"] = arrival.upload.md5
    headers["x-ms-blob-append-offset"] = str(row.size - arrival.upload.size)
    headers["x-ms-blob-committed-block-count"] = str(row.segments)
    return StorageReply(201, headers)


async def seal(call: BlobCall) -> StorageReply:
    """Append Blob Seal."""
    conditions = call.conditions
    position = number(call.headers, "x-ms-blob-condition-appendpos")
    row = await call.change(lambda change, place: blob_writes.seal(change, place, conditions, position))
    return StorageReply(200, {**written_headers(row), "x-ms-blob-sealed": "true"})


def read_draft(call: BlobCall, kind: str = BLOCK_BLOB, *, fallback: bool = True) -> Draft:
    """Return what the request says about a blob that it writes."""
    headers = read_content_headers(call.headers, fallback)
    if not fallback and headers.content_type is None:
        headers = headers._replace(content_type=ContentHeaders().content_type)
    return Draft(headers, pack(read_metadata(call.headers)), read_tags(call.headers), read_tier(call.headers), kind)


def write_conditions(call: BlobCall) -> Conditions:
    """Return the conditions of a write of a whole blob: who may only create must find none there."""
    conditions = call.conditions
    if not call.request.grant.allows("w"):
        return conditions._replace(if_none_match="*")
    return conditions


async def precheck(call: BlobCall, conditions: Conditions) -> None:
    """Refuse a long upload before it is received, if it would be refused in the end."""
    size = call.request.body.size
    if size is not None and size <= INLINE:
        return

    def check(connection: sqlite3.Connection) -> None:
        blob_writes.writable(Change(connection, call.now, []), call.place(connection), conditions)

    await call.read(check)


async def verify(call: BlobCall, arrival: Arrival, *expected: str | None) -> None:
    """Refuse what has arrived if it is not what was sent."""
    try:
        size = call.request.body.size
        if size is not None and arrival.upload.size != size and "x-ms-copy-source" not in call.headers:
            raise refusal("InvalidInput", "The body is shorter than its Content-Length.")
        for md5 in expected:
            check_md5(md5, arrival.upload.md5)
    except StorageError:
        await call.access.drop(arrival)
        raise
