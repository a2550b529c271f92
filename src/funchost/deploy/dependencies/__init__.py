"""The packages that a project asks for, and how they get beside its code."""

from __future__ import annotations

from pathlib import Path

from funchost.deploy.dependencies.installation import InstalledPackage, InstalledPackages, OnLine
from funchost.deploy.dependencies.installer import install
from funchost.deploy.dependencies.platform_check import check_platform
from funchost.deploy.dependencies.requirements import Requirements, read_requirements
from funchost.deploy.dependencies.target_python import (
    Platform,
    TargetPython,
    read_platform,
    read_version,
    this_platform,
)

__all__ = [
    "InstalledPackage",
    "InstalledPackages",
    "OnLine",
    "Platform",
    "Requirements",
    "TargetPython",
    "check_platform",
    "install",
    "read_platform",
    "read_requirements",
    "read_version",
    "site_packages_folder",
    "this_platform",
]

PACKAGES_FOLDER = ".python_packages"


def site_packages_folder(root: Path, python: TargetPython) -> Path:
    """Return the folder of an app's packages, which exists or is to be made.

    Every host looks into ``lib/site-packages``; only an app of Python 3.6 that was packed by the tools of its time has
    its packages elsewhere.
    """
    folder = root / PACKAGES_FOLDER / "lib" / "site-packages"
    old = root / PACKAGES_FOLDER / "lib" / "python3.6" / "site-packages"
    return old if python.version == (3, 6) and old.is_dir() and not folder.is_dir() else folder
