"""How much memory this process uses."""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

MIB = 1024 * 1024


class Memory:
    """How much more memory this process uses, at its peak, since it was made."""

    def __init__(self) -> None:
        gc.collect()
        if sys.platform == "linux":
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
        self.before = self._peak()

    def growth(self) -> int:
        return self._peak() - self.before

    @staticmethod
    def _peak() -> int:
        if sys.platform == "linux":
            status = Path("/proc/self/status").read_text(encoding="ascii")
            return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
