"""Builds of a server that is root: they run as an account without rights, or say why they cannot."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.deploy.build.build_user import UnusableUserError, check_open, choose_user
from funchost.deploy.build.builder import BuildProgram
from funchost.deploy.build.job import BuildJob
from funchost.deploy.pythons import Installation
from tests.integration.deploy.build.wheels import make_wheel
from tests.integration.deploy.build.workshop import Workshop

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run builds as another account")

SYSTEM_PYTHON = Path("/usr/bin/python3")
SITE_PACKAGES = ".python_packages/lib/site-packages"


@pytest.fixture
def open_workshop() -> Iterator[Workshop]:
    """A workshop in a place that other accounts can reach; pytest's own folders are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="funchost-build-"))
    try:
        workshop = Workshop(folder)
        for each in folder.iterdir():
            each.chmod(0o700)
        yield workshop
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def index() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="funchost-index-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def system_python() -> Installation:
    """A Python outside the folders of root; skips the test where there is none of our own version."""
    path = SYSTEM_PYTHON.resolve()
    version = path.name.removeprefix("python3.")
    if not path.exists() or version != str(sys.version_info.minor):
        pytest.skip("no system Python of the version that runs the tests")
    return Installation(path, (3, int(version), 0), "test")


def open_program(python: Installation) -> BuildProgram:
    """The build's program on the system's Python, with the packages of the one that runs the tests."""
    paths = [entry for entry in sys.path if entry.endswith(("site-packages", "src"))]
    code = f"import sys; sys.path[:0] = {paths!r}; from funchost.deploy.build.__main__ import main; main()"
    needs = (python.path, *map(Path, paths))
    user = choose_user("nobody", 0)
    assert user is not None
    try:
        for path in needs:
            check_open(path, user)
    except UnusableUserError as error:
        pytest.skip(str(error))
    return BuildProgram((str(python.path), "-I", "-c", code), needs)


def remote_job(workshop: Workshop, index: Path, command: str) -> BuildJob:
    job = workshop.job({"requirements.txt": "alpha\n"}, settings={"PRE_BUILD_COMMAND": command})
    job.package.chmod(0o600)
    make_wheel(index, "alpha")
    return replace(job, settings={**job.settings, "PIP_FIND_LINKS": str(index)})


def test_a_build_runs_as_its_own_account_and_the_version_belongs_to_the_server(
    open_workshop: Workshop, index: Path
) -> None:
    python = system_python()
    program = open_program(python)
    secret = open_workshop.folder / "secret"
    secret.write_text("hush")
    secret.chmod(0o600)
    job = replace(remote_job(open_workshop, index, f"id -un; id -G; cat {secret} || echo closed"), python=python)

    result = asyncio.run(open_workshop.build(job, program=program))

    nobody = pwd.getpwnam("nobody")
    assert result.packages == ("alpha==1.0",)
    assert {"nobody", str(nobody.pw_gid), "closed"} <= set(open_workshop.lines), open_workshop.log
    assert "Warning" not in open_workshop.log
    assert (open_workshop.version / SITE_PACKAGES / "alpha.py").is_file()
    for path in (open_workshop.version, *open_workshop.version.rglob("*")):
        status = path.stat()
        assert status.st_uid == 0
        assert not stat.S_IMODE(status.st_mode) & 0o022


def test_a_build_cannot_change_a_version_that_another_has_made(open_workshop: Workshop, index: Path) -> None:
    python = system_python()
    program = open_program(python)
    job = replace(remote_job(open_workshop, index, "true"), python=python)
    asyncio.run(open_workshop.build(job, program=program))
    module = open_workshop.version / SITE_PACKAGES / "alpha.py"
    evil = f"echo evil > {module}; rm -rf {open_workshop.version}; true"
    second = replace(job, target=open_workshop.versions / "2", settings={**job.settings, "PRE_BUILD_COMMAND": evil})

    asyncio.run(open_workshop.build(second, program=program))

    assert module.read_text() == "VERSION = '1.0'\n"


def test_the_data_directory_lets_builds_pass_and_nobody_else_in(open_workshop: Workshop, index: Path) -> None:
    python = system_python()
    job = replace(remote_job(open_workshop, index, "true"), python=python)

    asyncio.run(open_workshop.build(job, program=open_program(python)))

    assert "Warning" not in open_workshop.log
    group = pwd.getpwnam("nobody").pw_gid
    for folder in (open_workshop.folder, job.scratch, job.cache):
        assert (stat.S_IMODE(folder.stat().st_mode), folder.stat().st_gid) == (0o710, group)
    assert stat.S_IMODE(open_workshop.versions.stat().st_mode) == 0o700


def test_a_data_directory_with_something_that_all_may_read_is_not_opened(open_workshop: Workshop, index: Path) -> None:
    python = system_python()
    job = replace(remote_job(open_workshop, index, "true"), python=python)
    careless = open_workshop.folder / "careless"
    careless.touch(0o644)

    asyncio.run(open_workshop.build(job, program=open_program(python)))

    assert f"{careless} (mode 644) would be open to it" in open_workshop.log
    assert stat.S_IMODE(open_workshop.folder.stat().st_mode) == 0o700


def test_a_build_that_must_run_as_root_says_why(workshop: Workshop) -> None:
    closed = workshop.folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "python3.11").symlink_to(workshop.job({}).python.path)
    job = workshop.job({}, settings={"PRE_BUILD_COMMAND": "id -un"})
    job = replace(job, python=job.python._replace(path=closed / "python3.11"))

    asyncio.run(workshop.build(job))

    assert "root" in workshop.lines
    assert "Warning: this build runs as root and not as 'nobody': " in workshop.log
    assert "is closed to 'nobody' (mode 700)" in workshop.log


def test_an_account_that_is_not_there_is_named(workshop: Workshop) -> None:
    environ = {"PATH": os.defpath, "FUNCHOST_BUILD_USER": "no-such-account"}

    asyncio.run(workshop.build(workshop.job({}), environ=environ))

    assert "there is no account 'no-such-account' on this machine" in workshop.log
