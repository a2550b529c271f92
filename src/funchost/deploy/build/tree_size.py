"""How much room a folder takes."""

from __future__ import annotations

import os
from pathlib import Path


def size_on_disk(folder: Path) -> int:
    """Return the bytes that all below a folder takes; what vanishes or cannot be read meanwhile does not count."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:  # removed since it was listed, or closed
            continue
    return total
