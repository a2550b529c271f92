"""Both ways to notice the end of a process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from funchost.workers.exit_watch import describe_exit, watch_by_descriptor, watch_by_thread
from tests.integration.workers.pools import until

Watch = Callable[[asyncio.AbstractEventLoop, "subprocess.Popen[bytes]", Callable[[], None]], Callable[[], None]]

WAYS = [
    pytest.param(
        watch_by_descriptor,
        marks=pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system has no process descriptors"),
    ),
    watch_by_thread,
]


def spawn(script: str) -> subprocess.Popen[bytes]:
    """A process in a session of its own that has run `script` and waits."""
    command = [sys.executable, "-c", f"{script}\nprint('ready', flush=True)\ninput()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("watch", WAYS)
def test_the_end_is_noticed_once_although_a_child_holds_the_pipe(watch: Watch) -> None:
    async def scenario() -> None:
        with spawn("import subprocess; subprocess.Popen(['sleep', '60'])") as process:
            ends: list[int] = []
            stop = watch(asyncio.get_running_loop(), process, lambda: ends.append(1))
            os.kill(process.pid, signal.SIGKILL)
            await until(lambda: bool(ends))
            os.killpg(process.pid, signal.SIGKILL)
            stop()
            assert process.wait(10) == -signal.SIGKILL
            assert ends == [1]

    asyncio.run(scenario())


@pytest.mark.parametrize("watch", WAYS)
def test_watching_can_be_stopped(watch: Watch) -> None:
    async def scenario() -> None:
        with spawn("") as process:
            ends: list[int] = []
            stop = watch(asyncio.get_running_loop(), process, lambda: ends.append(1))
            stop()
            stop()
            process.kill()
            process.wait(10)
            for _ in range(10):
                await asyncio.sleep(0.005)
            assert ends == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("code", "text"),
    [(0, "exited with code 0"), (-9, "was killed by signal 9 (SIGKILL)"), (-40, "was killed by signal 40")],
)
def test_an_end_has_a_sentence(code: int, text: str) -> None:
    assert describe_exit(code) == text
