"""Operations that change a blob but not its content: headers, metadata, tags, tier, snapshots, deletes."""

from __future__ import annotations

import sqlite3

from funchost.errors import StorageError
from funchost.storage.embedded import blob_deletes, blob_writes
from funchost.storage.embedded.blob_content import Change
from funchost.storage.embedded.blob_deletes import Snapshots
from funchost.storage.embedded.blob_row import BlobRow, pack, unpack
from funchost.storage.embedded.blob_writes import Place
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.downloads import readable
from funchost.storage.server.blob.request_headers import (
    checked_tags,
    read_content_headers,
    read_metadata,
    read_tier,
    required,
)
from funchost.storage.server.blob.response_headers import version_headers, written_headers
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal, unsupported, wrong_header
from funchost.storage.server.xml_document import document, leaf, read_xml

MAX_TAGS_DOCUMENT = 64 * 1024


async def set_headers(call: BlobCall) -> StorageReply:
    """Set Blob Properties: what is not given is cleared."""
    if "x-ms-blob-content-length" in call.headers or "x-ms-sequence-number-action" in call.headers:
        raise unsupported(call.request, "Set Blob Properties of page blobs")
    headers = read_content_headers(call.headers, fallback=False)
    conditions = call.conditions
    row = await call.change(lambda change, place: blob_writes.set_headers(change, place, headers, conditions))
    return StorageReply(200, version_headers(row))


async def set_metadata(call: BlobCall) -> StorageReply:
    """Set Blob Metadata."""
    metadata = read_metadata(call.headers)
    conditions = call.conditions
    row = await call.change(lambda change, place: blob_writes.set_metadata(change, place, metadata, conditions))
    return StorageReply(200, written_headers(row))


async def get_tags(call: BlobCall) -> StorageReply:
    """Get Blob Tags."""
    conditions = call.conditions
    now = call.now
    row = await call.read(lambda connection: readable(call, connection, conditions, now))
    return StorageReply(200, {"content-type": "application/xml"}, document(tags_element(row)))


def tags_element(row: BlobRow) -> str:
    """Return the tags of a blob as XML."""
    tags = "".join(f"<Tag>{leaf('Key', key)}{leaf('Value', value)}</Tag>" for key, value in unpack(row.tags).items())
    return f"<Tags><TagSet>{tags}</TagSet></Tags>"


async def set_tags(call: BlobCall) -> StorageReply:
    """Set Blob Tags."""
    root = read_xml(await call.request.body.read(MAX_TAGS_DOCUMENT))
    entries = root.child("TagSet")
    if root.name != "Tags" or entries is None:
        raise refusal("InvalidXmlDocument")
    tags = checked_tags([(tag.value("Key") or "", tag.value("Value") or "") for tag in entries.children])
    conditions = call.conditions
    await call.change(lambda change, place: blob_writes.set_tags(change, place, call.snapshot, tags, conditions))
    return StorageReply(204)


async def set_tier(call: BlobCall) -> StorageReply:
    """Set Blob Tier."""
    required(call.headers, "x-ms-access-tier")
    tier = read_tier(call.headers) or ""
    lease = call.conditions.lease_id
    await call.change(lambda change, place: blob_writes.set_tier(change, place, call.snapshot, tier, lease))
    return StorageReply(200)


async def take_snapshot(call: BlobCall) -> StorageReply:
    """Snapshot Blob."""
    metadata = read_metadata(call.headers)
    conditions = call.conditions

    def write(change: Change, place: Place) -> tuple[BlobRow, str]:
        return blob_deletes.take_snapshot(change, place, pack(metadata) if metadata else None, conditions)

    row, stamp = await call.change(write)
    return StorageReply(201, {**written_headers(row), "x-ms-snapshot": stamp})


async def delete_blob(call: BlobCall) -> StorageReply:
    """Delete Blob, or one snapshot."""
    if call.query.get("deletetype", "").lower() == "permanent":
        raise unsupported(call.request, "Delete Blob permanently")
    conditions = call.conditions
    text = call.headers.get("x-ms-delete-snapshots", "")
    if call.snapshot:
        if text:
            raise refusal("InvalidHeaderValue", "x-ms-delete-snapshots is for a blob, not for one of its snapshots.")
        await call.change(lambda change, place: blob_deletes.delete_snapshot(change, place, call.snapshot, conditions))
    else:
        try:
            snapshots = Snapshots(text.lower())
        except ValueError:
            raise wrong_header("x-ms-delete-snapshots", text) from None
        await call.change(lambda change, place: blob_deletes.delete_blob(change, place, snapshots, conditions))
    return StorageReply(202, {"x-ms-delete-type-permanent": "true"})


async def abort_copy(call: BlobCall) -> StorageReply:
    """Abort Copy Blob: copies are over when they are answered, so that there is none to abort."""

    def check(connection: sqlite3.Connection) -> None:
        readable(call, connection, call.conditions, call.now)

    await call.read(check)
    raise StorageError("NoPendingCopyOperation", "There is currently no pending copy operation.", 409)
