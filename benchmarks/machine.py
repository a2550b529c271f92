"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("funchost", "uvicorn", "uvloop", "httptools", "starlette", "msgspec", "aiohttp", "azure-storage-blob")


def moment() -> str:
    """When this is, and how busy the machine is."""
    return f"Measured on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC, load average at the end {os.getloadavg()[0]:.1f}."


def describe() -> list[str]:
    """Lines on the machine, the system, the interpreter and the packages."""
    return [
        f"{_processor()}, {os.cpu_count()} cores, {_memory()} of memory.",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {', '.join(_packages())}.",
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", path.read_text()) if path.exists() else None
    return found.group(1) if found else platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _packages() -> list[str]:
    found = [f"SQLite {sqlite3.sqlite_version}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
