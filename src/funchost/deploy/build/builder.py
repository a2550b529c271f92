"""Runs builds: each in a process of its own, with limits, and without what is the server's alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar

from funchost.deploy.build.build_process import BuildProcess, Launch
from funchost.deploy.build.environment import (
    POST_BUILD_COMMAND,
    PRE_BUILD_COMMAND,
    BuildEnvironment,
    build_environment,
    command_setting,
)
from funchost.deploy.build.job import BuildJob, BuildResult
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.outcome import OnLine, Outcome
from funchost.deploy.build.program import BuildProgram, this_program
from funchost.deploy.build.version_folder import publish, remove
from funchost.deploy.build.workplace import choose_account, hold_cache, make_work_folder, prepare
from funchost.errors import BuildError
from funchost.settings import process_environment

__all__ = ["BuildProgram", "OnLine", "build", "this_program"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


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
    try:
        work = await _in_thread(make_work_folder, job)
        try:
            return await _build(job, work, environ, program or this_program(), on_line)
        finally:
            await _clean_up(work, on_line)
    except OSError as error:
        raise BuildError(f"The build failed in the server's folders: {error}.") from error


async def _build(
    job: BuildJob, work: Path, environ: Mapping[str, str], program: BuildProgram, on_line: OnLine
) -> BuildResult:
    user, warning = await _in_thread(choose_account, job, program, environ)
    if warning:
        on_line(warning, False)
    cache = await _in_thread(hold_cache, job, user)
    try:
        order = await _in_thread(prepare, job, work, cache.folder, user)
        environment = build_environment(environ, job.settings, work, order.cache)
        _note_settings(job, environment, on_line)
        result = await _run(Launch(program.command, environment.variables, user), order, on_line)
    finally:
        await _in_thread(cache.release, job.limits.cache, job.scratch)
    try:
        return result._replace(bytes=await _in_thread(publish, order.content, job.target))
    except asyncio.CancelledError:
        await _in_thread(remove, job.target)
        raise


async def _run(launch: Launch, order: BuildOrder, on_line: OnLine) -> BuildResult:
    outcome = Outcome(on_line, order.limits.lines)
    process = BuildProcess(launch, order, outcome.take)
    try:
        how = await process.run(order, order.limits.seconds)
    except TimeoutError as error:
        raise BuildError(
            f"The build was ended while it was {outcome.doing}: it took longer than {order.limits.seconds:g} seconds."
        ) from error
    return outcome.result(how)


def _note_settings(job: BuildJob, environment: BuildEnvironment, on_line: OnLine) -> None:
    if environment.unused:
        on_line(f"App settings that builds do not use: {', '.join(environment.unused)}.", False)
    commands = [name for name in (PRE_BUILD_COMMAND, POST_BUILD_COMMAND) if command_setting(job.settings, name)]
    if commands and not job.install:
        on_line(f"{' and '.join(commands)}: not run, as the package is taken as it is.", False)


async def _clean_up(work: Path, on_line: OnLine) -> None:
    try:
        await _in_thread(remove, work)
    except OSError as error:
        on_line(f"Files of the build are left in {work}: {error}.", True)


async def _in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run what waits for the disk in a thread; when cancelled, wait for its end all the same."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
