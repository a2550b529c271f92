"""AppArchive: the app's files as one zip, for GET /admin/functions/download."""

from __future__ import annotations

import asyncio
import os
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

_CHUNK = 256 * 1024
_LEFT_OUT_FOLDERS = frozenset(
    {".funchost", ".git", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules"}
)
_LEFT_OUT_FILES = frozenset({"local.settings.json"})


class AppArchive:
    """A zip in a temporary file, read once; a Body.

    Args:
        file: the finished zip.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size: int | None = file.seek(0, os.SEEK_END)
        file.seek(0)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await asyncio.to_thread(self._file.read, _CHUNK)
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Let go of the file, read or not."""
        self._file.close()


def build_archive(root: Path, secrets: Path) -> AppArchive:
    """Return the files under `root`; blocks while it packs.

    Left out: local settings, keys, virtual environments, caches, and links that lead out of the app.

    Args:
        secrets: folder of the key files, wherever it is.
    """
    file = tempfile.TemporaryFile()
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for path in _files(root.resolve(), secrets.resolve()):
                _add(archive, path, path.relative_to(root.resolve()).as_posix())
    except BaseException:
        file.close()
        raise
    return AppArchive(file)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    try:
        archive.write(path, name)
    except FileNotFoundError:
        return  # removed meanwhile


def _files(root: Path, secrets: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(root):
        here = Path(place)
        folders[:] = sorted(name for name in folders if _belongs(here / name, secrets))
        for name in sorted(files):
            path = here / name
            if name in _LEFT_OUT_FILES or name.endswith(".pyc") or not path.is_file():
                continue
            if path.is_symlink() and not _may_be_linked(path.resolve(), root, secrets):
                continue
            yield path


def _belongs(folder: Path, secrets: Path) -> bool:
    if folder.name in _LEFT_OUT_FOLDERS or folder == secrets:
        return False
    return not (folder / "pyvenv.cfg").exists()


def _may_be_linked(target: Path, root: Path, secrets: Path) -> bool:
    hidden = any(part in _LEFT_OUT_FOLDERS for part in target.parts[len(root.parts) :])
    inside = target.is_relative_to(root) and not target.is_relative_to(secrets)
    return inside and not hidden and target.name not in _LEFT_OUT_FILES
