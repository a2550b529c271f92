"""BuildJob: what a build is given, and what it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from funchost.deploy.pythons import Installation

_MEBIBYTE = 2**20


class BuildLimits(NamedTuple):
    """What one build may use.

    Args:
        seconds: wall time.
        memory: bytes of address space of each process, and bytes in use of all of them together (Linux).
        disk: bytes on disk below the build's folder, the package's content and temporary files among them; also the
            largest single file.
        processes: how many may run at the same time (Linux).
        lines: lines of output that reach the log; those after them are counted.
        cache: bytes on disk of the cache that builds share; when it has more it is emptied.
    """

    seconds: float = 900.0
    memory: int = 4096 * _MEBIBYTE
    disk: int = 4096 * _MEBIBYTE
    processes: int = 500
    lines: int = 5_000
    cache: int = 8192 * _MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """One build.

    Args:
        package: the uploaded zip; only read.
        target: the folder that will hold host.json; must not exist, its parent must. It appears in one step.
        scratch: a folder on the same file system as `target`; the build works in a new folder below it, which is
            removed at the end. After a server was killed its owner empties it.
        cache: downloads and wheels that all builds share; made when missing.
        python: what the app will run on.
        install: whether requirements.txt or pyproject.toml is installed, in place of an uploaded `.python_packages`.
        settings: app settings; only those that concern builds reach the build.
        limits: see BuildLimits.
        user: the account that builds run as when the server is root, None = that of the variable FUNCHOST_BUILD_USER in
            the server's environment, else nobody.
    """

    package: Path
    target: Path
    scratch: Path
    cache: Path
    python: Installation
    install: bool
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    limits: BuildLimits = BuildLimits()
    user: str | None = None


class BuildResult(NamedTuple):
    """What came of a build.

    Args:
        bytes: size of the files in the target folder.
        packages: what was installed, ``name==version``, sorted.
    """

    bytes: int
    packages: tuple[str, ...] = ()
