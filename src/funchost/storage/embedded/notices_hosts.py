"""HostRegistry: which processes have a store open, and on which port each hears notices."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import uuid
from pathlib import Path


class HostRegistry:
    """This process's entry among the hosts of a store, and what it knows of the others.

    Each host keeps a lock on a file of its own as long as it lives, however it ends; its row says the rest.

    Args:
        folder: holds the files.
        port: where this host hears notices.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.id = uuid.uuid4().hex
        self._folder = folder
        self._port = port
        new = folder / f"{self.id}.new"
        self._descriptor = os.open(new, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        new.rename(folder / self.id)  # nobody sees it without its lock

    def register(self, connection: sqlite3.Connection) -> None:
        """Add this host's row and remove those of dead hosts, inside the caller's transaction."""
        self.prune(connection)
        connection.execute("INSERT INTO hosts VALUES (?, ?, ?)", (self.id, os.getpid(), self._port))

    def prune(self, connection: sqlite3.Connection) -> None:
        """Remove what dead hosts have left, inside the caller's transaction.

        Hosts come while they hold the store's lock, as the caller does; so a file without a lock is a dead host's.
        """
        for (host,) in connection.execute("SELECT id FROM hosts").fetchall():
            if not self._is_living(host):
                connection.execute("DELETE FROM hosts WHERE id = ?", (host,))
        for path in self._folder.iterdir():
            if path.name != self.id and not self._is_living(path.name):
                path.unlink(missing_ok=True)

    def has_dead(self, connection: sqlite3.Connection) -> bool:
        return any(not self._is_living(host) for (host,) in connection.execute("SELECT id FROM hosts").fetchall())

    def peers(self, connection: sqlite3.Connection) -> frozenset[int]:
        """Return the ports of the other hosts."""
        rows = connection.execute("SELECT port FROM hosts WHERE id <> ? AND port <> 0", (self.id,)).fetchall()
        return frozenset(port for (port,) in rows)

    def leave(self, connection: sqlite3.Connection) -> None:
        """Remove this host's row, inside the caller's transaction."""
        connection.execute("DELETE FROM hosts WHERE id = ?", (self.id,))

    def close(self) -> None:
        (self._folder / self.id).unlink(missing_ok=True)
        os.close(self._descriptor)

    def _is_living(self, host: str) -> bool:
        if host == self.id:
            return True
        try:
            descriptor = os.open(self._folder / host, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
