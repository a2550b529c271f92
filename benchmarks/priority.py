"""Gives what is measured the priority of this process, although it runs in sessions of its own.

Linux shares the processors between sessions first (autogroups); a process's nice value counts within its session only.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROC = Path("/proc")
INTERVAL = 0.02


@contextmanager
def passed_on() -> Iterator[None]:
    """Have every session below this process get its nice value; without one, or without autogroups, nothing happens."""
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    if nice == 0 or not (PROC / "self" / "autogroup").exists():
        yield
        return
    over = threading.Event()

    def watch() -> None:
        given: set[int] = set()
        while True:
            for pid in {os.getpid(), *_below(os.getpid())} - given:
                given.add(pid)
                with suppress(OSError):  # it has ended, or this user may not
                    (PROC / str(pid) / "autogroup").write_text(str(nice))
            if over.wait(INTERVAL):
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _below(pid: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have."""
    with suppress(OSError):
        for thread in (PROC / str(pid) / "task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                yield child
                yield from _below(child)
