"""BlobAccess: the way to one store's blobs for this process: uploads, changes and reads, each off the event loop."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from funchost.app.invocation import Body
from funchost.errors import StorageError, StorageUnavailableError
from funchost.storage.embedded.blob_content import Change, Content, Upload
from funchost.storage.embedded.blob_reading import OPEN_FILES, WINDOW, open_range, until_found
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.files import FULL_DISK, BlobFiles, FileWriter

T = TypeVar("T")

INLINE = 128 * 1024
"""Bytes up to which content is kept in a row; longer content gets a file."""


class Arrival:
    """Bytes that have arrived; end it with `BlobAccess.keep` or `drop`."""

    __slots__ = ("upload", "writer")

    def __init__(self, upload: Upload, writer: FileWriter | None = None) -> None:
        self.upload = upload
        self.writer = writer


class BlobAccess:
    """Changes and reads of one open store's blobs.

    Args:
        engine: of the store.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.files = BlobFiles(engine.folder)
        self.leftovers = asyncio.Event()
        """Set by what leaves rows behind for the upkeep to remove."""

    async def change(self, operation: Callable[[Change], T], *, durable: bool = True, topics: Sequence[str] = ()) -> T:
        """Run `operation` as one write, see `Engine.write`; files that it frees are removed after the commit."""
        freed: list[str] = []
        engine = self.engine

        def run(connection: sqlite3.Connection) -> T:
            freed.clear()
            return operation(Change(connection, engine.now(), freed))

        result = await engine.write(run, durable=durable, topics=topics)
        if freed:
            await asyncio.to_thread(self.files.remove if len(freed) <= OPEN_FILES else self.files.retire, freed)
        return result

    async def open(self, find: Callable[[sqlite3.Connection], tuple[T, Content, int, int]]) -> tuple[T, bytes | Body]:
        """Return what `find` says of a blob, and a range of its content.

        Args:
            find: returns something, the blob's content, and offset and size of the range.
        """

        def read(connection: sqlite3.Connection) -> tuple[T, bytes | Body]:
            found, content, offset, size = find(connection)
            return found, open_range(self.engine, self.files, connection, content, offset, size)

        return await until_found(self.engine, read)

    async def receive(self, body: bytes | Body, *, hashed: bool = True) -> Arrival:
        """Take all bytes of a body: few into memory, many into a file.

        Args:
            hashed: whether their MD5 is needed; computing it takes a third of the time of a long upload.

        Raises:
            StorageError: 507, the disk is full.
            ConnectionResetError: the sender went away.
        """
        if isinstance(body, bytes):
            if len(body) <= INLINE:
                md5 = _base64(hashlib.md5(body, usedforsecurity=False)) if hashed else ""
                return Arrival(Upload(len(body), md5, body))
            body = _Pieces(body)
        pieces: list[bytes] = []
        held = 0
        arriving = aiter(body)
        async for piece in arriving:
            pieces.append(piece)
            held += len(piece)
            if held > INLINE:
                digest = hashlib.md5(usedforsecurity=False) if hashed else None
                return await self._receive_file(pieces, held, arriving, digest)
        return await self.receive(b"".join(pieces), hashed=hashed)

    async def keep(
        self, arrival: Arrival, operation: Callable[[Change, Upload], T], *, topics: Sequence[str] = ()
    ) -> T:
        """Run `operation` as the write that makes arrived bytes part of a blob."""
        writer = arrival.writer
        if writer is None:
            return await self.change(lambda change: operation(change, arrival.upload), topics=topics)
        try:
            await asyncio.to_thread(writer.finish)
            return await self.change(lambda change: operation(change, arrival.upload), topics=topics)
        except StorageError as error:
            if not _may_happen_yet(error):
                await asyncio.to_thread(writer.discard)
            raise
        finally:
            # not awaited: this task may be cancelled while a thread still works on the file
            asyncio.get_running_loop().run_in_executor(None, writer.close)

    async def drop(self, arrival: Arrival) -> None:
        """Forget arrived bytes."""
        if arrival.writer is not None:
            await asyncio.to_thread(arrival.writer.discard)

    async def _receive_file(
        self, pieces: list[bytes], held: int, arriving: AsyncIterator[bytes], digest: hashlib._Hash | None
    ) -> Arrival:
        writer = await asyncio.to_thread(self.files.create)
        try:
            async for piece in arriving:
                if held >= WINDOW:
                    await asyncio.to_thread(_store, writer, digest, pieces)
                    pieces, held = [], 0
                pieces.append(piece)
                held += len(piece)
            await asyncio.to_thread(_store, writer, digest, pieces)
        except BaseException:
            # not awaited: this task may be cancelled already
            asyncio.get_running_loop().run_in_executor(None, writer.discard)
            raise
        return Arrival(Upload(writer.size, _base64(digest) if digest else "", file=writer.name), writer)


class _Pieces:
    """Bytes in memory as a Body of windows."""

    __slots__ = ("_data", "size")

    def __init__(self, data: bytes) -> None:
        self.size: int | None = len(data)
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._data), WINDOW):
            yield self._data[start : start + WINDOW]


def _may_happen_yet(error: StorageError) -> bool:
    """Return whether a write that failed may be committed all the same; then its file is left to the sweep."""
    return isinstance(error, StorageUnavailableError) and error.code != FULL_DISK


def _store(writer: FileWriter, digest: hashlib._Hash | None, pieces: Sequence[bytes]) -> None:
    if digest is not None:
        for piece in pieces:
            digest.update(piece)
    writer.write(pieces)


def _base64(digest: hashlib._Hash) -> str:
    return base64.b64encode(digest.digest()).decode("ascii")
