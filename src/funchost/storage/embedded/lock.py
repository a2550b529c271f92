"""StoreLock: one process at a time writes to a store; those that wait get their turn in between."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

POLL = 0.002
"""Seconds between attempts of an `acquire_within`."""

_PID_WIDTH = 12


class StoreLock:
    """A lock between processes, on side files of the database.

    Whoever wants the lock goes through turnstiles, one after the other, and leaves each once the next is taken, the
    last one once the lock is held. A process that has just released the lock finds others in the turnstiles and comes
    behind them. With as many processes as there are stages each gets its turn exactly, with more of them nearly so.

    `flock` belongs to the open file, so the lock goes away with the process that holds it, however that ends. One
    thread at a time may use an instance, but for `holder`.

    Args:
        stages: files of the turnstiles, and last the one of the lock. Each holds the process id of the last one that
            kept others waiting there, as text.
    """

    def __init__(self, stages: Sequence[Path]) -> None:
        self._paths = tuple(stages)
        self._stages: list[int] = []
        try:
            for path in stages:
                self._stages.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o644))
        except OSError:
            self.close()
            raise
        self._lock = self._stages[-1]
        self._pid = f"{os.getpid():<{_PID_WIDTH}}".encode()

    def acquire(self) -> None:
        """Wait until the lock is held, however long that takes."""
        fcntl.flock(self._stages[0], fcntl.LOCK_EX)
        for here, there in pairwise(self._stages):
            try:
                if not _locked(there):
                    self._sign(here)
                    fcntl.flock(there, fcntl.LOCK_EX)
            finally:
                fcntl.flock(here, fcntl.LOCK_UN)
        self._sign(self._lock)

    def acquire_within(self, timeout: float) -> bool:
        """Wait until the lock is held, at most `timeout` seconds; return whether it is."""
        end = time.monotonic() + timeout
        held = _locked_by(self._stages[0], end)
        for here, there in pairwise(self._stages):
            if held:
                held = _locked_by(there, end)
                fcntl.flock(here, fcntl.LOCK_UN)
        if held:
            self._sign(self._lock)
        return held

    def release(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def holder(self) -> int | None:
        """Return the process that others wait for: the lock's holder, or one that stands still in a turnstile."""
        for path, file in zip(reversed(self._paths), reversed(self._stages), strict=True):
            probe = os.open(path, os.O_RDWR)
            try:
                if not _locked(probe):
                    return int(os.pread(file, _PID_WIDTH, 0))
            except ValueError:
                return None
            finally:
                os.close(probe)
        return None

    def close(self) -> None:
        for file in self._stages:
            os.close(file)

    def _sign(self, file: int) -> None:
        try:
            os.pwrite(file, self._pid, 0)
        except OSError:  # a full disk: those who wait will not be told for whom
            return


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
