"""Servers that are killed in the midst of builds, and disks that are full: a version is there as a whole or not."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.deploy.build.job import BuildJob
from funchost.deploy.build.version_folder import remove
from funchost.errors import FuncHostError
from funchost.testing import eventually
from funchost.testing.process_tree import descendants, is_alive, kill_with_group
from tests.integration.deploy.build.wheels import make_package, make_wheel
from tests.integration.deploy.build.workshop import Workshop
from tests.small_disk import MIB, small_disk

ROOT = Path(__file__).parents[4]
MODULES = 60
WAIT = 60.0

SERVER = """
    import asyncio, itertools, sys
    from dataclasses import replace
    from pathlib import Path
    from tests.integration.deploy.build.workshop import Workshop

    async def build_for_ever(workshop, modules):
        job = workshop.job({f"module{number}.py": "A = 1" for number in range(modules)})
        for number in itertools.count():
            await workshop.build(replace(job, target=workshop.versions / str(number)))

    folder = Path(sys.argv[1])
    folder.mkdir()
    asyncio.run(build_for_ever(Workshop(folder), int(sys.argv[2])))
"""


@pytest.mark.parametrize("delay", [0.0, 0.04, 0.08, 0.15])
def test_a_server_killed_at_any_moment_leaves_whole_versions_only(tmp_path: Path, delay: float) -> None:
    folder = tmp_path / "server"
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(folder), str(MODULES)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        eventually(lambda: (folder / "versions" / "0").exists(), WAIT)
        with pytest.raises(subprocess.TimeoutExpired):  # the moment is what this is about
            server.wait(delay)
        os.kill(server.pid, signal.SIGSTOP)  # it starts nothing more
        below = descendants(server.pid)
    finally:
        kill_with_group(server.pid)
        server.wait()

    eventually(lambda: not any(is_alive(pid) for pid in below), WAIT)
    versions = list((folder / "versions").iterdir())
    assert versions
    for version in versions:
        assert len(list(version.glob("module*.py"))) == MODULES
        assert len(list((version / "__pycache__").iterdir())) == MODULES
        assert not (version / "host.json").stat().st_mode & 0o222
    remove(folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 20 * MIB) as folder:
        yield folder


@pytest.mark.parametrize("step", ["unpacking", "installing", "a command"])
def test_a_full_disk_is_said_to_be_full_and_nothing_is_left(disk: Path, tmp_path: Path, step: str) -> None:
    workshop = Workshop(disk)
    large = os.urandom(25 * 2**20)
    if step == "unpacking":
        job = _with_package_elsewhere(workshop, tmp_path, {"large": large})
    elif step == "installing":
        job = _with_package_elsewhere(workshop, tmp_path, {"requirements.txt": "large\n"})
        index = _large_wheel(tmp_path / "index", large)
        job = replace(job, settings={**job.settings, "PIP_FIND_LINKS": str(index)})
    else:
        job = _with_package_elsewhere(workshop, tmp_path, {})
        job = replace(job, settings={**job.settings, "PRE_BUILD_COMMAND": "cat /dev/zero > large"})

    with pytest.raises(FuncHostError) as caught:
        asyncio.run(workshop.build(job))

    assert "disk is full" in caught.value.message or "No space left" in caught.value.message
    assert list(workshop.versions.iterdir()) == []


def _with_package_elsewhere(workshop: Workshop, elsewhere: Path, files: Mapping[str, str | bytes]) -> BuildJob:
    return replace(workshop.job({}), package=make_package(elsewhere / "package.zip", files))


def _large_wheel(folder: Path, content: bytes) -> Path:
    with zipfile.ZipFile(make_wheel(folder, "large"), "a") as wheel:
        wheel.writestr("large.bin", content)
    return folder
