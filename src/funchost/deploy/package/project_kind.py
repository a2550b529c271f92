"""Where function apps are below a folder."""

from __future__ import annotations

import os
from pathlib import Path

DEPTH = 3
MOST_FOLDERS = 2000
_ROOT_FILE = "host.json"
_SKIPPED = frozenset({"node_modules", "__pycache__"})


def nested_projects(folder: Path) -> list[Path]:
    """Return the folders below `folder` that hold host.json, the nearest first; looks three levels deep."""
    found: list[Path] = []
    level, seen = [folder], 0
    for _ in range(DEPTH):
        level = [child for parent in level for child in _children(parent)][: MOST_FOLDERS - seen]
        seen += len(level)
        found += [child for child in level if os.path.isfile(child / _ROOT_FILE)]
    return found


def _children(parent: Path) -> list[Path]:
    try:
        names = sorted(entry.name for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []  # it only helps to guess
    own = (parent / name for name in names if not name.startswith(".") and name not in _SKIPPED)
    return [child for child in own if not os.path.exists(child / "pyvenv.cfg")]
