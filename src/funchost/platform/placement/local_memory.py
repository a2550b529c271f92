"""How much memory processes use together with all that they have started. Linux only; elsewhere nothing is known."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class ProcessUse(NamedTuple):
    """One process.

    Args:
        pid: its id.
        parent: id of the process that started it, 1 once that has ended.
        session: id of the session's leader; tells whose child it was.
        resident: bytes.
    """

    pid: int
    parent: int
    session: int
    resident: int


def all_processes(proc: Path = Path("/proc")) -> list[ProcessUse]:
    """Return every process of the machine that can be seen; blocking."""
    page = os.sysconf("SC_PAGE_SIZE")
    found: list[ProcessUse] = []
    try:
        names = os.listdir(proc)
    except OSError:
        return found
    for name in names:
        if name.isdigit():
            try:
                text = (proc / name / "stat").read_bytes()
                fields = text.rpartition(b")")[2].split()
                found.append(ProcessUse(int(name), int(fields[1]), int(fields[3]), int(fields[21]) * page))
            except (OSError, ValueError, IndexError):  # ended meanwhile
                continue
    return found


def memory_of(roots: Collection[int], processes: Iterable[ProcessUse]) -> Mapping[int, int]:
    """Return the bytes that each of `roots` uses with all processes below it, and with those left of their sessions.

    Pure.
    """
    children: dict[int, list[ProcessUse]] = {}
    own: dict[int, ProcessUse] = {}
    for process in processes:
        own[process.pid] = process
        children.setdefault(process.parent, []).append(process)
        if process.session != process.pid and process.session != process.parent:
            children.setdefault(process.session, []).append(process)
    return {root: _sum(own[root], children) for root in roots if root in own}


def _sum(root: ProcessUse, children: Mapping[int, list[ProcessUse]]) -> int:
    counted = {root.pid: root.resident}
    waiting = [root.pid]
    while waiting:
        for process in children.get(waiting.pop(), ()):
            if process.pid not in counted:
                counted[process.pid] = process.resident
                waiting.append(process.pid)
    return sum(counted.values())
