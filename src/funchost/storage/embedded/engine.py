"""Engine: one open store folder; its writer, its readers and its watchers."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from funchost.errors import FuncHostError, StorageError, StorageUnavailableError
from funchost.storage.embedded.engine_database import OpenStore, locked_error, open_store
from funchost.storage.embedded.notices import Watchers
from funchost.storage.embedded.notices_channel import EVERYTHING, NoticeChannel
from funchost.storage.embedded.notices_sender import NoticeSender
from funchost.storage.embedded.reader import Reader
from funchost.storage.embedded.schema import set_clock
from funchost.storage.embedded.writer import Writer
from funchost.storage.embedded.writer_job import Job, Outcome, settle

T = TypeVar("T")
A = TypeVar("A")

TIMEOUT = 5.0
"""Seconds after which a caller is told that the store is busy."""

PATIENCE = 20
"""Parts of that time between looks for callers who have waited too long."""

SWITCH_INTERVAL = 0.0005
"""Seconds after which a busy thread of this process must let the writer go on, for whose lock other processes wait."""


class Engine:
    """One open store folder. Belongs to the event loop that opened it; `open` makes it.

    Args:
        clock: seconds since 1970.
        timeout: seconds after which a caller is told that the store is busy.
    """

    def __init__(self, store: OpenStore, channel: NoticeChannel, clock: Callable[[], float], timeout: float) -> None:
        self.folder = store.folder.path
        self._store = store
        self._channel = channel
        self._clock = clock
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._watchers = Watchers()
        self._outstanding: deque[Job] = deque()
        self._ticks = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._ended: asyncio.Task[None] | None = None
        self._questions: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._sender = NoticeSender(store.writing, channel, store.hosts, self._others_changed, self._others_died)
        file = store.file
        self._writer = Writer(store.writing, store.lock, file, self._committed, self._sender.tick, self._stamp)
        self._readers = [Reader(connection, self._questions, file, self._answered) for connection in store.reading]
        self._sender.greet()
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
        engine: Engine | None = None

        def received(port: int, topics: list[str]) -> None:
            if engine is not None:
                engine._received(port, topics)

        channel = NoticeChannel(asyncio.get_running_loop(), received)
        try:
            store = await asyncio.to_thread(open_store, folder, channel.port, lambda: int(clock() * 1_000_000), timeout)
        except BaseException:
            channel.close()
            raise
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL))
        channel.start(store.id)
        engine = cls(store, channel, clock, timeout)
        return engine

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
        self._hand_over(Job(operation, future, durable, topics, self._ticks))
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
        self._hand_over(Job(operation, future, durable, topics, self._ticks, True, argument))
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
        """Have `wake` called in the loop after a commit that announces `topic`; returns what ends that.

        Calls may be too many; one comes within about a second even if the notice of another process gets lost.
        """
        return self._watchers.watch(topic, wake)

    async def close(self) -> None:
        """Finish what was handed over and close the files; idempotent."""
        if self._ended is None:
            self._ended = asyncio.create_task(self._end())
        await asyncio.shield(self._ended)

    async def _end(self) -> None:
        leaving = self.write(self._store.hosts.leave, durable=False)
        self._closed = True
        for _ in self._readers:
            self._questions.put(None)
        self._writer.stop()
        await asyncio.wait([leaving])
        if leaving.exception() is not None:
            self._fail_outstanding(self._closed_error())
        await asyncio.to_thread(self._close_files)
        self._channel.close()
        if self._timer is not None:
            self._timer.cancel()

    def _close_files(self) -> None:
        """Close what no thread uses any more; a thread that still waits for the lock keeps its files."""
        ended = [part.join(1.0) for part in self._readers]
        if self._writer.join(1.0) and all(ended):
            self._store.close(self._timeout)

    def _hand_over(self, job: Job) -> None:
        if self._closed:
            job.future.set_exception(self._closed_error())
            return
        self._outstanding.append(job)
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout / PATIENCE, self._expire)
        self._writer.put(job)

    def _expire(self) -> None:
        """Fail what has waited too long. A job that has begun meanwhile may still happen, as with any store.

        The wait is counted in calls of this, so that a process which stood still itself does not take that for a wait.
        """
        outstanding = self._outstanding
        self._ticks += 1
        latest = self._ticks - PATIENCE - 1
        while outstanding and (outstanding[0].future.done() or outstanding[0].asked <= latest):
            future = outstanding.popleft().future
            if not future.done():
                future.set_exception(self._timeout_error())
        self._timer = self._loop.call_later(self._timeout / PATIENCE, self._expire) if outstanding else None

    def _fail_outstanding(self, error: StorageError) -> None:
        for job in self._outstanding:
            if not job.future.done():
                job.future.set_exception(error)

    def _committed(self, outcomes: list[Outcome], topics: list[str]) -> None:
        self._call(self._deliver, outcomes, topics)
        if topics:
            self._sender.send(topics)

    def _answered(self, outcome: Outcome) -> None:
        self._call(settle, (outcome,))

    def _others_changed(self) -> None:
        self._call(self._watchers.wake_all)

    def _others_died(self) -> None:
        self._call(self._prune)

    def _prune(self) -> None:
        if not self._closed:
            self.write(self._store.hosts.prune, durable=False).add_done_callback(self._pruned)

    def _pruned(self, future: asyncio.Future[None]) -> None:
        self._sender.forget_peers()
        if not future.cancelled() and not isinstance(future.exception(), StorageError | None):
            future.result()  # a fault: the loop reports it; what cannot be removed just now is removed later

    def _stamp(self, connection: sqlite3.Connection) -> None:
        set_clock(connection, self.now())

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:  # the loop was closed without closing the store
            return

    def _deliver(self, outcomes: list[Outcome], topics: list[str]) -> None:
        settle(outcomes)
        outstanding = self._outstanding
        while outstanding and outstanding[0].future.done():
            outstanding.popleft()
        if topics:
            self._watchers.wake(topics)

    def _received(self, port: int, topics: list[str]) -> None:
        if not self._sender.knows(port):
            self._sender.forget_peers()
        if EVERYTHING in topics:
            self._watchers.wake_all()
        else:
            self._watchers.wake(topics)

    def _closed_error(self) -> StorageError:
        return StorageUnavailableError("ServerBusy", f"{self._store.folder.database}: the store is closed", 503)

    def _timeout_error(self) -> StorageError:
        return locked_error(self._store.folder.database, self._store.lock, self._timeout)
