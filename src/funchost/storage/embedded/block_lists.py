"""Blocks of block blobs: staged one by one, then committed as a list."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Literal, NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.embedded import leases
from funchost.storage.embedded.blob_content import (
    Change,
    Segment,
    Upload,
    add_chunk,
    add_list,
    content_of,
    release_chunk,
    segments_of,
    share_chunk,
)
from funchost.storage.embedded.blob_row import BlobRow, blob_not_found, find_blob
from funchost.storage.embedded.blob_writes import (
    BLOCK_BLOB,
    MAX_BLOCKS,
    Draft,
    Place,
    check_kind,
    replace_blob,
    writable,
)

Choice = Literal["Committed", "Uncommitted", "Latest"]


class BlockChoice(NamedTuple):
    """One entry of a list to commit: which block, and whether the staged or the committed one."""

    choice: Choice
    block: str


class BlockLists(NamedTuple):
    """The blocks of a blob; `row` is None as long as none were committed."""

    row: BlobRow | None
    committed: Sequence[Segment]
    uncommitted: Sequence[Segment]


def stage_block(change: Change, place: Place, block: str, upload: Upload, lease_id: str | None = None) -> None:
    """Keep a block until it is committed or dropped; one staged under the same id is replaced.

    Args:
        block: its id, Base64 text; all ids of a blob have one length.

    Raises:
        StorageError: 400 InvalidBlobOrBlock, 409 InvalidBlobType, BlockCountExceedsLimit.
    """
    connection = change.connection
    row = find_blob(connection, *place)
    if row is not None:
        check_kind(row, BLOCK_BLOB)
        leases.check_write(row.lease, change.now, lease_id)
    other = connection.execute(
        "SELECT block FROM blob_blocks WHERE container = ? AND name = ? LIMIT 1", place
    ).fetchone()
    if other is not None and len(other[0]) != len(block):
        raise StorageError("InvalidBlobOrBlock", "The specified blob or block content is invalid.", 400)
    before = connection.execute(
        "SELECT chunk FROM blob_blocks WHERE container = ? AND name = ? AND block = ?", (*place, block)
    ).fetchone()
    if before is not None:
        release_chunk(change, before[0])
    connection.execute(
        "INSERT OR REPLACE INTO blob_blocks VALUES (?, ?, ?, ?, ?, ?)",
        (*place, block, upload.size, add_chunk(change, upload), change.now),
    )


def commit_blocks(
    change: Change, place: Place, choices: Sequence[BlockChoice], draft: Draft, conditions: Conditions = ALWAYS
) -> BlobRow:
    """Make a blob of blocks; staged ones that are not named are dropped.

    Raises:
        StorageError: 400 InvalidBlockList, BlockListTooLong, 409 InvalidBlobType.
    """
    if len(choices) > MAX_BLOCKS:
        raise StorageError("BlockListTooLong", f"The block list may not contain more than {MAX_BLOCKS} blocks.", 400)
    before = writable(change, place, conditions)
    if before is not None:
        check_kind(before, BLOCK_BLOB)
    staged = {block.block: block for block in _staged(change.connection, place)}
    committed = {} if before is None else {one.block: one for one in segments_of(change.connection, content_of(before))}
    chosen = [_chosen(entry, staged, committed) for entry in choices]
    fresh = {segment.chunk for segment in staged.values()}
    for segment in chosen:
        if segment.chunk in fresh:
            fresh.remove(segment.chunk)  # the list takes over the use that staging counted
        else:
            share_chunk(change, segment.chunk)
    for chunk in fresh:
        release_chunk(change, chunk)
    change.connection.execute("DELETE FROM blob_blocks WHERE container = ? AND name = ?", place)
    return replace_blob(change, place, before, add_list(change, chosen), draft)


def list_blocks(
    connection: sqlite3.Connection, place: Place, snapshot: str, now: int, conditions: Conditions = ALWAYS
) -> BlockLists:
    """Return the committed and the staged blocks of a blob.

    Raises:
        StorageError: 404 BlobNotFound if it has neither.
    """
    row = find_blob(connection, *place, snapshot)
    if row is not None:
        check_kind(row, BLOCK_BLOB)
        if conditions.lease_id is not None:
            leases.check_claim(row.lease, now, conditions.lease_id)
    staged = [] if snapshot else _staged(connection, place)
    if row is None and not staged:
        raise blob_not_found()
    committed = [] if row is None else [one for one in segments_of(connection, content_of(row)) if one.block]
    return BlockLists(row, committed, staged)


def _staged(connection: sqlite3.Connection, place: Place) -> list[Segment]:
    rows = connection.execute(
        "SELECT size, chunk, block FROM blob_blocks WHERE container = ? AND name = ? ORDER BY chunk", place
    )
    return [Segment._make(row) for row in rows]


def _chosen(entry: BlockChoice, staged: dict[str, Segment], committed: dict[str, Segment]) -> Segment:
    found = None
    if entry.choice != "Committed":
        found = staged.get(entry.block)
    if found is None and entry.choice != "Uncommitted":
        found = committed.get(entry.block)
    if found is None or not entry.block:
        raise StorageError("InvalidBlockList", "The specified block list is invalid.", 400)
    return found
