"""BlobRow: one blob or snapshot as it is stored, and how it is found, saved and shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import BlobProperties
from funchost.storage.embedded.blob_conditions import Version
from funchost.storage.embedded.leases import NONE, Lease

SECOND = 1_000_000
_TICKS_TO_1970 = 621_355_968_000_000_000
"""Ticks of 100 ns from the year 1 to 1970; the service's ETags count from there."""

_EMPTY: Mapping[str, str] = MappingProxyType({})


class ContentHeaders(NamedTuple):
    """The headers that a blob's readers get as its writer gave them; `content_md5` is Base64 text."""

    content_type: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    content_md5: str | None = None


class BlobRow(NamedTuple):
    """The columns of one row of `blobs`, in their order.

    Args:
        container: number of the container's row.
        snapshot: time of the snapshot as the service writes it, empty for the blob itself.
        kind: ``BlockBlob`` or ``AppendBlob``.
        etag: 100 ns ticks; see `etag_text`.
        modified, created: microseconds since 1970.
        content: number of a chunk if `segments` is 0, else of a list; 0 = no bytes.
        segments: how many segments of the list belong to this blob; an append blob's list may have grown since.
        md5: Base64 text.
        metadata, tags, copy: JSON objects, empty text for none.
    """

    container: int
    name: str
    snapshot: str
    kind: str
    etag: int
    modified: int
    created: int
    size: int
    content: int
    segments: int
    content_type: str | None
    content_encoding: str | None
    content_language: str | None
    content_disposition: str | None
    cache_control: str | None
    md5: str | None
    metadata: str
    tags: str
    tier: str | None
    tier_changed: int | None
    copy: str
    sealed: int
    lease_id: str
    lease_seconds: int
    lease_until: int
    lease_breaks: int | None

    @property
    def version(self) -> Version:
        return Version(etag_text(self.etag), self.modified)

    @property
    def lease(self) -> Lease:
        return Lease(*self[22:26]) if self.lease_id else NONE

    @property
    def headers(self) -> ContentHeaders:
        return ContentHeaders(*self[10:16])

    def with_lease(self, lease: Lease) -> BlobRow:
        return BlobRow._make((*self[:22], *lease))


COLUMNS = ", ".join(BlobRow._fields)
_FIND = f"SELECT {COLUMNS} FROM blobs WHERE container = ? AND name = ? AND snapshot = ?"  # noqa: S608 - our own names
_SAVE = f"INSERT OR REPLACE INTO blobs ({COLUMNS}) VALUES ({', '.join('?' * len(BlobRow._fields))})"  # noqa: S608
_DELETE = "DELETE FROM blobs WHERE container = ? AND name = ? AND snapshot = ?"


def find_blob(connection: sqlite3.Connection, container: int, name: str, snapshot: str = "") -> BlobRow | None:
    """Return a blob's row, None if there is none."""
    row = connection.execute(_FIND, (container, name, snapshot)).fetchone()
    return None if row is None else BlobRow._make(row)


def require_blob(connection: sqlite3.Connection, container: int, name: str, snapshot: str = "") -> BlobRow:
    """Return a blob's row.

    Raises:
        StorageError: 404 BlobNotFound.
    """
    row = find_blob(connection, container, name, snapshot)
    if row is None:
        raise blob_not_found()
    return row


def blob_not_found() -> StorageError:
    return StorageError("BlobNotFound", "The specified blob does not exist.", 404)


def save_blob(connection: sqlite3.Connection, row: BlobRow) -> None:
    """Write a row, over the one that was there."""
    connection.execute(_SAVE, row)


def delete_blob(connection: sqlite3.Connection, row: BlobRow) -> None:
    """Delete a row; its content is the caller's matter."""
    connection.execute(_DELETE, row[:3])


def next_etag(now: int, before: int = 0) -> int:
    """Return an ETag that differs from the one before.

    Args:
        now: microseconds since 1970.
    """
    return max(now * 10 + _TICKS_TO_1970, before + 1)


def etag_text(etag: int) -> str:
    """Return an ETag as the service writes it, with its quotes."""
    return f'"0x{etag:X}"'


def moment(microseconds: int) -> datetime:
    """Return a stored time as the service shows it: UTC, whole seconds."""
    return _of_second(microseconds // SECOND)


@lru_cache(maxsize=4096)
def _of_second(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def pack(pairs: Mapping[str, str] | None) -> str:
    """Return metadata, tags or the like as they are stored."""
    return json.dumps(dict(pairs), ensure_ascii=False, separators=(",", ":")) if pairs else ""


def unpack(text: str) -> Mapping[str, str]:
    """Return stored metadata, tags or the like."""
    if not text:
        return _EMPTY
    pairs: dict[str, str] = json.loads(text)
    return pairs


def properties(row: BlobRow, container: str, now: int) -> BlobProperties:
    """Return a row as callers see it.

    Args:
        now: microseconds since 1970, for the state of the lease.
    """
    lease = row.lease
    return BlobProperties(
        container=container,
        name=row.name,
        etag=etag_text(row.etag),
        last_modified=moment(row.modified),
        size=row.size,
        created=moment(row.created),
        blob_type=row.kind,
        content_type=row.content_type or "application/octet-stream",
        content_encoding=row.content_encoding,
        content_language=row.content_language,
        content_disposition=row.content_disposition,
        cache_control=row.cache_control,
        content_md5=row.md5,
        lease_state=lease.state(now),
        lease_duration=lease.duration(now),
        access_tier=row.tier,
        metadata=unpack(row.metadata),
    )
