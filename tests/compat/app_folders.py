"""Where the test apps are, and how a test runs one."""

from __future__ import annotations

import shutil
from pathlib import Path

APPS = Path(__file__).parents[1] / "apps"


def copy_of(case: str, target: Path) -> Path:
    """Return a copy of an app folder below `target`, for tests that change it or leave files in it."""
    ignored = shutil.ignore_patterns("__pycache__", ".funchost")
    return Path(shutil.copytree(APPS / case, target / case, ignore=ignored))
