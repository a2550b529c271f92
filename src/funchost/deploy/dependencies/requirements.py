"""Requirements: which packages a project asks for, and in which of its files it does."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from funchost.deploy.dependencies.requirements_file import read_requirements_file, text_of
from funchost.errors import BuildError

REQUIREMENTS_FILE = "requirements.txt"
PROJECT_FILE = "pyproject.toml"
LOCK_FILE = "uv.lock"


class Source(Enum):
    """Where a project lists its packages."""

    REQUIREMENTS = REQUIREMENTS_FILE
    PROJECT = PROJECT_FILE
    LOCK = LOCK_FILE
    """pyproject.toml with the exact versions of uv.lock."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a project asks for.

    Args:
        root: the project's folder.
        source: see Source.
        files: every file that has a say, absolute, the main one first.
        folders: folders and archives of this machine that are installed too (``-e ./lib``), absolute.
        empty: no package is asked for.
        hashed: the files pin the packages' hashes.
    """

    root: Path
    source: Source
    files: tuple[Path, ...]
    folders: tuple[Path, ...] = ()
    empty: bool = False
    hashed: bool = False

    @property
    def path(self) -> Path:
        """The main file."""
        return self.files[0]

    def fingerprint(self) -> str | None:
        """Return a digest of all that is asked for; None if it cannot be told, because folders are installed."""
        if self.folders:
            return None
        digest = hashlib.sha256()
        for path in self.files:
            digest.update(f"{path.name}\0".encode() + text_of(path).encode("utf-8", "surrogateescape") + b"\0")
        return digest.hexdigest()


def read_requirements(root: Path) -> Requirements | None:
    """Return what a project asks for: its requirements.txt, else its pyproject.toml (with uv.lock); None without both.

    Raises:
        BuildError: a file is not there, cannot be read, or says nothing that can be installed.
    """
    root = root.resolve()
    path = root / REQUIREMENTS_FILE
    if path.is_file():
        read = read_requirements_file(path)
        return Requirements(
            root, Source.REQUIREMENTS, read.files, read.folders, empty=read.names == 0, hashed=read.hashed
        )
    path = root / PROJECT_FILE
    if not path.is_file():
        return None
    dependencies = _project_dependencies(path)
    if dependencies is None:
        return None
    lock = root / LOCK_FILE
    if lock.is_file():
        return Requirements(root, Source.LOCK, (path, lock), empty=not dependencies)
    return Requirements(root, Source.PROJECT, (path,), empty=not dependencies)


def _project_dependencies(path: Path) -> list[object] | None:
    """Return [project] dependencies; None if the file configures tools only."""
    try:
        document = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path} is not valid TOML: {error}.") from error
    project = document.get("project")
    if not isinstance(project, dict):
        tool = document.get("tool")
        if isinstance(tool, dict) and "poetry" in tool:
            raise BuildError(
                f"{path} lists its packages for Poetry only, in [tool.poetry].",
                hint="List them in [project] dependencies, or write a requirements.txt with 'poetry export'.",
            )
        return None
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list):
        raise BuildError(f"{path}: project.dependencies must be a list.")
    if "dependencies" in project.get("dynamic", ()):
        raise BuildError(
            f"{path}: its dependencies are dynamic, so only a build of the project knows them.",
            hint="List them in [project] dependencies, or write a requirements.txt.",
        )
    return dependencies
