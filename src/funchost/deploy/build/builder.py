"""Runs builds: each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

from funchost.deploy.build.job import BuildJob, BuildResult
from funchost.errors import BuildError

OnLine = Callable[[str, bool], None]
"""Takes a line of the build's log, and whether it tells of a failure."""


async def build(job: BuildJob, on_line: OnLine) -> BuildResult:
    """Build a version; cancelling ends the build.

    Args:
        on_line: called in the event loop. The raised error is not among the lines: the caller logs it last.

    Raises:
        PackageError: the package cannot be unpacked: names the file and what is wrong with it.
        NativeDependenciesError: a package has no wheel and cannot be built here.
        BuildError: any other failure; names the cause.
    """
    raise BuildError(f"The build of {job.target.name} has not been run.")
