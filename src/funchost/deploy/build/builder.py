"""Runs builds: each in a process of its own, with limits, and without what is the server's alone."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import funchost
from funchost.deploy.build.build_process import BuildProcess, Launch
from funchost.deploy.build.build_user import BuildUser, UnusableUserError, choose_user
from funchost.deploy.build.environment import (
    POST_BUILD_COMMAND,
    PRE_BUILD_COMMAND,
    BuildEnvironment,
    build_environment,
    command_setting,
)
from funchost.deploy.build.job import BuildJob, BuildResult
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.report import Done, Failed, Line, Report, Stage, decode
from funchost.deploy.build.version_folder import publish, remove
from funchost.deploy.dependencies.uv import find_uv
from funchost.errors import BuildError
from funchost.settings import process_environment

OnLine = Callable[[str, bool], None]
"""Takes a line of the build's log, and whether it tells of a failure."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class BuildProgram(NamedTuple):
    """What a build process executes.

    Args:
        command: the program; a descriptor's number is added.
        needs: files and folders that it reads.
    """

    command: Sequence[str]
    needs: Sequence[Path]


def this_program() -> BuildProgram:
    """Return the program of this installation."""
    package = Path(funchost.__file__).parent
    library = Path(os.__file__).parent
    command = (sys.executable, "-I", "-m", "funchost.deploy.build")
    return BuildProgram(command, (Path(sys.executable), library, package))


async def build(
    job: BuildJob,
    on_line: OnLine,
    *,
    environ: Mapping[str, str] | None = None,
    program: BuildProgram | None = None,
) -> BuildResult:
    """Build a version; cancelling ends the build. Then, or when it fails, nothing of it is left.

    Args:
        on_line: called in the event loop. The raised error is not among the lines: the caller logs it last.
        environ: of the server, None = this process's.
        program: what the build process executes, None = this installation's.

    Raises:
        PackageError: the package cannot be unpacked: names the file and what is wrong with it.
        NativeDependenciesError: a package has no wheel and cannot be built here.
        BuildError: any other failure; names the cause.
    """
    environ = process_environment() if environ is None else environ
    program = program or this_program()
    try:
        work = await _in_thread(_make_work, job)
        try:
            return await _build(job, work, environ, program, on_line)
        finally:
            await _in_thread(remove, work)
    except OSError as error:
        raise BuildError(f"The build failed in the server's folders: {error}.") from error


async def _build(
    job: BuildJob, work: Path, environ: Mapping[str, str], program: BuildProgram, on_line: OnLine
) -> BuildResult:
    user, warning = await _in_thread(_choose_user, job, program, environ)
    if warning:
        on_line(warning, False)
    order = await _in_thread(_hand_over, job, work, user)
    environment = build_environment(environ, job.settings, work, order.cache)
    _note_settings(job, environment, on_line)
    outcome = _Outcome(on_line, job.limits.lines)
    process = BuildProcess(Launch(program.command, environment.variables, user), order, outcome.take)
    try:
        how = await process.run(order, job.limits.seconds)
    except TimeoutError as error:
        raise BuildError(
            f"The build was ended while it was {outcome.doing}: it took longer than {job.limits.seconds:g} seconds."
        ) from error
    result = outcome.result(how)
    try:
        return result._replace(bytes=await _in_thread(publish, order.content, job.target))
    except asyncio.CancelledError:
        await _in_thread(remove, job.target)
        raise


class _Outcome:
    """Gathers what a build process reports."""

    def __init__(self, on_line: OnLine, lines: int) -> None:
        self.doing = "starting"
        self._on_line = on_line
        self._left = lines + 1  # one tells how many are not shown
        self._end: Done | Failed | None = None

    def take(self, line: bytes) -> None:
        report: Report | None = decode(line)
        match report:
            case Line(text, error) if self._left > 0:
                self._left -= 1
                self._on_line(text, error)
            case Stage(doing):
                self.doing = doing
            case Done() | Failed():
                self._end = self._end or report

    def result(self, how: str) -> BuildResult:
        """Return what was built.

        Args:
            how: the process ended.

        Raises:
            FuncHostError: what it reported; BuildError if it ended without a report.
        """
        match self._end:
            case Done(result):
                return result
            case Failed() as failure:
                raise failure.error()
        hint = "The system may have run out of memory." if "SIGKILL" in how else None
        raise BuildError(f"The build process {how} while it was {self.doing}.", hint=hint)


def _make_work(job: BuildJob) -> Path:
    job.scratch.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="build-", dir=job.scratch))


def _choose_user(job: BuildJob, program: BuildProgram, environ: Mapping[str, str]) -> tuple[BuildUser | None, str]:
    """Return whom the build runs as, and a warning if that is root."""
    uv = find_uv(environ)
    python = job.python.path
    needed = [*program.needs, python, python.parent.parent / "lib", *([uv] if uv else [])]
    try:
        user = choose_user(job.user, [path for path in needed if path.exists()], os.geteuid())
        if user is not None:
            # The build's own folders become its account's; what they are in must let it pass.
            choose_user(job.user, [job.scratch.parent, job.cache.parent], os.geteuid())
    except UnusableUserError as error:
        return None, f"Warning: this build runs as root, not as {job.user!r}: {error}."
    return user, ""


def _hand_over(job: BuildJob, work: Path, user: BuildUser | None) -> BuildOrder:
    """Make the build's folders and give them to its account, with a copy of the package."""
    cache = job.cache / (user.name if user else "server")
    package = job.package
    cache.mkdir(parents=True, exist_ok=True)
    for name in ("home", "tmp"):
        (work / name).mkdir()
    if user is not None:
        package = work / "package.zip"
        shutil.copyfile(job.package, package)
        for path in (cache, package, *work.iterdir(), work):
            os.chown(path, user.uid, user.gid)
    return BuildOrder(
        package=package,
        work=work,
        cache=cache,
        python=job.python,
        install=job.install,
        before=command_setting(job.settings, PRE_BUILD_COMMAND),
        after=command_setting(job.settings, POST_BUILD_COMMAND),
        limits=job.limits,
    )


def _note_settings(job: BuildJob, environment: BuildEnvironment, on_line: OnLine) -> None:
    if environment.unused:
        on_line(f"App settings that builds do not use: {', '.join(environment.unused)}.", False)
    commands = [n for n in (PRE_BUILD_COMMAND, POST_BUILD_COMMAND) if command_setting(job.settings, n)]
    if commands and not job.install:
        on_line(f"{' and '.join(commands)} not run: the package is taken as it is.", False)


async def _in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run what waits for the disk in a thread; when cancelled, wait for its end all the same."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
