"""Finds processes that outlive a host, also those that have a new parent or a session of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "FUNCHOST_TEST_FAMILY"


class Family:
    """All processes that carry the variable in the environment they were started with.

    Give `env` to a HostProcess: the host, its workers and whatever those start belong to the family.
    """

    def __init__(self) -> None:
        self._name = uuid.uuid4().hex
        self.env: Mapping[str, str] = {VARIABLE: self._name}

    def pids(self) -> tuple[int, ...]:
        """Members that live; a zombie does not."""
        mark = f"{VARIABLE}={self._name}"
        if Path("/proc/self/environ").exists():
            return tuple(_from_proc(mark.encode()))
        return tuple(_from_ps(mark))

    def kill(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def family() -> Iterator[Family]:
    """A new family; what is left of it at the end is killed, so that a failed test leaves nothing behind."""
    members = Family()
    try:
        yield members
    finally:
        members.kill()


def _from_proc(mark: bytes) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):  # ended meanwhile, or somebody else's
            if mark in (folder / "environ").read_bytes().split(b"\0"):  # empty for a zombie
                yield int(folder.name)


def _from_ps(mark: str) -> Iterator[int]:
    output = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        if mark in line:
            yield int(line.split(None, 1)[0])
