"""Zips as others make them, well and badly."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

HOST = ("host.json", b'{"version": "2.0"}')
Entries = Sequence[tuple[str, bytes] | tuple[str, bytes, int]]
LINK = stat.S_IFLNK | 0o777


def write_zip(path: Path, entries: Entries) -> Path:
    """Write a zip of (name, content) or (name, content, unix mode); names may be anything."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *mode in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return path
