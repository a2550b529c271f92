"""What installing packages needs and gives: shared by the installers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from funchost.deploy.dependencies.requirements import Requirements
from funchost.deploy.dependencies.target_python import TargetPython

OnLine = Callable[[str], None]
"""Told each line of the installer's log, without its end."""


class InstalledPackage(NamedTuple):
    """A distribution as its metadata names it."""

    name: str
    version: str


class InstalledPackages(NamedTuple):
    """What was installed.

    Args:
        packages: sorted by name.
        installer: ``uv`` or ``pip``.
    """

    packages: tuple[InstalledPackage, ...]
    installer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One installation.

    Args:
        requirements: what.
        python: for which Python.
        target: an empty folder that receives the packages.
        wheels_only: take no package that must be compiled.
        any_source: try any package from source all the same, for want of the name of the one that must be.
        cache: folder of the installer's cache, None = its own default.
        environment: the whole environment of the installer's processes: PATH, proxies, PIP_* and UV_* settings.
        on_line: see OnLine.
    """

    requirements: Requirements
    python: TargetPython
    target: Path
    wheels_only: bool
    cache: Path | None
    environment: Mapping[str, str]
    on_line: OnLine
    any_source: bool = False
