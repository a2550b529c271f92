"""Takes out of installed packages what names this machine, so that they are the same wherever they were installed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

_LOCK = ".lock"
_OWN_FILES = ("uv_cache.json", "uv_build.json")
_DIRECT = "direct_url.json"
_RECORD = "RECORD"
_SHEBANG = re.compile(rb"#!.*python[0-9.]*[^\n]*\n")
_PORTABLE = b"#!/usr/bin/env python3\n"
_LONGEST_SCRIPT = 64 * 1024


def tidy(site_packages: Path) -> None:
    """Remove locks, notes about the cache and links to folders of this machine; make scripts start any Python."""
    (site_packages / _LOCK).unlink(missing_ok=True)
    scripts = {f"bin/{script.name}" for script in (site_packages / "bin").glob("*") if _make_portable(script)}
    for metadata in site_packages.glob("*.dist-info"):
        gone = {f"{metadata.name}/{path.name}" for path in _own_files(metadata)}
        for name in gone:
            (site_packages / name).unlink(missing_ok=True)
        _mend_record(metadata / _RECORD, gone, scripts)


def _own_files(metadata: Path) -> Iterator[Path]:
    yield from (metadata / name for name in _OWN_FILES)
    direct = metadata / _DIRECT
    if direct.is_file() and b"file://" in direct.read_bytes():
        yield direct


def _mend_record(record: Path, gone: Collection[str], changed: Collection[str]) -> None:
    """Let the list of a package's files forget some, and the digests of others; they told of this machine."""
    if not record.is_file():
        return
    mended = []
    for line in record.read_text("utf-8").splitlines():
        name = line.partition(",")[0]
        if name not in gone:
            mended.append(f"{name},,\n" if name in changed else f"{line}\n")
    record.write_text("".join(mended), encoding="utf-8")


def _make_portable(script: Path) -> bool:
    """Return whether it had to be changed."""
    with contextlib.suppress(OSError):
        if script.is_symlink() or not script.is_file() or script.stat().st_size > _LONGEST_SCRIPT:
            return False
        content = script.read_bytes()
        found = _SHEBANG.match(content)
        if found:
            script.write_bytes(_PORTABLE + content[found.end() :])
            return True
    return False
