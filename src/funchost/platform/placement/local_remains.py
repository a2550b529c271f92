"""Processes that an instance's app has left behind in sessions of their own, where no parent or group leads to them.

Every process that comes from an instance has its id in the environment, unless the app took it away. Linux only.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from funchost.platform.placement.instance_environment import INSTANCE

_MARK = re.compile(rb"(?:^|\0)" + INSTANCE.encode("ascii") + rb"=([0-9a-f]{32})\0")
_ROUNDS = 5
"""How often is looked again for what was started meanwhile."""


def end_remains(instances: Collection[str], proc: Path = Path("/proc")) -> None:
    """Kill all processes that come from these instances; blocking.

    Args:
        instances: ids, or their first 12 characters.
    """
    wanted = {instance[:12].encode("ascii", "replace") for instance in instances}
    for _ in range(_ROUNDS if wanted else 0):
        found = [pid for pid in _processes(proc) if _instance_of(pid, proc) in wanted]
        if not found:
            return
        for pid in found:
            with suppress(OSError, AttributeError):
                _kill(pid, wanted, proc)


def _kill(pid: int, wanted: Collection[bytes], proc: Path) -> None:
    """Raises: OSError: it has ended. AttributeError: the system has no pidfd."""
    descriptor = os.pidfd_open(pid)
    try:
        # Its number may belong to another process by now; the descriptor cannot.
        if _instance_of(pid, proc) in wanted:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        os.close(descriptor)


def _processes(proc: Path) -> Iterator[int]:
    with suppress(OSError):
        yield from (int(name) for name in os.listdir(proc) if name.isdigit())


def _instance_of(pid: int, proc: Path) -> bytes:
    """Return the first 12 characters of the instance that a process comes from, or nothing."""
    try:
        found = _MARK.search((proc / str(pid) / "environ").read_bytes() + b"\0")
    except OSError:  # ended, or another user's
        return b""
    return b"" if found is None else found[1][:12]
