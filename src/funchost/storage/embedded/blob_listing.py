"""Listings of a container's blobs: pages in ordinal order, with a prefix, and grouped by a delimiter."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from typing import NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import MAX_PAGE, ChangeMark
from funchost.storage.embedded.blob_row import COLUMNS, BlobRow

_PAGE = (
    f"SELECT {COLUMNS} FROM blobs WHERE container = ? AND (name, snapshot) >= (?, ?) ORDER BY name, snapshot LIMIT ?"  # noqa: S608
)
_PLACE = "CASE snapshot WHEN '' THEN '~' ELSE snapshot END"
"""Puts a blob behind its snapshots, as the service does."""
_PAGE_WITH_SNAPSHOTS = (
    f"SELECT {COLUMNS} FROM blobs WHERE container = ? AND name >= ? AND (name, {_PLACE}) >= (?, ?)"  # noqa: S608
    f" ORDER BY name, {_PLACE} LIMIT ?"
)
_CHANGED = (
    f"SELECT {COLUMNS} FROM blobs INDEXED BY blobs_by_change WHERE container = ? AND snapshot = ''"  # noqa: S608
    " AND (modified, name) > (?, ?) ORDER BY modified, name LIMIT ?"
)
_LAST = "\U0010ffff"
_CHUNK = 500
_BETWEEN = "\x00"
"""Stands in no name."""


class Listing(NamedTuple):
    """What is asked of a listing.

    Args:
        delimiter: names that go on behind the prefix with it are shown as one group each; empty = no groups.
        snapshots, uncommitted: whether to show snapshots, and blobs that have nothing but staged blocks.
    """

    container: int
    prefix: str = ""
    delimiter: str = ""
    marker: str | None = None
    limit: int = MAX_PAGE
    snapshots: bool = False
    uncommitted: bool = False


class ListedBlob(NamedTuple):
    """A name that has staged blocks only, seen as an empty blob."""

    name: str


class Group(NamedTuple):
    """All names that begin with `prefix`, which ends with the delimiter."""

    prefix: str


class ListingPage(NamedTuple):
    """Blobs and groups in the order of their names; `next` is the following page's marker, None at the end."""

    entries: tuple[BlobRow | Group | ListedBlob, ...]
    next: str | None


def list_page(connection: sqlite3.Connection, listing: Listing) -> ListingPage:
    """Return one page of a container's blobs.

    Raises:
        StorageError: 400 for a marker that no listing has returned.
    """
    start = _position(listing.marker) if listing.marker else (listing.prefix, "")
    entries: list[BlobRow | Group | ListedBlob] = []
    scan = _Scan(connection, listing, start)
    while (entry := scan.next()) is not None:
        if len(entries) == listing.limit:
            return ListingPage(tuple(entries), _marker(entry, listing))
        entries.append(entry)
    return ListingPage(tuple(entries), None)


def changed_rows(connection: sqlite3.Connection, container: int, after: ChangeMark, limit: int) -> list[BlobRow]:
    """Return blobs in the order of their last changes."""
    return [BlobRow._make(row) for row in connection.execute(_CHANGED, (container, *after, limit))]


class _Scan:
    """Goes through a container's names, and jumps over groups."""

    def __init__(self, connection: sqlite3.Connection, listing: Listing, start: tuple[str, str]) -> None:
        self._connection = connection
        self._listing = listing
        self._at = start
        self._rows: list[BlobRow | ListedBlob] = []
        self._size = min(_CHUNK, listing.limit + 1)
        self._ended = False

    def next(self) -> BlobRow | Group | ListedBlob | None:
        while True:
            if not self._rows and not self._fill():
                return None
            row = self._rows.pop()
            if not row.name.startswith(self._listing.prefix):
                return None
            if isinstance(row, BlobRow) and row.snapshot and not self._listing.snapshots:
                continue
            return self._grouped(row)

    def _grouped(self, row: BlobRow | ListedBlob) -> BlobRow | Group | ListedBlob:
        delimiter = self._listing.delimiter
        if not delimiter:
            return row
        end = row.name.find(delimiter, len(self._listing.prefix))
        if end < 0:
            return row
        group = row.name[: end + len(delimiter)]
        while self._rows and self._rows[-1].name.startswith(group):
            self._rows.pop()
        if not self._rows:
            self._at = (group + _LAST, "")
            self._ended = False
        return Group(group)

    def _fill(self) -> bool:
        if self._ended:
            return False
        found = self._found()
        rows: list[BlobRow | ListedBlob] = [*found]
        self._ended = len(found) < self._size
        end = (found[-1].name, _place(found[-1], self._listing) + "\x00") if not self._ended else (_LAST * 2, "")
        if self._listing.uncommitted:
            rows += self._staged(end)
            rows.sort(key=lambda row: (row.name, _place(row, self._listing)))
        self._at = end
        rows.reverse()
        self._rows = rows
        return bool(rows) or not self._ended

    def _found(self) -> list[BlobRow]:
        listing = self._listing
        if listing.snapshots:
            values = (listing.container, self._at[0], *self._at, self._size)
            found = self._connection.execute(_PAGE_WITH_SNAPSHOTS, values)
        else:
            found = self._connection.execute(_PAGE, (listing.container, *self._at, self._size))
        return [BlobRow._make(row) for row in found.fetchall()]

    def _staged(self, end: tuple[str, str]) -> list[BlobRow | ListedBlob]:
        names = self._connection.execute(
            "SELECT DISTINCT b.name FROM blob_blocks b WHERE b.container = ? AND b.name >= ? AND b.name <= ? AND NOT "
            "EXISTS (SELECT 1 FROM blobs a WHERE a.container = b.container AND a.name = b.name AND snapshot = '')",
            (self._listing.container, self._at[0] + ("\x00" if self._at[1] else ""), end[0]),
        )
        return [ListedBlob(name) for (name,) in names.fetchall()]


def _place(row: BlobRow | ListedBlob, listing: Listing) -> str:
    """Return where a row stands among those of its name."""
    if isinstance(row, ListedBlob):
        return ""
    return row.snapshot or ("~" if listing.snapshots else "")


def _marker(entry: BlobRow | Group | ListedBlob, listing: Listing) -> str:
    if isinstance(entry, Group):
        place = entry.prefix
    else:
        at = _place(entry, listing)
        place = f"{entry.name}{_BETWEEN}{at}" if at else entry.name
    return base64.urlsafe_b64encode(place.encode("utf-8")).decode("ascii")


def _position(marker: str) -> tuple[str, str]:
    try:
        place = base64.b64decode(marker, altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise StorageError(
            "OutOfRangeInput", f"The marker {marker!r} is none that a listing has returned.", 400
        ) from None
    name, _, snapshot = place.partition(_BETWEEN)
    return name, snapshot
