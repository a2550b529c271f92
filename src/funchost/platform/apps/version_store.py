"""VersionStore: the packages, versions and logs of deployments on disk. Everything here blocks."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from funchost.app.durable_file import sync_folder
from funchost.deploy.build.tree_removal import remove_tree
from funchost.platform.apps.retention import References
from funchost.platform.data_directory import DataDirectory

_CHUNK = 1024 * 1024


class VersionStore:
    """What deployments leave in a data directory.

    Args:
        data: see DataDirectory.
    """

    def __init__(self, data: DataDirectory) -> None:
        self._data = data

    def seal_package(self, upload: Path) -> str:
        """Have a package on disk and return its digest.

        Raises:
            OSError: it cannot be read or written.
        """
        digest = hashlib.sha256()
        with upload.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            os.fsync(file.fileno())
        upload.chmod(0o600)
        return digest.hexdigest()

    def keep_package(self, upload: Path, digest: str) -> None:
        """Move a package to its place.

        Raises:
            OSError: it cannot be moved; the upload stays where it is.
        """
        target = self._data.package(digest)
        upload.replace(target)
        sync_folder(target.parent)

    def sweep(self, references: References) -> list[Path]:
        """Take everything that nothing refers to out of its folder at once; the caller removes what is returned."""
        found = [path for path in self._data.versions.iterdir() if path.name not in references.versions]
        found += [path for path in self._data.packages.iterdir() if path.stem not in references.packages]
        found += [path for path in self._data.deployments.iterdir() if path.stem not in references.logs]
        return [set_aside(path, self._data.scratch) for path in found]

    def empty_scratch(self) -> None:
        """Remove what a server that ended has left of uploads and builds."""
        for path in self._data.scratch.iterdir():
            remove(path)


def set_aside(path: Path, scratch: Path) -> Path:
    """Move a file or folder to a new name in `scratch`, in one step, and return it."""
    target = scratch / f"removed-{secrets.token_hex(8)}"
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)  # moving a folder writes into it
    path.replace(target)
    return target


def remove(path: Path) -> None:
    """Remove a file or a folder with its content, also one that may only be read."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    remove_tree(path)
