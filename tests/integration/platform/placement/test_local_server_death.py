"""A server that is killed takes its instances, their workers and their children with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing.eventually import eventually
from funchost.testing.process_tree import descendants, is_alive, kill_with_group
from tests.integration.platform.placement import server_process
from tests.integration.platform.placement.placing import SECONDS, placing, until


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", server_process.__name__, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_nothing_is_left_of_a_killed_server_but_folders_that_the_next_one_removes(
    tmp_path: Path, number: signal.Signals
) -> None:
    server = start(tmp_path)
    try:
        assert server.stdout is not None
        pids = [int(text) for text in server.stdout.readline().split()]
        stray = pids.pop()
        pids += [pid for pid in descendants(server.pid) if pid not in (stray, *pids)]
        assert len(pids) > 3
        os.kill(server.pid, number)
        server.wait(SECONDS)
        eventually(lambda: not any(is_alive(pid) for pid in pids), SECONDS)
    finally:
        kill_with_group(server.pid)
        server.communicate()
    assert list(tmp_path.glob("run/*"))
    async with placing(tmp_path):
        await until(lambda: not is_alive(stray))  # killed, and it takes a moment
        assert not list(tmp_path.glob("run/*"))
