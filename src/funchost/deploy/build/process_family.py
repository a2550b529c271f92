"""A build process with all that it has started, however far down: their memory, and their end. Reads /proc (Linux)."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

_ROUNDS = 20
_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Return the living processes below one, parents first; none where the system does not tell."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = _children(waiting.pop())
        found += [child for child in children if not _has_ended(child)]
        waiting += children
    return found


def memory_in_use(pids: list[int]) -> int:
    """Return the bytes of memory that processes have for themselves: what they share with files does not count."""
    total = 0
    for pid in pids:
        for line in _read(_PROC / str(pid) / "status").splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def kill_below(pid: int) -> None:
    """Kill everything below a process, also what has left its group, until nothing is left."""
    for _ in range(_ROUNDS):
        found = descendants(pid)
        if not found:
            return
        for child in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)


def kill_family(pid: int) -> None:
    """Kill a process that leads a group, with its group and everything below it.

    It is held first, so that it neither ends nor starts anything while the others go.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGSTOP)
    kill_below(pid)
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = os.listdir(_PROC / str(pid) / "task")
    except OSError:  # it has ended, or this is no Linux
        return found
    for thread in threads:
        found += map(int, _read(_PROC / str(pid) / "task" / thread / "children").split())
    return found


def _has_ended(pid: int) -> bool:
    state = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return not state or state[0] in ("Z", "X")


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return ""
