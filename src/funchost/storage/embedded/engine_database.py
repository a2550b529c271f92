"""OpenStore: the files of a store, opened and checked. Everything here blocks: call it in a thread."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from funchost.errors import FuncHostError, StorageUnavailableError
from funchost.storage.embedded.database_file import DatabaseFile
from funchost.storage.embedded.engine_errors import NO_SPACE, no_space_error, storage_error
from funchost.storage.embedded.folder import StoreFolder, open_folder
from funchost.storage.embedded.lock import StoreLock
from funchost.storage.embedded.notices_hosts import HostRegistry
from funchost.storage.embedded.schema import prepare, set_clock

READERS = 2
BUSY_SECONDS = 5.0
"""How long SQLite waits for another program, or for a host that reads the log anew after a crash."""

LOG_LIMIT = 8 * 1024 * 1024
"""Bytes that the log keeps on disk once it is written back."""

CHECKED_BYTES = 16 * 1024 * 1024
"""A database up to this size is checked as a whole when it is opened; in a larger one damage shows when it is met."""


@dataclass(frozen=True)
class OpenStore:
    """What is open of one store.

    Args:
        file: the database's.
        id: of the store, the same for all hosts.
        writing: the connection that changes the store.
        reading: connections that do not.
    """

    folder: StoreFolder
    file: DatabaseFile
    id: str
    lock: StoreLock
    hosts: HostRegistry
    writing: sqlite3.Connection
    reading: tuple[sqlite3.Connection, ...]

    def close(self, timeout: float) -> None:
        """Close all files; the last host to do so writes the log back.

        When the lock does not come free in `timeout` seconds, the files stay open until the process ends.
        """
        if self.lock.acquire_within(timeout):
            for connection in (*self.reading, self.writing):
                connection.close()
            self.lock.release()
            self.lock.close()
        self.hosts.close()


def open_store(path: Path, port: int, clock: Callable[[], int], timeout: float) -> OpenStore:
    """Open the store in a folder, which is made if it is missing.

    Args:
        port: where this host hears notices.
        clock: microseconds since 1970.
        timeout: seconds to wait for the lock.

    Raises:
        FuncHostError: there cannot be a store, or the one that is there cannot be read; it is left as it is.
        StorageUnavailableError: another process holds the store's lock for too long, or the disk is full.
    """
    folder = open_folder(path)
    try:
        lock = StoreLock(folder.lock_stages)
    except OSError as error:
        raise _unusable(folder, error) from error
    if not lock.acquire_within(timeout):
        refusal = locked_error(folder.database, lock, timeout)
        lock.close()
        raise refusal
    with ExitStack() as opened:
        opened.callback(lock.close)
        opened.callback(lock.release)
        try:
            store = _open_locked(folder, lock, port, clock(), opened)
        except OSError as error:
            raise _unusable(folder, error) from error
        except sqlite3.Error as error:
            raise storage_error(error, folder.database) from error
        opened.pop_all()
    lock.release()
    return store


def _open_locked(folder: StoreFolder, lock: StoreLock, port: int, now: int, opened: ExitStack) -> OpenStore:
    hosts = HostRegistry(folder.hosts, port)
    opened.callback(hosts.close)
    writing = _connect(folder.database)
    opened.callback(writing.close)
    _check(writing, folder.database)
    identity = _set_up(writing, folder.database, hosts, now)
    reading = []
    for _ in range(READERS):
        reading.append(_connect(folder.database))
        opened.callback(reading[-1].close)
    return OpenStore(folder, DatabaseFile(folder.database), identity, lock, hosts, writing, tuple(reading))


def _unusable(folder: StoreFolder, error: OSError) -> FuncHostError:
    if error.errno in NO_SPACE:
        return no_space_error(folder.path)
    return FuncHostError(
        f"{folder.path}: a store cannot be opened here: {error.strerror or error}",
        hint="Make room and permission in the folder, or set FUNCHOST_STORAGE_DIR to another one.",
    )


def locked_error(database: Path, lock: StoreLock, timeout: float) -> StorageUnavailableError:
    """Return the error of a caller that has waited too long for the lock."""
    holder = lock.holder()
    if holder == os.getpid():
        found = f"nothing could be written for {timeout:g} seconds"
        hint = "The disk is too slow, or another program keeps the database locked."
    else:
        who = "another process" if holder is None else f"process {holder}"
        found = f"{who} has kept the store locked for {timeout:g} seconds"
        hint = "End that process if it hangs."
    return StorageUnavailableError("ServerBusy", f"{database}: {found}", 503, hint=hint)


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        database, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
        # some builds of SQLite overwrite with zeros, through the log, whatever is deleted
        connection.execute("PRAGMA secure_delete = OFF").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, database: Path) -> None:
    if database.stat().st_size > CHECKED_BYTES:
        return
    findings = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    if findings != ["ok"]:
        found = "; ".join(" ".join(finding.split()) for finding in findings)
        raise storage_error(_damage(found), database)


def _damage(found: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(found)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def _set_up(connection: sqlite3.Connection, database: Path, hosts: HostRegistry, now: int) -> str:
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    try:
        prepare(connection, database)
        set_clock(connection, now)
        hosts.register(connection)
        (identity,) = connection.execute("SELECT value FROM store WHERE key = 'id'").fetchone()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    if mode != "wal":
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise FuncHostError(
            f"{database}: the file system has no shared memory, a store cannot be kept there",
            hint="Set FUNCHOST_STORAGE_DIR to a folder on a local disk.",
        )
    return str(identity)
