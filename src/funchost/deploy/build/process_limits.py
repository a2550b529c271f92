"""What the system itself enforces on a build process and on all that it starts."""

from __future__ import annotations

import ctypes
import resource
import sys

from funchost.deploy.build.job import BuildLimits

_PR_SET_CHILD_SUBREAPER = 36


def apply_limits(limits: BuildLimits) -> None:
    """Limit address space and file sizes of this process and of those that it will start; no core dumps.

    macOS does not enforce the first one.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, limits.disk)
    _lower(resource.RLIMIT_AS, limits.memory)


def adopt_orphans() -> None:
    """Become the parent of processes below this one whose own parent ends, so that none gets away (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (wanted, wanted))
    except (ValueError, OSError):  # macOS refuses limits of address space that are below what is in use
        if sys.platform == "linux":
            raise
