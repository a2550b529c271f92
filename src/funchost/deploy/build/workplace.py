"""Where a build works, and as whom: its folders, its account, what it is told. Waits for the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from funchost.deploy.build.build_user import BuildUser, UnusableUserError, choose_user
from funchost.deploy.build.environment import POST_BUILD_COMMAND, PRE_BUILD_COMMAND, command_setting
from funchost.deploy.build.job import BuildJob
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.program import BuildProgram
from funchost.deploy.dependencies.uv import find_uv

_SERVERS_OWN = "server"


def make_work_folder(job: BuildJob) -> Path:
    """Make a folder for one build."""
    job.scratch.mkdir(parents=True, exist_ok=True)
    job.cache.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="build-", dir=job.scratch))


def choose_account(
    job: BuildJob, program: BuildProgram, environ: Mapping[str, str]
) -> tuple[BuildUser | None, str | None]:
    """Return the account that a build runs as, None = the server's, and a warning if that is root.

    Args:
        environ: the server's environment.
    """
    uv = find_uv(environ)
    python = job.python.path
    # The build's own folders become its account's; what they lie in must let it pass.
    needed = [*program.needs, python, python.parent.parent / "lib", *([uv] if uv else []), job.scratch, job.cache]
    try:
        return choose_user(job.user, [path for path in needed if path.exists()], os.geteuid()), None
    except UnusableUserError as error:
        return None, f"Warning: this build runs as root and not as {job.user!r}: {error}."


def prepare(job: BuildJob, work: Path, user: BuildUser | None) -> BuildOrder:
    """Make the build's folders and give them to its account, with a copy of the package; return its order.

    Accounts have caches of their own: none can change what another one's builds take from there.
    """
    cache = job.cache / (user.name if user else _SERVERS_OWN)
    package = job.package
    for folder in (cache, work / "home", work / "tmp"):
        folder.mkdir(mode=0o700, exist_ok=True)
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
