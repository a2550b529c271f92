"""Engine: one open store folder; its writer, its readers and its watchers."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from funchost.errors import FuncHostError, StorageError, StorageUnavailableError
from funchost.storage.embedded.engine_errors import storage_error
from funchost.storage.embedded.folder import StoreFolder, open_folder
from funchost.storage.embedded.lock import StoreLock
from funchost.storage.embedded.notices import Watchers
from funchost.storage.embedded.reader import Reader
from funchost.storage.embedded.schema import prepare
from funchost.storage.embedded.writer import Writer
from funchost.storage.embedded.writer_job import Job, Outcome, settle

T = TypeVar("T")
A = TypeVar("A")

TIMEOUT = 5.0
"""Seconds after which a caller is told that the store is busy."""

READERS = 2


class Engine:
    """One open store folder. Belongs to the event loop that opened it; `open` makes it.

    Args:
        clock: seconds since 1970.
    """

    def __init__(
        self,
        folder: StoreFolder,
        lock: StoreLock,
        connections: Sequence[sqlite3.Connection],
        clock: Callable[[], float],
        timeout: float,
    ) -> None:
        self.folder = folder.path
        self._lock = lock
        self._connections = connections
        self._clock = clock
        self._timeout = timeout
        self._database = folder.database
        self._loop = asyncio.get_running_loop()
        self._watchers = Watchers()
        self._outstanding: deque[Job] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._questions: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._writer = Writer(connections[0], lock, folder.database, self._committed, lambda: 1.0)
        self._readers = [
            Reader(connection, self._questions, folder.database, self._answered) for connection in connections[1:]
        ]
        self._writer.start()
        for reader in self._readers:
            reader.start()

    @classmethod
    async def open(cls, folder: Path, *, clock: Callable[[], float] = time.time, timeout: float = TIMEOUT) -> Engine:
        """Open the store in `folder`, which is made if it is missing.

        Raises:
            FuncHostError: there cannot be a store, or the one that is there cannot be read.
            StorageUnavailableError: another process holds the store's lock for too long.
        """
        place, lock, connections = await asyncio.to_thread(_open, folder, timeout)
        return cls(place, lock, connections, clock, timeout)

    def now(self) -> int:
        """Return the store's time in microseconds since 1970."""
        return int(self._clock() * 1_000_000)

    def write(
        self, operation: Callable[[sqlite3.Connection], T], *, durable: bool = True, topics: Sequence[str] = ()
    ) -> asyncio.Future[T]:
        """Run `operation` in the writer thread; the future is resolved after it is committed.

        What the operation raises undoes what it did, and nothing else. It must touch nothing but the connection, leave
        no cursor open, and take few milliseconds: all writers of the machine wait for it.

        Args:
            durable: survive a loss of power (costs a write to the disk); else the loss may undo it.
            topics: told to watchers, of other processes too, after the commit.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._hand_over(Job(operation, future, durable, topics, self._loop.time()))
        return future

    def write_merged(
        self,
        operation: Callable[[sqlite3.Connection, list[A]], Sequence[T | FuncHostError]],
        argument: A,
        *,
        durable: bool = True,
        topics: Sequence[str] = (),
    ) -> asyncio.Future[T]:
        """As `write`, for many small operations of one kind: those that wait next to each other run as one call.

        Args:
            operation: gets the arguments of several calls and returns as many results; a FuncHostError among them is
                raised to its caller. Calls are merged that pass the same object.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._hand_over(Job(operation, future, durable, topics, self._loop.time(), True, argument))
        return future

    def read(self, operation: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Run `operation` in a reader thread, on one state of what is committed; it leaves no cursor open."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._closed:
            future.set_exception(self._closed_error())
        else:
            self._questions.put(Job(operation, future, False, (), 0))
        return future

    def announce(self, topic: str) -> None:
        """Add a topic that depends on what the running operation found; to be called by that operation only."""
        self._writer.announce(topic)

    def watch(self, topic: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called in the loop after a commit that announces `topic`; returns what ends that."""
        return self._watchers.watch(topic, wake)

    async def close(self) -> None:
        """Finish what was handed over and close the files; idempotent."""
        if self._closed:
            return
        self._closed = True
        for _ in self._readers:
            self._questions.put(None)
        self._writer.stop()
        await asyncio.to_thread(self._close)
        if self._timer is not None:
            self._timer.cancel()

    def _close(self) -> None:
        ended = [reader.join(self._timeout) for reader in self._readers]
        if self._writer.join(self._timeout) and all(ended) and self._lock.acquire_within(self._timeout):
            for connection in self._connections:
                connection.close()
            self._lock.release()
            self._lock.close()

    def _hand_over(self, job: Job) -> None:
        if self._closed:
            job.future.set_exception(self._closed_error())
            return
        self._outstanding.append(job)
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout / 20, self._expire)
        self._writer.put(job)

    def _expire(self) -> None:
        """Fail what has waited too long. A job that has begun meanwhile may still happen, as with any store."""
        outstanding = self._outstanding
        latest = self._loop.time() - self._timeout
        while outstanding and (outstanding[0].future.done() or outstanding[0].asked <= latest):
            future = outstanding.popleft().future
            if not future.done():
                future.set_exception(self._timeout_error())
        self._timer = self._loop.call_later(self._timeout / 20, self._expire) if outstanding else None

    def _committed(self, outcomes: list[Outcome], topics: list[str]) -> None:
        self._call(self._deliver, outcomes, topics)

    def _answered(self, outcome: Outcome) -> None:
        self._call(settle, (outcome,))

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    def _deliver(self, outcomes: list[Outcome], topics: list[str]) -> None:
        settle(outcomes)
        outstanding = self._outstanding
        while outstanding and outstanding[0].future.done():
            outstanding.popleft()
        if topics:
            self._watchers.wake(topics)

    def _closed_error(self) -> StorageError:
        return StorageUnavailableError("ServerBusy", f"{self._database}: the store is closed", 503)

    def _timeout_error(self) -> StorageError:
        return _locked_error(self._database, self._lock, self._timeout)


def _open(path: Path, timeout: float) -> tuple[StoreFolder, StoreLock, list[sqlite3.Connection]]:
    folder = open_folder(path)
    lock = StoreLock(folder.lock, folder.turn)
    if not lock.acquire_within(timeout):
        error = _locked_error(folder.database, lock, timeout)
        lock.close()
        raise error
    connections: list[sqlite3.Connection] = []
    try:
        connections.append(_connect(folder.database))
        _set_up(connections[0], folder.database)
        connections += [_connect(folder.database) for _ in range(READERS)]
    except (sqlite3.Error, FuncHostError) as error:
        for connection in connections:
            connection.close()
        lock.release()
        lock.close()
        if isinstance(error, sqlite3.Error):
            raise storage_error(error, folder.database) from error
        raise
    lock.release()
    return folder, lock, connections


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        database, timeout=TIMEOUT, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute("PRAGMA journal_size_limit = 8388608")
    return connection


def _set_up(connection: sqlite3.Connection, database: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        prepare(connection, database)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise FuncHostError(
            f"{database}: the file system has no shared memory, a store cannot be kept there",
            hint="Set FUNCHOST_STORAGE_DIR to a folder on a local disk.",
        )


def _locked_error(database: Path, lock: StoreLock, timeout: float) -> StorageUnavailableError:
    holder = lock.holder()
    who = "another process" if holder is None else f"process {holder}"
    return StorageUnavailableError(
        "ServerBusy",
        f"{database}: {who} has kept the store locked for {timeout:g} seconds",
        503,
        hint="End that process if it hangs.",
    )
