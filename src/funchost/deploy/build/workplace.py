"""Where a build works, and as whom: its folders, its account, what it is told. Waits for the disk."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from funchost.deploy.build.build_user import BuildUser, UnusableUserError, check_open, choose_user
from funchost.deploy.build.cache import HeldCache
from funchost.deploy.build.environment import POST_BUILD_COMMAND, PRE_BUILD_COMMAND, command_setting
from funchost.deploy.build.job import BuildJob
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.program import BuildProgram
from funchost.deploy.dependencies.uv import find_uv

BUILD_USER = "FUNCHOST_BUILD_USER"
_NOBODY = "nobody"
_SERVERS_OWN = "server"


def make_work_folder(job: BuildJob) -> Path:
    """Make a folder for one build."""
    job.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    job.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="build-", dir=job.scratch))


def choose_account(
    job: BuildJob, program: BuildProgram, environ: Mapping[str, str]
) -> tuple[BuildUser | None, str | None]:
    """Return the account that a build runs as, None = the server's, and a warning if that is root.

    Args:
        environ: the server's environment.
    """
    name = job.user or environ.get(BUILD_USER) or _NOBODY
    uv = find_uv(environ)
    python = job.python.path
    needed = [*program.needs, python, python.parent.parent / "lib", *([uv] if uv else [])]
    try:
        user = choose_user(name, os.geteuid())
        if user is not None:
            there = [path for path in needed if path.exists()]
            inside = [path for path in there if path.is_relative_to(job.scratch.parent)]  # a Python that was downloaded
            _check_all([path for path in there if path not in inside], user)
            _open_ways(user, (job.scratch, job.cache))
            _check_all(inside, user)
            for folder in (job.scratch, job.cache):
                check_open(folder, user, enter_only=True)
    except UnusableUserError as error:
        return None, f"Warning: this build runs as root and not as {name!r}: {error}."
    return user, None


def _check_all(paths: Iterable[Path], user: BuildUser) -> None:
    for path in paths:
        check_open(path, user)


def _open_ways(user: BuildUser, folders: Sequence[Path]) -> None:
    """Let an account pass through folders of a data directory, and through the directory, but not list them.

    Raises:
        UnusableUserError: something else in the directory would be open to it then.
    """
    for folder in folders:
        if not _is_passable(folder.parent, user):
            _check_neighbours(folder.parent, folders)
        for path in (folder.parent, folder):
            if not _is_passable(path, user):
                os.chown(path, -1, user.gid)
                path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IXGRP)


def _is_passable(folder: Path, user: BuildUser) -> bool:
    status = folder.stat()
    needed = stat.S_IXGRP if status.st_gid == user.gid else stat.S_IXOTH
    return bool(status.st_mode & needed)


def _check_neighbours(holder: Path, folders: Sequence[Path]) -> None:
    for entry in holder.iterdir():
        mode = stat.S_IMODE(entry.lstat().st_mode)
        if entry not in folders and not entry.is_symlink() and mode & (stat.S_IRGRP | stat.S_IROTH):
            raise UnusableUserError(f"{entry} (mode {mode:o}) would be open to it then")


def hold_cache(job: BuildJob, user: BuildUser | None) -> HeldCache:
    """Return the cache of an account, which has its own: none can change what another one's builds take from there."""
    return HeldCache(job.cache / (user.name if user else _SERVERS_OWN))


def prepare(job: BuildJob, work: Path, cache: Path, user: BuildUser | None) -> BuildOrder:
    """Make the build's folders and give them to its account, with a copy of the package; return its order."""
    package = job.package
    for folder in (work / "home", work / "tmp"):
        folder.mkdir(mode=0o700)
    if user is not None:
        package = work / "package.zip"
        shutil.copyfile(job.package, package)
        for path in (cache, *work.iterdir(), work):
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
