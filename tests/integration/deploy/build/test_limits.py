"""Builds that use too much, never end, or are ended: nothing of them goes on, nothing is left."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from funchost.deploy.build.job import BuildLimits
from funchost.deploy.build.version_folder import remove
from funchost.errors import BuildError
from funchost.testing import eventually
from funchost.testing.process_tree import descendants, is_alive, kill_with_group
from tests.integration.deploy.build.workshop import LIMITS, Workshop, limited

MEBIBYTE = 2**20
WAIT = 60.0
linux = pytest.mark.skipif(sys.platform != "linux", reason="counted through /proc")


@pytest.fixture(autouse=True)
def nothing_is_left(workshop: Workshop) -> object:
    yield
    assert list(workshop.versions.iterdir()) == []


def failure(workshop: Workshop, command: str, limits: BuildLimits) -> str:
    with pytest.raises(BuildError) as caught:
        asyncio.run(workshop.build(limited(workshop.job({}, settings={"PRE_BUILD_COMMAND": command}), limits)))
    return caught.value.message


def pid_in(path: Path) -> int:
    """Wait until a process has written its number."""
    return int(eventually(lambda: path.exists() and path.read_text().strip(), WAIT))


def test_a_build_that_takes_too_long_is_ended_with_all_it_has_started(workshop: Workshop) -> None:
    pids = workshop.folder / "pids"
    command = f"sleep 600 & echo $! >> {pids}; setsid sh -c 'echo $$ >> {pids}; exec sleep 600' & sleep 600"

    said = failure(workshop, command, LIMITS._replace(seconds=6.0))  # time enough to begin with the command

    assert "while it was running PRE_BUILD_COMMAND: it took longer than 6 seconds" in said
    if sys.platform == "linux":
        eventually(lambda: not any(is_alive(int(pid)) for pid in pids.read_text().split()), WAIT)


@linux
def test_what_a_successful_build_leaves_running_is_ended(workshop: Workshop) -> None:
    pids = workshop.folder / "pids"
    left = f"setsid sh -c 'echo $$ > {pids}; exec sleep 600 >/dev/null 2>&1'"
    command = f"{left} & while ! test -s {pids}; do sleep 0.05; done"

    asyncio.run(workshop.build(workshop.job({}, settings={"PRE_BUILD_COMMAND": command})))

    eventually(lambda: not is_alive(pid_in(pids)), WAIT)
    remove(workshop.version)


@linux
def test_one_process_gets_no_more_memory_than_the_limit(workshop: Workshop) -> None:
    command = f"{sys.executable} -c 'bytearray(3 << 30)'"

    assert "PRE_BUILD_COMMAND" in failure(workshop, command, LIMITS._replace(memory=2048 * MEBIBYTE))
    assert "MemoryError" in workshop.log


@linux
def test_processes_that_use_too_much_memory_together_are_ended(workshop: Workshop) -> None:
    one = f"{sys.executable} -c 'b = bytearray(b\"x\") * (80 << 20); import time; time.sleep(600)'"
    command = f"{one} & {one} & {one} & wait"

    said = failure(workshop, command, LIMITS._replace(memory=200 * MEBIBYTE))

    assert "more than the limit of 200 MiB" in said


@linux
def test_too_many_processes_are_ended(workshop: Workshop) -> None:
    command = "for i in $(seq 40); do sleep 600 & done; wait"

    assert "more than the limit of 30" in failure(workshop, command, LIMITS._replace(processes=30))


def test_files_that_take_too_much_in_all_are_noticed(workshop: Workshop) -> None:
    command = "for i in 1 2 3 4 5 6; do head -c 10000000 /dev/urandom > $i; done; sleep 600"

    said = failure(workshop, command, LIMITS._replace(disk=40 * MEBIBYTE))

    assert "while it was running PRE_BUILD_COMMAND: its files take" in said
    assert "more than the limit of 40 MiB" in said


def test_one_file_cannot_grow_beyond_the_limit(workshop: Workshop) -> None:
    command = "head -c 100000000 /dev/zero > big; test $(wc -c < big) -lt 100000000 && exit 5"

    said = failure(workshop, command, LIMITS._replace(disk=60 * MEBIBYTE))

    assert "PRE_BUILD_COMMAND" in said


def test_output_without_end_reaches_the_log_up_to_the_limit(workshop: Workshop) -> None:
    job = workshop.job({}, settings={"PRE_BUILD_COMMAND": "seq 200000"})

    asyncio.run(workshop.build(limited(job, LIMITS._replace(lines=50))))

    assert len(workshop.lines) <= 52
    assert "more lines are not shown" in workshop.log
    remove(workshop.version)


def test_folders_without_end_are_refused_and_removed(workshop: Workshop) -> None:
    script = "import os\nfor _ in range(3000):\n    os.mkdir('d'); os.chdir('d')\n"
    command = f'{sys.executable} -c "{script}"'

    assert "too deep" in failure(workshop, command, LIMITS)


def test_a_cancelled_build_ends_at_once(workshop: Workshop) -> None:
    pids = workshop.folder / "pid"

    async def cancel() -> None:
        job = workshop.job({}, settings={"PRE_BUILD_COMMAND": f"echo $$ > {pids}; sleep 600"})
        building = asyncio.create_task(workshop.build(job))
        while not pids.exists():
            await asyncio.sleep(0.01)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building

    asyncio.run(cancel())
    eventually(lambda: not is_alive(pid_in(pids)), WAIT)


def test_a_killed_build_process_fails_the_build_and_takes_the_rest_along(workshop: Workshop) -> None:
    pids = workshop.folder / "pid"

    async def kill() -> None:
        command = f"echo $PPID > {pids}; sleep 600 & echo $! > {pids}.child; wait"
        building = asyncio.create_task(workshop.build(workshop.job({}, settings={"PRE_BUILD_COMMAND": command})))
        while not (workshop.folder / "pid.child").exists():
            await asyncio.sleep(0.01)
        os.kill(await asyncio.to_thread(pid_in, pids), 9)
        await building

    with pytest.raises(BuildError, match="was killed by signal 9 .* while it was running PRE_BUILD_COMMAND") as caught:
        asyncio.run(kill())
    assert caught.value.hint is not None
    eventually(lambda: not is_alive(pid_in(workshop.folder / "pid.child")), WAIT)


SERVER = """
    import asyncio, sys
    from pathlib import Path
    from tests.integration.deploy.build.workshop import Workshop
    folder = Path(sys.argv[1])
    folder.mkdir()
    workshop = Workshop(folder)
    asyncio.run(workshop.build(workshop.job({}, settings={"PRE_BUILD_COMMAND": f"echo $$ > {folder}/pid; sleep 600"})))
"""


def test_a_build_ends_when_its_server_is_killed(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    root = Path(__file__).parents[4]
    server = subprocess.Popen([sys.executable, "-c", textwrap.dedent(SERVER), str(folder)], cwd=root)
    try:
        pid_in(folder / "pid")
        below = descendants(server.pid)
        assert len(below) >= 2
    finally:
        kill_with_group(server.pid)
        server.wait()

    eventually(lambda: not any(is_alive(pid) for pid in below), WAIT)
    assert list((folder / "versions").iterdir()) == []
    assert len(list((folder / "scratch").iterdir())) == 1
