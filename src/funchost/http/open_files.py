"""The limit on open files: each connection is one."""

from __future__ import annotations

import resource

ENOUGH = 65_536
"""More connections than one process serves; some programs that workers start walk through all possible descriptors."""


def raise_open_file_limit() -> int:
    """Raise the soft limit on open files of this process as far as it may go, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft  # macOS reports a hard limit that it does not grant
    return wanted
