"""Takes out of installed packages what names this machine, so that they are the same wherever they were installed."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

_LOCK = ".lock"
_OWN_FILES = ("uv_cache.json", "uv_build.json")
_DIRECT = "direct_url.json"
_SHEBANG = re.compile(rb"#!.*python[0-9.]*[^\n]*\n")
_PORTABLE = b"#!/usr/bin/env python3\n"
_LONGEST_SCRIPT = 64 * 1024


def tidy(site_packages: Path) -> None:
    """Remove locks, notes about the cache and links to folders of this machine; make scripts start any Python."""
    (site_packages / _LOCK).unlink(missing_ok=True)
    for metadata in site_packages.glob("*.dist-info"):
        for name in _OWN_FILES:
            (metadata / name).unlink(missing_ok=True)
        direct = metadata / _DIRECT
        if direct.is_file() and b"file://" in direct.read_bytes():
            direct.unlink()
    for script in (site_packages / "bin").glob("*"):
        with contextlib.suppress(OSError):
            _make_portable(script)


def _make_portable(script: Path) -> None:
    if script.is_symlink() or not script.is_file() or script.stat().st_size > _LONGEST_SCRIPT:
        return
    content = script.read_bytes()
    found = _SHEBANG.match(content)
    if found:
        script.write_bytes(_PORTABLE + content[found.end() :])
