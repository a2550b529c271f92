"""Memory and processor time of processes, from /proc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.outcome import NotMeasured

PROC = Path("/proc")
MIB = 1024.0
"""KiB in a MiB."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MiB: resident, its proportional share of it, the peak since `reset_peak`."""

    resident: float
    proportional: float
    peak: float


def memory(pid: int) -> Memory:
    """What a process uses now; NotMeasured on a system without /proc."""
    if not (PROC / "self" / "smaps_rollup").exists():
        raise NotMeasured("memory is read from /proc, which this system has not")
    status = (PROC / str(pid) / "status").read_text()
    rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    return Memory(_mib(status, "VmRSS"), _mib(rollup, "Pss"), _mib(status, "VmHWM"))


def reset_peak(pid: int) -> None:
    """Makes the peak begin anew at what is resident now."""
    (PROC / str(pid) / "clear_refs").write_text("5")


def worker_of(host: int) -> int:
    """The pid of the worker that a host started."""
    return child_with(host, b"funchost_worker")


def child_with(pid: int, word: bytes) -> int:
    """The pid of a process that `pid` started and that has `word` in its command line; else NotMeasured."""
    for child in _children(pid) if PROC.exists() else ():
        if word in (PROC / str(child) / "cmdline").read_bytes():
            return child
    raise NotMeasured(f"the process {pid} has no child with {word.decode()!r} in its command line that /proc shows")


def processor_seconds(pid: int) -> float | None:
    """Processor time that a process and its descendants have used, in s; None on a system without /proc."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(child) or 0.0 for child in _children(pid))


def _children(pid: int) -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit() and _parent(entry) == pid:
            yield int(entry.name)


def _parent(entry: Path) -> int | None:
    try:
        found = re.search(r"^PPid:\s+(\d+)", (entry / "status").read_text(), re.MULTILINE)
    except OSError:  # it has ended
        return None
    return int(found.group(1)) if found else None


def _mib(text: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    if found is None:
        raise NotMeasured(f"/proc gives no {name}")
    return int(found.group(1)) / MIB
