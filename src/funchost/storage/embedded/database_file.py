"""DatabaseFile: notices that the files of an open store have been removed or replaced."""

from __future__ import annotations

import os
from pathlib import Path

from funchost.errors import StorageUnavailableError


class DatabaseFile:
    """The database as it is now, when it has just been opened.

    SQLite goes on with a file that has lost its name. What it writes there is lost when the last process closes it, and
    other processes see a store of their own, so nothing may be done with it any more.

    Args:
        path: of the database.

    Raises:
        OSError: it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = os.fspath(path)
        self._identity = _identity(self._text)

    def check(self) -> None:
        """Return if the file is still there.

        Raises:
            StorageUnavailableError: it is not, or another one is in its place.
        """
        found: tuple[int, int] | None
        try:
            found = _identity(self._text)
        except (FileNotFoundError, NotADirectoryError):
            found = None
        if found != self._identity:
            raise StorageUnavailableError(
                "InternalError",
                f"{self.path}: the store was removed or replaced while it was in use",
                500,
                hint="Stop what uses it and start it again: it uses the store that is there then, or a new one.",
            )


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
