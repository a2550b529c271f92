"""StoreLock: one process at a time writes to a store; those that wait get their turn in between."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

POLL = 0.002
"""Seconds between attempts of an `acquire` that may not wait for ever."""

_PID_WIDTH = 12


class StoreLock:
    """A lock between processes, on two side files of the database.

    Whoever wants the lock takes the turnstile first and leaves it once the lock is held. The process that has just
    released the lock finds the turnstile taken by the one that waits, so it cannot take the lock twice in a row.

    `flock` belongs to the open file, so the lock goes away with the process that holds it, however that ends. One
    thread at a time may use an instance, but for `holder`.

    Args:
        lock: the file that is locked; holds the process id of the last holder as text.
        turn: the file that is the turnstile; holds the process id of the last one that had to wait behind it.
    """

    def __init__(self, lock: Path, turn: Path) -> None:
        self._path = lock
        self._lock = _open(lock)
        try:
            self._turn = _open(turn)
        except OSError:
            os.close(self._lock)
            raise
        self._pid = f"{os.getpid():<{_PID_WIDTH}}".encode()

    def acquire(self) -> None:
        """Wait until the lock is held, however long that takes."""
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            if not _locked(self._lock):
                self._sign(self._turn)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        self._sign(self._lock)

    def acquire_within(self, timeout: float) -> bool:
        """Wait until the lock is held, at most `timeout` seconds; return whether it is."""
        end = time.monotonic() + timeout
        if not _locked_by(self._turn, end):
            return False
        try:
            held = _locked_by(self._lock, end)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
        if held:
            self._sign(self._lock)
        return held

    def release(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def holder(self) -> int | None:
        """Return the process that others wait for: the lock's holder, or one that stands still in the turnstile."""
        probe = os.open(self._path, os.O_RDWR)
        try:
            file = self._turn if _locked(probe) else self._lock
        finally:
            os.close(probe)
        try:
            return int(os.pread(file, _PID_WIDTH, 0))
        except ValueError:
            return None

    def _sign(self, file: int) -> None:
        try:
            os.pwrite(file, self._pid, 0)
        except OSError:  # a full disk: those who wait will not be told for whom
            return

    def close(self) -> None:
        os.close(self._lock)
        os.close(self._turn)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked_by(descriptor: int, end: float) -> bool:
    while not _locked(descriptor):
        if time.monotonic() >= end:
            return False
        time.sleep(POLL)
    return True
