"""BlobUpkeep: removes in the background what deleted containers, long block lists and dead processes have left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable

from funchost.errors import StorageError
from funchost.storage.embedded.blob_access import BlobAccess
from funchost.storage.embedded.blob_content import AT_ONCE, Change, Content, purge_list, release_chunk, release_content
from funchost.storage.embedded.blob_row import SECOND

INTERVAL = 300.0
BATCH = 200
"""Rows of one write, so that other writers wait a few milliseconds at most."""

WEEK = 7 * 24 * 3600 * SECOND
"""How long a block may stay staged; a rule of the service."""


class BlobUpkeep:
    """Cleans up behind one store's blobs. Several hosts may do so at the same time.

    Args:
        access: to the store's blobs.
    """

    def __init__(self, access: BlobAccess) -> None:
        self._access = access
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first round comes at once."""
        self._task = asyncio.create_task(self._run(), name="blob upkeep")

    async def stop(self) -> None:
        """End; idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def round(self) -> None:
        """Remove all that is left over now."""
        for step in (_purge_containers, _purge_lists, _purge_staged):
            more = True
            while more:
                more = await self._access.change(step, durable=False)
        await self._sweep()

    async def _run(self) -> None:
        while True:
            self._access.leftovers.clear()
            try:
                await self.round()
                async with asyncio.timeout(INTERVAL):  # wait_for of Python 3.11 can swallow the cancellation by stop
                    await self._access.leftovers.wait()
            except TimeoutError:
                continue
            except (StorageError, OSError):
                await asyncio.sleep(INTERVAL)  # the store is busy or full

    async def _sweep(self) -> None:
        files = self._access.files
        names = await asyncio.to_thread(files.candidates)
        for start in range(0, len(names), BATCH):
            claimed = await asyncio.to_thread(files.claim, names[start : start + BATCH])
            named = set(claimed)
            try:
                named = await self._access.engine.read(_finder(list(claimed)))
            finally:
                await asyncio.to_thread(files.settle, claimed, named)


def _finder(names: list[str]) -> Callable[[sqlite3.Connection], set[str]]:
    marks = ", ".join("?" * len(names))
    query = f"SELECT file FROM blob_chunks WHERE file IN ({marks})"  # noqa: S608 - question marks only
    return lambda connection: {file for (file,) in connection.execute(query, names).fetchall()}


def _purge_containers(change: Change) -> bool:
    connection = change.connection
    found = connection.execute("SELECT container FROM blob_purges LIMIT 1").fetchone()
    if found is None:
        return False
    rows = connection.execute(
        "SELECT name, snapshot, size, content, segments FROM blobs WHERE container = ? LIMIT ?", (*found, BATCH)
    ).fetchall()
    for name, snapshot, *content in rows:
        release_content(change, Content(*content))
        connection.execute(
            "DELETE FROM blobs WHERE container = ? AND name = ? AND snapshot = ?", (*found, name, snapshot)
        )
    if not rows and not _drop_staged(change, "container = ?", *found):
        connection.execute("DELETE FROM blob_purges WHERE container = ?", found)
    return True


def _purge_lists(change: Change) -> bool:
    found = change.connection.execute("SELECT id FROM blob_lists WHERE uses = 0 LIMIT 1").fetchone()
    if found is None:
        return False
    purge_list(change, found[0], min(BATCH, AT_ONCE))
    return True


def _purge_staged(change: Change) -> bool:
    return _drop_staged(change, "staged < ?", change.now - WEEK) > 0


def _drop_staged(change: Change, condition: str, value: int) -> int:
    connection = change.connection
    rows = connection.execute(
        f"SELECT container, name, block, chunk FROM blob_blocks WHERE {condition} LIMIT ?",  # noqa: S608
        (value, BATCH),
    ).fetchall()
    for *key, chunk in rows:
        release_chunk(change, chunk)
        connection.execute("DELETE FROM blob_blocks WHERE container = ? AND name = ? AND block = ?", key)
    return len(rows)
