"""Reading blobs: finding the pieces of a range, and BlobBody, which brings them one window at a time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, TypeVar

from funchost.app.invocation import Body
from funchost.errors import StorageError
from funchost.storage.embedded.blob_content import Content
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.files import BlobFiles, OpenFile

T = TypeVar("T")

SHORT = 256 * 1024
"""Bytes up to which a range is handed out in one piece."""

WINDOW = 1024 * 1024
"""Most bytes of a stream that are in memory at a time, per reader."""

OPEN_FILES = 256
"""Files of one blob that are opened before its reading begins: 1 GiB in usual blocks. More are opened on the way."""

ATTEMPTS = 8


class Piece(NamedTuple):
    """Consecutive bytes of one chunk.

    Args:
        file: name of the chunk's file, None if its bytes are in its row.
        opened: the file, if it is open already.
    """

    chunk: int
    file: str | None
    start: int
    size: int
    opened: OpenFile | None = None


class FileGoneError(Exception):
    """A file is gone because its blob was replaced while it was looked up."""


class BlobBody:
    """A Body of a blob's range. What it reads is what the blob was when it was opened."""

    __slots__ = ("_engine", "_files", "_pieces", "size")

    def __init__(self, engine: Engine, files: BlobFiles, pieces: Sequence[Piece], size: int) -> None:
        self.size: int | None = size
        self._engine = engine
        self._files = files
        self._pieces = list(pieces)

    async def aclose(self) -> None:
        """Let go of the files without reading on."""
        self._pieces.clear()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces.reverse()
        pieces = self._pieces
        while pieces:
            if pieces[-1].file is None:
                yield await self._rows()
                continue
            piece = pieces.pop()
            opened = piece.opened
            if opened is None:
                opened = await asyncio.to_thread(self._open, piece)
            for start in range(piece.start, piece.start + piece.size, WINDOW):
                size = min(WINDOW, piece.start + piece.size - start)
                yield await asyncio.to_thread(opened.read, start, size)

    async def _rows(self) -> bytes:
        """Return the bytes of the following pieces that are in rows, about a window."""
        batch: list[Piece] = []
        left = WINDOW
        while self._pieces and self._pieces[-1].file is None and left > 0:
            batch.append(self._pieces.pop())
            left -= batch[-1].size
        return await self._engine.read(lambda connection: b"".join(_data(connection, piece) for piece in batch))

    def _open(self, piece: Piece) -> OpenFile:
        try:
            return self._files.open(str(piece.file))
        except FileNotFoundError:
            raise changed() from None


def changed() -> StorageError:
    """Return the error of a reader whose blob was replaced long ago while it still read."""
    return StorageError("ConditionNotMet", "The blob was replaced while it was read.", 412)


def open_range(
    engine: Engine, files: BlobFiles, connection: sqlite3.Connection, content: Content, offset: int, size: int
) -> bytes | Body:
    """Return a range of content: short ones as bytes, others as a stream with its first files open.

    Raises:
        FileGoneError: look the blob up again.
    """
    if size == 0:
        return b""
    if not content.segments:
        row = connection.execute("SELECT file, data FROM blob_chunks WHERE id = ?", (content.number,)).fetchone()
        if row[0] is None:
            data: bytes = row[1]
            return data if size == len(data) else data[offset : offset + size]
        pieces = [Piece(content.number, row[0], offset, size)]
    else:
        pieces = _pieces(connection, content, offset, size)
    try:
        if size <= SHORT:
            return b"".join(_bytes(files, connection, piece) for piece in pieces)
        left = OPEN_FILES
        for number, piece in enumerate(pieces):
            if piece.file is not None and left:
                left -= 1
                pieces[number] = piece._replace(opened=files.open(piece.file))
    except FileNotFoundError:
        raise FileGoneError from None
    return BlobBody(engine, files, pieces, size)


async def until_found(engine: Engine, operation: Callable[[sqlite3.Connection], T]) -> T:
    """Run a read that opens files, again if they were replaced in between."""
    for _ in range(ATTEMPTS):
        try:
            return await engine.read(operation)
        except FileGoneError:
            continue
    raise StorageError("InternalError", "A file of the blob is missing in the store.", 500)


def _pieces(connection: sqlite3.Connection, content: Content, offset: int, size: int) -> list[Piece]:
    rows = connection.execute(
        "SELECT s.chunk, c.file, s.start, s.size FROM blob_segments s JOIN blob_chunks c ON c.id = s.chunk "
        "WHERE s.list = ? AND s.position < ? AND s.start < ? AND s.start + s.size > ? ORDER BY s.position",
        (content.number, content.segments, offset + size, offset),
    ).fetchall()
    found = []
    for chunk, file, start, length in rows:
        skip = max(0, offset - start)
        found.append(Piece(chunk, file, skip, min(length, offset + size - start) - skip))
    return found


def _bytes(files: BlobFiles, connection: sqlite3.Connection, piece: Piece) -> bytes:
    if piece.file is None:
        return _data(connection, piece)
    return files.open(piece.file).read(piece.start, piece.size)


def _data(connection: sqlite3.Connection, piece: Piece) -> bytes:
    row = connection.execute("SELECT data FROM blob_chunks WHERE id = ?", (piece.chunk,)).fetchone()
    if row is None:
        raise changed()
    data: bytes = row[0]
    return data[piece.start : piece.start + piece.size]
