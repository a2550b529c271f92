"""Database: one SQLite connection on a thread of its own."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from funchost.errors import FuncHostError, RefusedError

T = TypeVar("T")

_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE})
_BUSY_SECONDS = 5.0


class Database:
    """Runs functions on a connection, one after the other, each in a transaction.

    Args:
        path: of the database; made with mode 600 if it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="registry")
        self._connection: sqlite3.Connection | None = None

    async def open(self, check: Callable[[sqlite3.Connection], None], prepare: Callable[[sqlite3.Connection], T]) -> T:
        """Connect, and have `prepare` run outside a transaction.

        Args:
            check: says by an error whether the file is ours; nothing was written before.

        Raises:
            FuncHostError: the file is no database, is damaged, or cannot be used; it is left as it is.
        """

        def connect() -> T:
            try:
                self._connection = _connect(self._path, check)
                return prepare(self._connection)
            except (sqlite3.Error, OSError) as error:
                raise _error(error, self._path) from error

        try:
            return await self._run(connect)
        except BaseException:
            await self.close()
            raise

    async def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction: what it wrote is on disk when this returns, or nothing is.

        Raises:
            RefusedError: the disk is full (507).
            FuncHostError: SQLite failed otherwise.
            Exception: what `work` raised.
        """

        connection = self._connection
        if connection is None:
            raise FuncHostError(f"{self._path}: the registry is closed.")

        def transaction() -> T:
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    result = work(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    # SQLite itself has rolled back after some errors, a full disk among them.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise _error(error, self._path) from error
            else:
                return result

        return await self._run(transaction)

    async def close(self) -> None:
        """Close the connection after what was asked before."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await self._run(connection.close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _connect(path: Path, check: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
    # SQLite gives its side files the mode of the database.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        check(connection)
        damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise _damaged(path, str(damage))  # noqa: TRY301 - the connection is closed first
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise FuncHostError(
            f"{path}: a registry cannot be kept on this file system: it has no shared memory.",
            hint="Choose a folder on a local disk with --data.",
        )
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")


def _damaged(path: Path, why: str) -> FuncHostError:
    return FuncHostError(
        f"{path}: the registry is damaged: {why}",
        hint="It was left as it is. Bring back the data directory from a backup, or start with an empty one.",
    )


def _error(error: sqlite3.Error | OSError, path: Path) -> FuncHostError:
    if isinstance(error, OSError):
        return FuncHostError(f"{path}: the registry cannot be opened: {error.strerror}")
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _FULL:
        return RefusedError(
            "InsufficientStorage",
            f"{path}: the disk is full, so nothing was changed.",
            507,
            hint="Free some space and try again.",
        )
    if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, str(error))
    return FuncHostError(f"{path}: {error}")
