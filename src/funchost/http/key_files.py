"""KeyRepository, and its implementation over a folder of files."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from funchost.app.durable_file import replace_durably

SNAPSHOT_LIMIT = 10
"""Unreadable documents kept per name; the existing host refuses to go on after as many."""


class SnapshotLimitError(Exception):
    """Too many copies of unreadable documents are kept already."""


class KeyRepository(Protocol):
    """Where key documents are kept. Several hosts may use one repository at the same time.

    Every method raises OSError if the repository cannot be reached, or not be written.
    """

    async def read(self, name: str) -> bytes | None:
        """Return a document, None if there is none."""
        ...

    async def update(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        """Replace a document by what `change` makes of it; nobody else's change gets between. Return the new one.

        `change` may be called more than once, and may return what it was given to change nothing.
        """
        ...

    async def keep_snapshot(self, name: str, document: bytes) -> str:
        """Keep a copy of a document that cannot be read, and return where.

        Raises:
            SnapshotLimitError: there are SNAPSHOT_LIMIT copies already; something keeps breaking the document.
        """
        ...


class KeyFiles:
    """`<folder>/<name>.json`, readable by the owner only.

    Args:
        folder: made when the first document is.
        suffix: of the files.
    """

    def __init__(self, folder: Path, suffix: str = ".json") -> None:
        self._folder = folder
        self._suffix = suffix

    async def read(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._read, name)

    async def update(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        return await asyncio.to_thread(self._update, name, change)

    async def keep_snapshot(self, name: str, document: bytes) -> str:
        return await asyncio.to_thread(self._keep_snapshot, name, document)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{self._suffix}"

    def _read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def _update(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        self._make_folder()
        with os.fdopen(os.open(self._folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._read(name)
            after = change(before)
            if after != before:
                replace_durably(self._path(name), after)
        return after

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            return
        # The folder is usually inside the app: keys must not get into its repository.
        (self._folder / ".gitignore").write_text("*\n", encoding="ascii")

    def _keep_snapshot(self, name: str, document: bytes) -> str:
        if len(list(self._folder.glob(f"{name}.snapshot.*{self._suffix}"))) >= SNAPSHOT_LIMIT:
            raise SnapshotLimitError(
                f"{self._folder} holds {SNAPSHOT_LIMIT} snapshots of unreadable '{name}' keys already. "
                f"Find out what breaks {self._path(name).name}, mend or remove it, and delete the snapshots."
            )
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H.%M.%S.%f")
        path = self._folder / f"{name}.snapshot.{stamp}{self._suffix}"
        replace_durably(path, document)
        return str(path)
