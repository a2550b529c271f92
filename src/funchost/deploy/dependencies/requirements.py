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
        listed: what pyproject.toml lists, when that is all there is to know; such lists need no uv.
    """

    root: Path
    source: Source
    files: tuple[Path, ...]
    folders: tuple[Path, ...] = ()
    empty: bool = False
    hashed: bool = False
    listed: tuple[str, ...] = ()

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
    return _read_project(root, path) if path.is_file() else None


def _read_project(root: Path, path: Path) -> Requirements | None:
    """Return what pyproject.toml asks for; None if it configures tools only."""
    try:
        document = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{path} is not valid TOML: {error}.") from error
    project, tool = document.get("project"), document.get("tool", {})
    if not isinstance(project, dict):
        if isinstance(tool, dict) and "poetry" in tool:
            raise BuildError(
                f"{path} lists its packages for Poetry only, in [tool.poetry].",
                hint="List them in [project] dependencies, or write a requirements.txt with 'poetry export'.",
            )
        return None
    listed = _dependencies(path, project)
    sources = _sources(tool)
    folders = tuple(root / each for each in sources if (root / each).exists())
    lock = root / LOCK_FILE
    if lock.is_file():
        return Requirements(root, Source.LOCK, (path, lock), folders, empty=not listed)
    plain = () if sources else listed
    return Requirements(root, Source.PROJECT, (path,), folders, empty=not listed, listed=plain)


def _dependencies(path: Path, project: dict[str, object]) -> tuple[str, ...]:
    dynamic = project.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        raise BuildError(
            f"{path}: its dependencies are dynamic, so only a build of the project knows them.",
            hint="List them in [project] dependencies, or write a requirements.txt.",
        )
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(each, str) for each in dependencies):
        raise BuildError(f"{path}: project.dependencies must be a list of texts.")
    return tuple(dependencies)


def _sources(tool: object) -> list[str]:
    """Return where [tool.uv.sources] takes packages from on this machine; a workspace counts as the project itself."""
    uv = tool.get("uv") if isinstance(tool, dict) else None
    sources = uv.get("sources") if isinstance(uv, dict) else None
    values = sources.values() if isinstance(sources, dict) else ()
    return [str(source.get("path", ".")) for source in values if isinstance(source, dict)]
