"""Writer: the thread that changes the store, several operations per transaction."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable

from funchost.errors import FuncHostError, StorageUnavailableError
from funchost.storage.embedded.database_file import DatabaseFile
from funchost.storage.embedded.engine_database import BUSY_SECONDS
from funchost.storage.embedded.engine_errors import storage_error
from funchost.storage.embedded.lock import StoreLock
from funchost.storage.embedded.writer_job import Job, Outcome

GROUP_JOBS = 256
"""Most operations of one transaction."""

MERGED_JOBS = 64
"""Most jobs of one call of a merged operation."""

GROUP_SECONDS = 0.01
"""No operation begins in a transaction that has lasted longer; other processes wait for it."""

STAMP_EVERY = 1.0

LOG_EVERY = 1.0
LOG_BOUND = 32 * 1024 * 1024
"""Bytes of log above which the writer waits LOG_WAIT_MS milliseconds for readers, so that the log can begin anew."""

LOG_WAIT_MS = 30


class Writer:
    """Takes jobs from any thread and runs them in groups.

    A group is one transaction; every operation in it has a savepoint, so that one that fails leaves the others alone.
    The store's lock is held from before BEGIN until after COMMIT, which may write back the log (a checkpoint).

    Args:
        connection: in autocommit mode; this thread's own from `start` on.
        file: the database's.
        committed: called in this thread after each group with its outcomes and the topics of those that succeeded,
            after the lock was released.
        tick: called in this thread between groups; returns after how many seconds it wants to be called again.
        stamp: called inside a transaction about once a second.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: StoreLock,
        file: DatabaseFile,
        committed: Callable[[list[Outcome], list[str]], None],
        tick: Callable[[], float],
        stamp: Callable[[sqlite3.Connection], None],
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._file = file
        self._path = path = file.path
        self._committed = committed
        self._tick = tick
        self._stamp = stamp
        self._stamp_at = 0.0
        self._log = path.with_name(path.name + "-wal")
        self._log_at = time.monotonic() + LOG_EVERY
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._waiting: deque[Job] = deque()
        self._announced: list[str] = []
        self._synchronous = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, job: Job) -> None:
        self._inbox.put(job)

    def stop(self) -> None:
        """Have the thread end after the jobs that were put before."""
        self._inbox.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; return whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def announce(self, topic: str) -> None:
        """Add a topic to those of the operation that is running; to be called by it."""
        self._announced.append(topic)

    def _run(self) -> None:
        while True:
            timeout = self._tick()
            if not self._waiting:
                if self._stopping:
                    return
                self._wait(timeout)
            if self._waiting:
                self._run_group()

    def _wait(self, timeout: float) -> None:
        try:
            self._receive(self._inbox.get(timeout=timeout))
        except queue.Empty:
            return

    def _receive(self, job: Job | None) -> None:
        if job is None:
            self._stopping = True
        else:
            self._waiting.append(job)

    def _run_group(self) -> None:
        try:
            self._file.check()
            self._lock.acquire()
        except StorageUnavailableError as gone:
            self._refuse(gone)
            return
        except OSError as error:
            reason = f"{self._path}: the store cannot be locked: {error.strerror or error}"
            self._refuse(StorageUnavailableError("InternalError", reason, 500))
            return
        topics: list[str] = []
        try:
            for _ in range(min(self._inbox.qsize(), GROUP_JOBS)):
                self._receive(self._inbox.get_nowait())
            jobs = self._take()
            outcomes = self._transact(jobs, topics) if jobs else []
            self._shorten_log()
        finally:
            self._lock.release()
        self._committed(outcomes, topics)

    def _refuse(self, reason: StorageUnavailableError) -> None:
        self._committed([Outcome(job.future, None, reason) for job in self._waiting], [])
        self._waiting.clear()

    def _take(self) -> list[Job]:
        jobs: list[Job] = []
        while self._waiting and len(jobs) < GROUP_JOBS:
            job = self._waiting.popleft()
            if not job.future.done():  # its caller has given up
                jobs.append(job)
        return jobs

    def _transact(self, jobs: list[Job], topics: list[str]) -> list[Outcome]:
        execute = self._connection.execute
        outcomes: list[Outcome] = []
        done = len(jobs)
        try:
            synchronous = "FULL" if any(job.durable for job in jobs) else "NORMAL"
            if synchronous != self._synchronous:
                execute(f"PRAGMA synchronous = {synchronous}")
                self._synchronous = synchronous
            execute("BEGIN IMMEDIATE")
            self._note_time()
            done = self._perform(jobs, outcomes, topics)
            execute("COMMIT")
        except Exception as error:  # the callers' futures carry it; the store must not stay locked for other processes
            self._roll_back()
            topics.clear()
            self._announced.clear()
            reason = self._reason(error)
            return [Outcome(job.future, None, reason) for job in jobs[:done]]
        finally:
            self._waiting.extendleft(reversed(jobs[done:]))
        return outcomes

    def _note_time(self) -> None:
        now = time.monotonic()
        if now >= self._stamp_at:
            self._stamp_at = now + STAMP_EVERY
            self._stamp(self._connection)

    def _perform(self, jobs: list[Job], outcomes: list[Outcome], topics: list[str]) -> int:
        end = time.monotonic() + GROUP_SECONDS
        position = 0
        while position < len(jobs):
            operation = jobs[position].operation
            upto = position + 1
            if jobs[position].merged:
                limit = min(len(jobs), position + MERGED_JOBS)
                while upto < limit and jobs[upto].operation is operation:
                    upto += 1
            self._run_jobs(jobs[position:upto], outcomes, topics, alone=upto - position == len(jobs))
            position = upto
            if time.monotonic() >= end:
                break
        return position

    def _run_jobs(self, jobs: list[Job], outcomes: list[Outcome], topics: list[str], *, alone: bool) -> None:
        """Run one job, or several that are merged.

        Args:
            alone: nothing else is in the transaction, which then is as good as a savepoint.
        """
        first = jobs[0]
        if not alone:
            self._connection.execute("SAVEPOINT job")
        try:
            if first.merged:
                results = first.operation(self._connection, [job.argument for job in jobs])
            else:
                results = (first.operation(self._connection),)
        except Exception as error:
            self._undo(error, alone)
            self._announced.clear()
            if len(jobs) == 1:
                outcomes.append(Outcome(first.future, None, self._reason(error)))
            for job in jobs if len(jobs) > 1 else ():  # one of them is to blame, the others are not
                self._run_jobs([job], outcomes, topics, alone=False)
            return
        if not alone:
            self._connection.execute("RELEASE job")
        for job, result in zip(jobs, results, strict=True):
            if first.merged and isinstance(result, FuncHostError):
                outcomes.append(Outcome(job.future, None, result))
            else:
                outcomes.append(Outcome(job.future, result, None))
                topics += job.topics
        topics += self._announced
        self._announced.clear()

    def _undo(self, error: Exception, alone: bool) -> None:
        """Take back what one operation did; some faults (no space, no memory) take back the whole transaction."""
        execute = self._connection.execute
        if not self._connection.in_transaction:
            raise error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError(str(error)) from error
        if alone:
            execute("ROLLBACK")
            execute("BEGIN IMMEDIATE")
        else:
            execute("ROLLBACK TO job")
            execute("RELEASE job")

    def _reason(self, error: Exception) -> Exception:
        return storage_error(error, self._path) if isinstance(error, sqlite3.Error) else error

    def _shorten_log(self) -> None:
        """Write the log back for good if it has grown, which it does while reading never pauses."""
        now = time.monotonic()
        if now < self._log_at:
            return
        self._log_at = now + LOG_EVERY
        try:
            if self._log.stat().st_size > LOG_BOUND:
                self._connection.execute(f"PRAGMA busy_timeout = {LOG_WAIT_MS}")
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                self._connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        except (FileNotFoundError, sqlite3.Error):
            return  # whatever keeps it from being written back, the next write will meet and report

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
