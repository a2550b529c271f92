"""The names of projects on this machine that a requirements file installs, as their files write them."""

from __future__ import annotations

import configparser
import contextlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def local_names(folders: Sequence[Path]) -> list[str]:
    """Return the names of projects on this machine, which have no wheel before they are built; as far as written.

    What only running its `setup.py` would tell is not known.
    """
    found = (_name(folder) for folder in folders)
    return [name for name in found if name]


def _name(folder: Path) -> str | None:
    with contextlib.suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        name = _text(project, "project", "name") or _text(project, "tool", "poetry", "name")
        if name:
            return name
    with contextlib.suppress(OSError, UnicodeDecodeError, configparser.Error):
        configuration = configparser.ConfigParser(interpolation=None)
        configuration.read_string((folder / "setup.cfg").read_text("utf-8"))
        return configuration.get("metadata", "name", fallback=None)
    return None


def _text(document: Any, *path: str) -> str | None:
    for part in path:
        document = document.get(part) if isinstance(document, dict) else None
    return document if isinstance(document, str) else None
