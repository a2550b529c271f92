"""Deleting blobs and snapshots, and making snapshots."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions
from funchost.storage.embedded import leases
from funchost.storage.embedded.blob_conditions import check_write
from funchost.storage.embedded.blob_content import Change, content_of, release_content, share_content
from funchost.storage.embedded.blob_row import (
    COLUMNS,
    SECOND,
    BlobRow,
    find_blob,
    require_blob,
    save_blob,
)
from funchost.storage.embedded.blob_row import delete_blob as delete_row
from funchost.storage.embedded.blob_writes import Place, changeable


class Snapshots(Enum):
    """What becomes of a blob's snapshots when it is deleted."""

    NONE = ""
    """There may be none."""
    INCLUDE = "include"
    ONLY = "only"
    """They are deleted, the blob stays."""


def delete_blob(change: Change, place: Place, snapshots: Snapshots, conditions: Conditions = ALWAYS) -> None:
    """Delete a blob; blocks that were staged for it stay.

    Raises:
        StorageError: 404 BlobNotFound, 409 SnapshotsPresent, 412.
    """
    row = changeable(change, place, conditions)
    _delete_snapshots(change, place, snapshots)
    if snapshots is not Snapshots.ONLY:
        release_content(change, content_of(row))
        delete_row(change.connection, row)


def delete_snapshot(change: Change, place: Place, snapshot: str, conditions: Conditions = ALWAYS) -> None:
    """Delete one snapshot."""
    row = require_blob(change.connection, *place, snapshot)
    check_write(conditions, row.version)
    release_content(change, content_of(row))
    delete_row(change.connection, row)


def take_snapshot(
    change: Change, place: Place, metadata: str | None = None, conditions: Conditions = ALWAYS
) -> tuple[BlobRow, str]:
    """Keep what a blob is now; returns the blob's row and the snapshot's time.

    Args:
        metadata: of the snapshot, packed; None = as the blob's.
    """
    row = require_blob(change.connection, *place)
    check_write(conditions, row.version)
    if conditions.lease_id is not None:
        leases.check_claim(row.lease, change.now, conditions.lease_id)
    ticks = change.now * 10
    while find_blob(change.connection, *place, stamp := _stamp(ticks)) is not None:
        ticks += 1
    share_content(change, content_of(row))
    copy = row.with_lease(leases.NONE)._replace(snapshot=stamp, etag=row.etag)
    save_blob(change.connection, copy if metadata is None else copy._replace(metadata=metadata))
    return row, stamp


def _delete_snapshots(change: Change, place: Place, snapshots: Snapshots) -> None:
    rows = change.connection.execute(
        f"SELECT {COLUMNS} FROM blobs WHERE container = ? AND name = ? AND snapshot > ''",  # noqa: S608 - our own names
        place,
    ).fetchall()
    if rows and snapshots is Snapshots.NONE:
        raise StorageError("SnapshotsPresent", "This operation is not permitted because the blob has snapshots.", 409)
    for values in rows:
        row = BlobRow._make(values)
        release_content(change, content_of(row))
        delete_row(change.connection, row)


def _stamp(ticks: int) -> str:
    seconds, part = divmod(ticks, SECOND * 10)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{part:07d}Z"
