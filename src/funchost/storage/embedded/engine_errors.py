"""What SQLite's errors mean for whoever uses the store."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from funchost.errors import StorageError, StorageUnavailableError

FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
"""System errors of a disk, or of a user's share of it, that is full."""

UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM})
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def no_space_error(path: Path) -> StorageUnavailableError:
    """Return the error of a store, or of a file of it, for which the disk has no room."""
    return StorageUnavailableError(
        "InsufficientStorage",
        f"{path}: no space is left on the disk",
        507,
        hint="Free some space; the store goes on by itself.",
    )


def storage_error(error: sqlite3.Error, path: Path) -> StorageError:
    """Return the error of the store that stands for SQLite's `error`, met in the database at `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    if code in FULL:
        return no_space_error(path)
    if code is not None and code & 0xFF in DAMAGED:
        return StorageError(
            "StoreDamaged",
            f"{path}: the store's database is damaged: {error}",
            500,
            hint="Stop the hosts and move the folder away, or bring back a copy of it.",
        )
    if code is not None and code & 0xFF in UNWRITABLE:
        return StorageUnavailableError(
            "InternalError",
            f"{path}: the store's files cannot be opened or written: {error}",
            500,
            hint="Make the folder and its files writable, or set FUNCHOST_STORAGE_DIR to another folder.",
        )
    if code is not None and code & 0xFF in BUSY:
        return StorageUnavailableError(
            "ServerBusy", f"{path}: another program keeps the database locked", 503, hint="Close that program."
        )
    return StorageUnavailableError("InternalError", f"{path}: {error}", 500)
