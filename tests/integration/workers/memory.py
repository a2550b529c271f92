"""How much memory a process uses."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from pathlib import Path

MIB = 1024 * 1024


class Memory:
    """How much more memory a process uses, at its peak, since this was made.

    Args:
        pid: None = this process. Of another one, systems other than Linux only tell what it uses just now.
    """

    def __init__(self, pid: int | None = None) -> None:
        gc.collect()
        self._pid = pid if pid is not None else os.getpid()
        if sys.platform == "linux":
            Path(f"/proc/{self._pid}/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
        self.before = self._peak()

    def growth(self) -> int:
        return self._peak() - self.before

    def _peak(self) -> int:
        if sys.platform == "linux":
            status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
            return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
        if self._pid == os.getpid():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ps = subprocess.run(["ps", "-o", "rss=", "-p", str(self._pid)], capture_output=True, text=True, check=True)
        return int(ps.stdout) * 1024
