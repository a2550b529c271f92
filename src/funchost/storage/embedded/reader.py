"""Reader: a thread that answers questions to the store from what is committed."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable

from funchost.storage.embedded.database_file import DatabaseFile
from funchost.storage.embedded.engine_errors import storage_error
from funchost.storage.embedded.writer_job import Job, Outcome


class Reader:
    """Takes jobs from an inbox that it may share with other readers.

    Each operation sees one state of the store. No transaction stays open between two, since one would keep the log
    from being written back.

    Args:
        connection: in autocommit mode; this thread's own from `start` on.
        file: the database's.
        answered: called in this thread with each outcome.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        inbox: queue.SimpleQueue[Job | None],
        file: DatabaseFile,
        answered: Callable[[Outcome], None],
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._file = file
        self._answered = answered
        self._thread = threading.Thread(target=self._run, name="store-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; return whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._inbox.get()) is not None:
            if not job.future.done():
                self._answered(self._answer(job))
            del job

    def _answer(self, job: Job) -> Outcome:
        try:
            self._file.check()
            self._connection.execute("BEGIN")
            try:
                return Outcome(job.future, job.operation(self._connection), None)
            finally:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            return Outcome(job.future, None, storage_error(error, self._file.path))
        except Exception as error:  # the caller's future carries it
            return Outcome(job.future, None, error)
