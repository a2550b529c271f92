"""Tools that a test needs and that a machine may lack."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it where everything has to be there: in continuous integration (CI=true)."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need_git() -> None:
    """Skip or fail the test where git is missing."""
    if shutil.which("git") is None:
        missing("git is not installed")
