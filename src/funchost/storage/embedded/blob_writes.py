"""Writes to blobs, as they run in the writer thread: whole content, appended blocks, headers, metadata, tags, tiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.embedded import leases
from funchost.storage.embedded.blob_conditions import check_write
from funchost.storage.embedded.blob_content import (
    Change,
    Content,
    Upload,
    add_content,
    append_content,
    content_of,
    release_chunk,
    release_content,
)
from funchost.storage.embedded.blob_row import (
    BlobRow,
    ContentHeaders,
    find_blob,
    next_etag,
    pack,
    require_blob,
    save_blob,
)
from funchost.storage.embedded.leases import Lease

BLOCK_BLOB, APPEND_BLOB = "BlockBlob", "AppendBlob"
MAX_BLOCKS = 50_000


class Place(NamedTuple):
    """Where a blob is: its container's number, and its name."""

    container: int
    name: str


class Draft(NamedTuple):
    """What a writer says about a blob besides its content.

    Args:
        metadata, tags, copy: packed.
    """

    headers: ContentHeaders = ContentHeaders()
    metadata: str = ""
    tags: str = ""
    tier: str | None = None
    kind: str = BLOCK_BLOB
    copy: str = ""


def put_blob(change: Change, place: Place, upload: Upload, draft: Draft, conditions: Conditions = ALWAYS) -> BlobRow:
    """Write a whole blob, new or over the one that is there; uncommitted blocks are dropped."""
    before = writable(change, place, conditions)
    row = replace_blob(change, place, before, add_content(change, upload), draft)
    drop_blocks(change, place)
    return row


def replace_blob(change: Change, place: Place, before: BlobRow | None, content: Content, draft: Draft) -> BlobRow:
    """Save a blob with content that has been counted for it; the old content is released, the lease stays."""
    lease = leases.NONE
    etag = 0
    if before is not None:
        release_content(change, content_of(before))
        lease, etag = leases.after_write(before.lease, change.now), before.etag
    now = change.now
    state = (next_etag(now, etag), now, now, *content)
    described = (*draft.headers, draft.metadata, draft.tags, draft.tier, None, draft.copy, 0)
    row = BlobRow._make((*place, "", draft.kind, *state, *described, *lease))
    save_blob(change.connection, row)
    return row


def append_block(
    change: Change,
    place: Place,
    upload: Upload,
    conditions: Conditions = ALWAYS,
    position: int | None = None,
    max_size: int | None = None,
) -> BlobRow:
    """Add bytes to the end of an append blob.

    Args:
        position: the append is refused unless the blob has this size.
        max_size: the append is refused if the blob would be longer.

    Raises:
        StorageError: 412 AppendPositionConditionNotMet or MaxBlobSizeConditionNotMet, 409 InvalidBlobType, BlobIsSealed
            or BlockCountExceedsLimit.
    """
    row = changeable(change, place, conditions)
    check_kind(row, APPEND_BLOB)
    if row.sealed:
        raise StorageError("BlobIsSealed", "The specified blob is sealed and its contents can't be modified.", 409)
    if position is not None and position != row.size:
        raise StorageError(
            "AppendPositionConditionNotMet",
            "The append position condition specified was not met.",
            412,
        )
    if max_size is not None and row.size + upload.size > max_size:
        raise StorageError("MaxBlobSizeConditionNotMet", "The max blob size condition specified was not met.", 412)
    if row.segments >= MAX_BLOCKS:
        raise StorageError(
            "BlockCountExceedsLimit", f"The committed block count cannot exceed {MAX_BLOCKS} blocks.", 409
        )
    content = append_content(change, content_of(row), upload)
    row = row._replace(size=content.size, content=content.number, segments=content.segments)
    return save_changed(change, row)


def set_metadata(change: Change, place: Place, metadata: Mapping[str, str], conditions: Conditions = ALWAYS) -> BlobRow:
    """Replace all metadata."""
    return save_changed(change, changeable(change, place, conditions)._replace(metadata=pack(metadata)))


def set_headers(change: Change, place: Place, headers: ContentHeaders, conditions: Conditions = ALWAYS) -> BlobRow:
    """Replace all content headers; those that are None are cleared."""
    row = changeable(change, place, conditions)
    return save_changed(change, BlobRow._make((*row[:10], *headers, *row[16:])))


def set_tags(
    change: Change, place: Place, snapshot: str, tags: Mapping[str, str], conditions: Conditions = ALWAYS
) -> BlobRow:
    """Replace all tags; the ETag stays."""
    row = require_blob(change.connection, *place, snapshot)
    check_write(conditions, row.version)
    leases.check_write(row.lease, change.now, conditions.lease_id)
    row = row._replace(tags=pack(tags))
    save_blob(change.connection, row)
    return row


def set_tier(change: Change, place: Place, snapshot: str, tier: str, lease_id: str | None = None) -> BlobRow:
    """Note the access tier of a block blob; the ETag stays."""
    row = require_blob(change.connection, *place, snapshot)
    check_kind(row, BLOCK_BLOB)
    if lease_id is not None:
        leases.check_claim(row.lease, change.now, lease_id)
    row = row._replace(tier=tier, tier_changed=change.now)
    save_blob(change.connection, row)
    return row


def seal(change: Change, place: Place, conditions: Conditions = ALWAYS, position: int | None = None) -> BlobRow:
    """Make an append blob read-only."""
    row = changeable(change, place, conditions)
    check_kind(row, APPEND_BLOB)
    if position is not None and position != row.size:
        raise StorageError("AppendPositionConditionNotMet", "The append position condition specified was not met.", 412)
    return save_changed(change, row._replace(sealed=1))


def lease_blob(change: Change, place: Place, act: Callable[[Lease], Lease], conditions: Conditions = ALWAYS) -> BlobRow:
    """Store what `act` makes of a blob's lease; the ETag stays."""
    row = require_blob(change.connection, *place)
    check_write(conditions, row.version)
    row = row.with_lease(act(row.lease))
    change.connection.execute(
        "UPDATE blobs SET lease_id = ?, lease_seconds = ?, lease_until = ?, lease_breaks = ? "
        "WHERE container = ? AND name = ? AND snapshot = ''",
        (*row[22:26], *place),
    )
    return row


def writable(change: Change, place: Place, conditions: Conditions) -> BlobRow | None:
    """Return the blob that is about to be replaced, if there is one; refuse the write if conditions do not hold."""
    row = find_blob(change.connection, *place)
    check_write(conditions, None if row is None else row.version)
    if row is not None:
        leases.check_write(row.lease, change.now, conditions.lease_id)
    elif conditions.lease_id is not None:
        leases.check_claim(leases.NONE, change.now, conditions.lease_id)
    return row


def changeable(change: Change, place: Place, conditions: Conditions) -> BlobRow:
    """Return the blob that is about to be changed; refuse it if it is not there or conditions do not hold."""
    row = require_blob(change.connection, *place)
    check_write(conditions, row.version)
    leases.check_write(row.lease, change.now, conditions.lease_id)
    return row


def save_changed(change: Change, row: BlobRow) -> BlobRow:
    """Save a row under a new ETag and time."""
    row = row.with_lease(leases.after_write(row.lease, change.now))._replace(
        etag=next_etag(change.now, row.etag), modified=change.now
    )
    save_blob(change.connection, row)
    return row


def check_kind(row: BlobRow, kind: str) -> None:
    """Refuse an operation that blobs of this kind do not know.

    Raises:
        StorageError: 409 InvalidBlobType.
    """
    if row.kind != kind:
        raise StorageError(
            "InvalidBlobType", f"The blob type is invalid for this operation: it is {row.kind}, not {kind}.", 409
        )


def drop_blocks(change: Change, place: Place) -> None:
    """Delete all uncommitted blocks of a blob."""
    connection = change.connection
    chunks = connection.execute("SELECT chunk FROM blob_blocks WHERE container = ? AND name = ?", place).fetchall()
    if not chunks:
        return
    for (chunk,) in chunks:
        release_chunk(change, chunk)
    connection.execute("DELETE FROM blob_blocks WHERE container = ? AND name = ?", place)
