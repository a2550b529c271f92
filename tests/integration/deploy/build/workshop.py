"""Workshop: runs builds of small packages for a test, and remembers what they said."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.deploy.build.builder import BuildProgram, build
from funchost.deploy.build.job import BuildJob, BuildLimits, BuildResult
from funchost.deploy.pythons import Installation
from tests.integration.deploy.build.wheels import make_package
from tests.interpreters import interpreter

LIMITS = BuildLimits(seconds=60.0)


class Workshop:
    """Folders as a server has them, and builds in them.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = folder / "index"
        """Wheels that requirements are taken from; there is no other index."""
        self.versions = folder / "versions"
        self.scratch = folder / "scratch"
        for each in (self.index, self.versions, self.scratch):
            each.mkdir()
        self.lines: list[str] = []
        self.errors: list[str] = []

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def version(self) -> Path:
        return self.versions / "1"

    def job(
        self, files: Mapping[str, str | bytes], *, python: str = "", settings: Mapping[str, str] | None = None
    ) -> BuildJob:
        """Return a remote build of a package with these files."""
        package = make_package(self.folder / "package.zip", files)
        own = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index)}
        return BuildJob(
            package=package,
            target=self.version,
            scratch=self.scratch,
            cache=self.folder / "cache",
            python=installation(python) if python else own_python(),
            install=True,
            settings=own | dict(settings or {}),
            limits=LIMITS,
        )

    async def build(
        self, job: BuildJob, *, environ: Mapping[str, str] | None = None, program: BuildProgram | None = None
    ) -> BuildResult:
        """Build; the scratch folder must be empty afterwards, whatever happens."""
        try:
            return await build(job, self._take, environ=environ or dict(os.environ), program=program)
        finally:
            assert list(self.scratch.iterdir()) == []

    def _take(self, line: str, error: bool) -> None:
        (self.errors if error else self.lines).append(line)


def own_python() -> Installation:
    """Return the Python that runs the tests, outside its virtual environment; no search is needed for it."""
    path = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return Installation(path.resolve(), sys.version_info[:3], "test")


def installation(version: str) -> Installation:
    """Return a Python of this machine; skips the test if it is not there."""
    try:
        found = interpreter(version)
    except LookupError as error:
        pytest.skip(str(error))
    return Installation(found.path, found.version, "test")


def limited(job: BuildJob, limits: BuildLimits) -> BuildJob:
    return replace(job, limits=limits)
