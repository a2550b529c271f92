"""What an instance and its workers may take of the machine: set on the process before there are workers."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SPARE = 1024 * 1024 * 1024
"""Bytes beyond twice the memory limit that a single process may ask for before its allocations fail: stacks of threads
count whether or not they are used."""

_SCORE = 300
_PROC = Path("/proc")


def limit_this_process(memory: int | None) -> None:
    """Set the limits that children inherit.

    Memory is limited by the server, which looks once a second; what a process may ask for in between is bounded here.
    No process leaves a core dump, which would hold secrets. When the machine runs out of memory, an app's processes go
    before anything else of the server.

    Args:
        memory: bytes, None = no limit.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = 2 * memory + SPARE
        with suppress(OSError, ValueError):
            if hard == resource.RLIM_INFINITY or wanted < hard:
                resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))
    with suppress(OSError):
        (_PROC / "self" / "oom_score_adj").write_text(str(_SCORE), encoding="ascii")


def resident_bytes(pids: Iterable[int]) -> int:
    """Return the memory in use by processes, 0 where the system does not tell."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = 0
    for pid in pids:
        with suppress(OSError, ValueError, IndexError):
            total += int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * page
    return total
