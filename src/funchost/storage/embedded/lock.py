"""StoreLock: one process at a time writes to a store; those that wait get their turn in between."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

POLL = 0.002
"""Seconds between attempts of an `acquire` that may not wait for ever."""


class StoreLock:
    """A lock between processes, on two side files of the database.

    Whoever wants the lock takes the turnstile first and leaves it once the lock is held. The process that has just
    released the lock finds the turnstile taken by the one that waits, so it cannot take the lock twice in a row.

    `flock` belongs to the open file, so the lock goes away with the process that holds it, however that ends. One
    thread at a time may use an instance.

    Args:
        lock: the file that is locked; holds the process id of the last holder as text.
        turn: the file that is the turnstile.
    """

    def __init__(self, lock: Path, turn: Path) -> None:
        self._path = lock
        flags = os.O_RDWR | os.O_CREAT
        self._lock = os.open(lock, flags, 0o644)
        try:
            self._turn = os.open(turn, flags, 0o644)
        except OSError:
            os.close(self._lock)
            raise
        self._pid = f"{os.getpid():<12}".encode()

    def acquire(self) -> None:
        """Wait until the lock is held, however long that takes."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        os.pwrite(self._lock, self._pid, 0)

    def acquire_within(self, timeout: float) -> bool:
        """Wait until the lock is held, at most `timeout` seconds; return whether it is."""
        end = time.monotonic() + timeout
        for descriptor in (self._turn, self._lock):
            while not _locked(descriptor):
                if time.monotonic() >= end:
                    if descriptor == self._lock:
                        fcntl.flock(self._turn, fcntl.LOCK_UN)
                    return False
                time.sleep(POLL)
        fcntl.flock(self._turn, fcntl.LOCK_UN)
        os.pwrite(self._lock, self._pid, 0)
        return True

    def release(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def holder(self) -> int | None:
        """Return the process id of the last holder, None if there was none."""
        try:
            return int(os.pread(self._lock, 12, 0))
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        os.close(self._lock)
        os.close(self._turn)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
