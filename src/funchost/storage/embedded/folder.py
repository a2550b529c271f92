"""StoreFolder: where an embedded store lives, and whether it can live there."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from funchost.errors import FuncHostError
from funchost.storage.embedded.engine_errors import NO_SPACE, no_space_error

NETWORK_FILE_SYSTEMS = frozenset(
    "nfs nfs4 cifs smb smb3 smbfs afs afpfs ncpfs davfs fuse.sshfs fuse.davfs2 fuse.rclone fuse.s3fs glusterfs "
    "fuse.glusterfs lustre ceph fuse.ceph beegfs gpfs ocfs2 gfs2 9p".split()
)
"""File systems whose other machines do not see each other's shared memory, so that SQLite's log would be torn."""

MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True)
class StoreFolder:
    """The files of one store, below `path`."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "store.db"

    @property
    def lock_stages(self) -> tuple[Path, ...]:
        """What a StoreLock of this store is made of."""
        return tuple(self.path / name for name in ("store.turn2", "store.turn1", "store.lock"))

    @property
    def hosts(self) -> Path:
        """Holds one locked file for each living host."""
        return self.path / "hosts"


def open_folder(path: Path, mounts: Path = MOUNTS) -> StoreFolder:
    """Return the folder of a store; it is made if it is missing.

    Args:
        mounts: lists the machine's mounted file systems; nothing is refused for its kind where there is no such file.

    Raises:
        FuncHostError: the folder cannot be made or written, or its file system cannot hold a store.
        StorageUnavailableError: the disk is full.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        path = path.resolve()
        with tempfile.TemporaryFile(dir=path):
            pass
        (path / "hosts").mkdir(exist_ok=True)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise no_space_error(path) from error
        raise FuncHostError(
            f"{path}: a store cannot be kept here: {error.strerror or error}",
            hint="Make the folder writable, or set FUNCHOST_STORAGE_DIR to one that is.",
        ) from error
    kind = file_system(path, mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        raise FuncHostError(
            f"{path}: a store cannot be kept on a network file system ({kind}): hosts there share no memory",
            hint="Set FUNCHOST_STORAGE_DIR to a folder on a local disk.",
        )
    return StoreFolder(path)


def file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the type of the file system that holds `path`, e.g. ``ext4``; None where the system does not list it."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    found, kind = "", None
    for line in lines:
        _, point, name, *_ = line.split(" ")
        point = _unescaped(point)
        inside = point == "/" or str(path) == point or str(path).startswith(point + os.sep)
        if inside and len(point) >= len(found):
            found, kind = point, name
    return kind


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point
