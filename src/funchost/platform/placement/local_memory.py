"""How much memory processes use together with all that they have started. Linux only; elsewhere nothing is known."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
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


def families(roots: Collection[int], processes: Iterable[ProcessUse]) -> Mapping[int, Sequence[ProcessUse]]:
    """Return for each of `roots` that lives: it, all processes below it, and those left of their sessions. Pure."""
    children: dict[int, list[ProcessUse]] = {}
    own: dict[int, ProcessUse] = {}
    for process in processes:
        own[process.pid] = process
        children.setdefault(process.parent, []).append(process)
        if process.session not in (process.pid, process.parent):
            children.setdefault(process.session, []).append(process)
    return {root: _family(own[root], children) for root in roots if root in own}


def _family(root: ProcessUse, children: Mapping[int, list[ProcessUse]]) -> Sequence[ProcessUse]:
    found = {root.pid: root}
    waiting = [root.pid]
    while waiting:
        for process in children.get(waiting.pop(), ()):
            if process.pid not in found:
                found[process.pid] = process
                waiting.append(process.pid)
    return tuple(found.values())


def memory_over(limits: Mapping[int, int], proc: Path = Path("/proc")) -> Mapping[int, int]:
    """Return the bytes that processes use with their families, for those that use more than their limit; blocking.

    Memory that several processes share, as after a fork, counts once.

    Args:
        limits: bytes by the id of the family's first process.
    """
    over: dict[int, int] = {}
    for root, family in families(limits.keys(), all_processes(proc)).items():
        if sum(process.resident for process in family) > limits[root]:
            # This takes the kernel a millisecond per process, so it is asked only about those who may be over.
            used = sum(_fair_share(process, proc) for process in family)
            if used > limits[root]:
                over[root] = used
    return over


def _fair_share(process: ProcessUse, proc: Path) -> int:
    """Return a process's memory, of what it shares only its share; all that is resident where that is not told."""
    try:
        for line in (proc / str(process.pid) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except FileNotFoundError:
        return 0  # ended meanwhile
    except (OSError, ValueError, IndexError):
        pass
    return process.resident
