"""BlobFiles: the files beside the database that hold large blobs. Everything here blocks: call it in a thread.

A file is written under a temporary name, flushed to disk, renamed, and its folder flushed, all before the row that
names it is committed. Its writer holds a lock on it until then. So a file that no row names and nobody has locked is
left from a process that ended in between, and the sweep (upkeep) takes it away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
import uuid
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from funchost.app.durable_file import sync_folder
from funchost.errors import StorageError, StorageUnavailableError

PARTIAL = ".partial"
FULL_DISK = "InsufficientStorage"
"""Error code of writes that fail for want of space."""

KEEP_SECONDS = 600.0
"""How long a file that no row names is left to readers that have its blob's parts still to open."""


class FileWriter:
    """A file that is being written; ends with `finish` and `close`, or with `discard`.

    An upload that is given up is discarded in one thread while another may still write.
    """

    __slots__ = ("_descriptor", "_folder", "_lock", "name", "size")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = uuid.uuid4().hex
        self.size = 0
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._descriptor = _create(folder, self.name + PARTIAL, flags)
        except OSError as error:
            raise write_failed(error) from error

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append bytes.

        Raises:
            StorageError: 507, the disk is full.
            StorageUnavailableError: the disk fails.
        """
        try:
            with self._lock:
                for piece in pieces:
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(self._descriptor, view) :]
                    self.size += len(piece)
        except OSError as error:
            raise write_failed(error) from error

    def finish(self) -> None:
        """Make the file last under its name."""
        path = self._folder / self.name
        try:
            with self._lock:
                os.fsync(self._descriptor)
                os.rename(path.with_name(self.name + PARTIAL), path)
                sync_folder(self._folder)
        except OSError as error:
            raise write_failed(error) from error

    def close(self) -> None:
        """Let go of the file: its row is committed, or a sweep may decide."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def __del__(self) -> None:
        descriptor = getattr(self, "_descriptor", -1)
        if descriptor >= 0:
            os.close(descriptor)  # its upload was given up while the file was made; the sweep takes it away

    def discard(self) -> None:
        """Remove the file; no row names it."""
        with self._lock:
            for name in (self.name + PARTIAL, self.name):
                (self._folder / name).unlink(missing_ok=True)
        self.close()


class OpenFile:
    """A file open for reading; it can be read after its name is gone. Closes with its last reference."""

    __slots__ = ("_descriptor",)

    def __init__(self, path: Path) -> None:
        self._descriptor = -1
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end of the file."""
        return os.pread(self._descriptor, size, offset)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


class BlobFiles:
    """The folder of one store's large blobs.

    Args:
        folder: of the store; the files go into ``blobs`` below it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "blobs"
        self.folder.mkdir(parents=True, exist_ok=True)

    def create(self) -> FileWriter:
        """Begin a new file."""
        return FileWriter(self.folder)

    def open(self, name: str) -> OpenFile:
        """Open a file for reading; raises FileNotFoundError when its blob is gone."""
        return OpenFile(self.folder / name)

    def remove(self, names: Collection[str]) -> None:
        """Remove files whose rows are gone; one that cannot be removed now is left to the sweep."""
        for name in names:
            try:
                (self.folder / name).unlink(missing_ok=True)
            except OSError:
                continue

    def retire(self, names: Collection[str]) -> None:
        """Leave files whose rows are gone to the sweep, KEEP_SECONDS from now."""
        for name in names:
            try:
                os.utime(self.folder / name)
            except OSError:
                continue

    def candidates(self, now: float | None = None) -> list[str]:
        """Return names of files that may be orphans: partial ones, and those not touched for KEEP_SECONDS."""
        before = (time.time() if now is None else now) - KEEP_SECONDS
        found = []
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    old = entry.stat().st_mtime < before
                except FileNotFoundError:
                    continue
                if old or entry.name.endswith(PARTIAL):
                    found.append(entry.name)
        return found

    def claim(self, names: Iterable[str]) -> dict[str, int]:
        """Lock those files that no living writer has locked; returns their descriptors, for `settle`."""
        claimed = {}
        for name in names:
            try:
                descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                claimed[name] = descriptor
        return claimed

    def settle(self, claimed: Mapping[str, int], named: Collection[str]) -> int:
        """Remove claimed files but those that a row names, and let go of all; returns how many were removed."""
        orphans = [name for name in claimed if name not in named]
        self.remove(orphans)
        for descriptor in claimed.values():
            os.close(descriptor)
        return len(orphans)


def write_failed(error: OSError) -> StorageError:
    """Return what a write that failed means to its caller."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(FULL_DISK, "The disk that holds the store is full; nothing was written.", 507)
    return StorageUnavailableError("InternalError", f"The store cannot write its files: {error.strerror or error}", 500)


def _create(folder: Path, name: str, flags: int) -> int:
    descriptor = os.open(folder / name, flags | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # a sweep looked at it in the moment before the lock: it may have been removed
        os.close(descriptor)
        (folder / name).unlink(missing_ok=True)
        return _create(folder, name, flags)
    return descriptor
