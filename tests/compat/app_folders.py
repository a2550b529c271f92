"""Where the test apps are, and how a test runs one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

APPS = Path(__file__).parents[1] / "apps"


def copy_of(case: str, target: Path) -> Path:
    """Return a copy of an app folder below `target`, for tests that change it or leave files in it."""
    ignored = shutil.ignore_patterns("__pycache__", ".funchost")
    return Path(shutil.copytree(APPS / case, target / case, ignore=ignored))


def run(folder: Path, *arguments: str) -> str:
    """Return the output of `python -m <arguments>` in `folder`; it must exit with 0."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output
