"""ServerLock: one server at a time uses a data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from funchost.errors import FuncHostError


class ServerLock:
    """A lock that goes away with the process that holds it, however that ends.

    Args:
        path: file that is locked; it holds the process id of the server.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            FuncHostError: another server has it, or the file cannot be written.
        """
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FuncHostError(
                f"{self._path}: the data directory cannot be used: {error.strerror}",
                hint="Make the folder writable for the user that the server runs as, or choose another with --data.",
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise FuncHostError(
                f"{self._path.parent}: another server uses this data directory"
                f"{f', process {holder}' if holder.isdigit() else ''}.",
                hint="Stop it first, or choose another folder with --data.",
            ) from None
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
