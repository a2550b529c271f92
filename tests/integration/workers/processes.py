"""Looks at processes from outside."""

from __future__ import annotations

import os
import subprocess


def process_exists(pid: int) -> bool:
    """Whether it still runs; one that has ended but that nobody reaps (containers without an init) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=5)
    return not done.stdout.strip().startswith("Z") and bool(done.stdout.strip())
