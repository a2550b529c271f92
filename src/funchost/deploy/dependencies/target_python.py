"""TargetPython: the Python and the platform that packages are installed for."""

from __future__ import annotations

import platform as machine_platform
import re
import sys
from pathlib import Path
from typing import NamedTuple

from funchost.errors import UsageError

GLIBC = (2, 28)
"""The C library that packages for another machine must not be newer than: Debian 10, Ubuntu 20.04, RHEL 8."""

_VERSION = re.compile(r"3\.(\d{1,2})(?:\.\d{1,3})?", re.ASCII)
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
_SYSTEMS = {"darwin": "macos", "osx": "macos"}
_KNOWN = ("linux-x86_64", "linux-aarch64", "macos-aarch64", "macos-x86_64")


class Platform(NamedTuple):
    """An operating system on a kind of processor.

    Args:
        system: ``linux`` or ``macos``.
        machine: ``x86_64`` or ``aarch64``.
    """

    system: str
    machine: str

    def __str__(self) -> str:
        return f"{'Linux' if self.system == 'linux' else 'macOS'} {self.machine}"


class TargetPython(NamedTuple):
    """What packages are installed for.

    Args:
        version: e.g. ``(3, 11)``.
        interpreter: a Python of that version on this machine, None = there is none.
        platform: whose wheels are taken, at most for glibc 2.28 on Linux; None = exactly this machine's.
    """

    version: tuple[int, int]
    interpreter: Path | None = None
    platform: Platform | None = None

    @property
    def short(self) -> str:
        """``3.11``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def is_here(self) -> bool:
        """Whether what is built on this machine runs on the target."""
        return self.interpreter is not None and self.platform in (None, this_platform())

    def __str__(self) -> str:
        return f"Python {self.short} on {self.platform or this_platform()}"


def this_platform() -> Platform:
    """Return the platform of this machine."""
    return _normal(sys.platform, machine_platform.machine())


def read_platform(text: str) -> Platform:
    """Return the platform that a user named: ``linux-x86_64``, ``linux/amd64``, ``macos-arm64``.

    Raises:
        UsageError: it is none that packages can be installed for.
    """
    system, _, machine = text.strip().lower().replace("/", "-").partition("-")
    found = _normal(system, machine)
    if f"{found.system}-{found.machine}" not in _KNOWN:
        raise UsageError(
            f"{text!r} is not a platform that packages can be made for.", hint=f"One of {', '.join(_KNOWN)}."
        )
    return found


def read_version(text: str) -> tuple[int, int]:
    """Return the Python version that a user named: ``3.11``, ``3.11.4``.

    Raises:
        UsageError: it is none.
    """
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is not a version of Python such as 3.11.")
    return 3, int(found[1])


def _normal(system: str, machine: str) -> Platform:
    machine = machine.lower()
    return Platform(_SYSTEMS.get(system, system), _MACHINES.get(machine, machine))
