"""Content of blobs in the database: chunks and lists of chunks, each counted and gone with its last use."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from funchost.storage.embedded.blob_row import BlobRow

AT_ONCE = 1000
"""Most segments that one write deletes, so that other writers do not wait for it; upkeep deletes longer lists."""


class Change(NamedTuple):
    """One write while it runs in the writer thread.

    Args:
        now: microseconds since 1970.
        freed: names of files that nothing uses once the write is committed; filled on the way.
    """

    connection: sqlite3.Connection
    now: int
    freed: list[str]


class Upload(NamedTuple):
    """Bytes that have arrived and are not in the database yet.

    Args:
        file: name of the file that holds them, None if `data` does.
        md5: of all of them, Base64 text; empty if nobody asked for it.
    """

    size: int
    md5: str
    data: bytes = b""
    file: str | None = None


class Content(NamedTuple):
    """Where a blob's bytes are: see BlobRow."""

    size: int = 0
    number: int = 0
    segments: int = 0


class Segment(NamedTuple):
    """A part of a list: `size` bytes of a chunk, from its beginning; `block` is the id it was staged under."""

    size: int
    chunk: int
    block: str


def add_chunk(change: Change, upload: Upload) -> int:
    """Store bytes, used once; returns the chunk's number."""
    cursor = change.connection.execute(
        "INSERT INTO blob_chunks (uses, size, file, data) VALUES (1, ?, ?, ?)",
        (upload.size, upload.file, upload.data if upload.file is None else None),
    )
    return cursor.lastrowid or 0


def add_content(change: Change, upload: Upload) -> Content:
    """Store the bytes of a whole blob."""
    return Content(upload.size, add_chunk(change, upload)) if upload.size else Content()


def content_of(row: BlobRow) -> Content:
    return Content(row.size, row.content, row.segments)


def share_content(change: Change, content: Content) -> Content:
    """Count one more user of content."""
    if content.number:
        table = "blob_lists" if content.segments else "blob_chunks"
        change.connection.execute(f"UPDATE {table} SET uses = uses + 1 WHERE id = ?", (content.number,))  # noqa: S608
    return content


def release_content(change: Change, content: Content) -> None:
    """Count one user of content less, and delete what has none left."""
    if not content.number:
        return
    if not content.segments:
        release_chunk(change, content.number)
        return
    connection = change.connection
    uses, count = connection.execute("SELECT uses, count FROM blob_lists WHERE id = ?", (content.number,)).fetchone()
    connection.execute("UPDATE blob_lists SET uses = uses - 1 WHERE id = ?", (content.number,))
    if uses == 1 and count <= AT_ONCE:
        purge_list(change, content.number, AT_ONCE)


def purge_list(change: Change, number: int, limit: int) -> bool:
    """Delete up to `limit` segments of an unused list, and the list after the last; returns whether it is gone."""
    connection = change.connection
    rows = connection.execute(
        "SELECT position, chunk FROM blob_segments WHERE list = ? LIMIT ?", (number, limit)
    ).fetchall()
    for _, chunk in rows:
        release_chunk(change, chunk)
    connection.executemany(
        "DELETE FROM blob_segments WHERE list = ? AND position = ?", [(number, position) for position, _ in rows]
    )
    if len(rows) == limit:
        return False
    connection.execute("DELETE FROM blob_lists WHERE id = ?", (number,))
    return True


def release_chunk(change: Change, chunk: int) -> None:
    """Count one user of a chunk less, and delete it after the last; its file is noted as freed."""
    connection = change.connection
    uses, file = connection.execute("SELECT uses, file FROM blob_chunks WHERE id = ?", (chunk,)).fetchone()
    if uses > 1:
        connection.execute("UPDATE blob_chunks SET uses = uses - 1 WHERE id = ?", (chunk,))
        return
    connection.execute("DELETE FROM blob_chunks WHERE id = ?", (chunk,))
    if file is not None:
        change.freed.append(file)


def share_chunk(change: Change, chunk: int) -> None:
    """Count one more user of a chunk."""
    change.connection.execute("UPDATE blob_chunks SET uses = uses + 1 WHERE id = ?", (chunk,))


def add_list(change: Change, segments: Sequence[Segment]) -> Content:
    """Store a list, used once, that takes over one use of each of its chunks."""
    if not segments:
        return Content()
    size = sum(segment.size for segment in segments)
    cursor = change.connection.execute(
        "INSERT INTO blob_lists (uses, size, count) VALUES (1, ?, ?)", (size, len(segments))
    )
    number = cursor.lastrowid or 0
    rows = []
    start = 0
    for position, segment in enumerate(segments):
        rows.append((number, position, start, segment.size, segment.chunk, segment.block))
        start += segment.size
    change.connection.executemany("INSERT INTO blob_segments VALUES (?, ?, ?, ?, ?, ?)", rows)
    return Content(size, number, len(segments))


def segments_of(connection: sqlite3.Connection, content: Content) -> list[Segment]:
    """Return the segments of a blob; content of a single chunk is one without an id."""
    if not content.number:
        return []
    if not content.segments:
        return [Segment(content.size, content.number, "")]
    rows = connection.execute(
        "SELECT size, chunk, block FROM blob_segments WHERE list = ? AND position < ? ORDER BY position",
        (content.number, content.segments),
    )
    return [Segment._make(row) for row in rows]


def append_content(change: Change, content: Content, upload: Upload) -> Content:
    """Return content with bytes added at its end.

    A list that ends where this content does grows in place, also when snapshots use it: they go on to see their part.
    """
    added = Segment(upload.size, add_chunk(change, upload), "")
    connection = change.connection
    if content.segments:
        grown = connection.execute(
            "UPDATE blob_lists SET size = size + ?, count = count + 1 WHERE id = ? AND count = ?",
            (upload.size, content.number, content.segments),
        ).rowcount
        if grown:
            connection.execute(
                "INSERT INTO blob_segments VALUES (?, ?, ?, ?, ?, ?)",
                (content.number, content.segments, content.size, *added),
            )
            return Content(content.size + upload.size, content.number, content.segments + 1)
    kept = segments_of(connection, content)
    for segment in kept:
        share_chunk(change, segment.chunk)
    longer = add_list(change, [*kept, added])
    release_content(change, content)
    return longer
