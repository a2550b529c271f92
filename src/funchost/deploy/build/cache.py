"""The cache of downloads and wheels that builds share: held while one uses it, emptied when it has grown too large."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from pathlib import Path

from funchost.deploy.build.tree_size import size_on_disk
from funchost.deploy.build.version_folder import remove

INTERVAL = 600.0
"""Seconds between looks at its size: a large cache has many files."""


class HeldCache:
    """A cache that stays as it is until it is given free. Everything here waits for the disk.

    Args:
        folder: made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lock = folder.with_name(f"{folder.name}.lock")
        self._lock = os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            folder.mkdir(mode=0o700, exist_ok=True)
        except BaseException:
            self._lock.close()
            raise

    def release(self, limit: int, scratch: Path, interval: float = INTERVAL) -> bool:
        """Give the cache free; whoever is the last may empty it, and looks from time to time whether that must be.

        Args:
            limit: bytes on disk.
            scratch: a folder on the same file system, from which leftovers are removed if this process is killed.
            interval: seconds since the last look.

        Returns:
            Whether it was emptied.
        """
        try:
            return self._is_alone() and self._is_time(interval) and self._empty(limit, scratch)
        finally:
            self._lock.close()

    def _is_alone(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_time(self, interval: float) -> bool:
        """Return whether the last look was long ago; the time of the lock's file tells."""
        if time.time() - os.fstat(self._lock.fileno()).st_mtime < interval:
            return False
        os.utime(self._lock.fileno())
        return True

    def _empty(self, limit: int, scratch: Path) -> bool:
        if size_on_disk(self.folder) <= limit:
            return False
        aside = Path(tempfile.mkdtemp(prefix="cache-", dir=scratch))
        self.folder.rename(aside / self.folder.name)
        remove(aside)
        return True
