"""Which processes a process has started, and how a test gets rid of them."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path


def descendants(pid: int) -> tuple[int, ...]:
    """Return the ids of the living processes below `pid`, parents first."""
    children: dict[int, list[int]] = {}
    for own, parent in _parents():
        children.setdefault(parent, []).append(own)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(0), [])
        found += below
        waiting += below
    return tuple(found)


def is_alive(pid: int) -> bool:
    """Return whether a process with this id exists and is no zombie."""
    return any(own == pid for own, _ in _parents())


def kill_with_group(pid: int) -> None:
    """Kill a process, and its group if it leads one; one that has ended already is fine."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _parents() -> list[tuple[int, int]]:
    """Return (process id, parent's id) of every process that is no zombie."""
    proc = Path("/proc/self/stat")
    rows = _from_proc() if proc.exists() else _from_ps()
    return [(own, parent) for own, parent, state in rows if not state.startswith("Z")]


def _from_proc() -> list[tuple[int, int, str]]:
    rows = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text(errors="replace")
        except OSError:  # ended meanwhile
            continue
        state, parent = text.rpartition(")")[2].split()[:2]
        rows.append((int(folder.name), int(parent), state))
    return rows


def _from_ps() -> list[tuple[int, int, str]]:
    output = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    return [
        (int(own), int(parent), state) for own, parent, state in (line.split(None, 2) for line in output.splitlines())
    ]
