"""The end of a process whose console is read."""

from __future__ import annotations

import os
import signal
import sys

from funchost.testing.console_process import ConsoleProcess

FORKS = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        print(os.getpid(), flush=True)
        time.sleep(1000)
    os._exit(0)
os.wait()
time.sleep(1000)
"""


class Forking(ConsoleProcess):
    """A process that leaves a child in a session of its own, which nothing leads to."""

    def __enter__(self) -> Forking:
        self._run([sys.executable, "-c", FORKS])
        return self

    def child(self) -> int:
        return int(self._console.wait_for(r"\d+", 30.0)[0])


def test_a_child_that_keeps_the_console_open_does_not_hold_up_the_end() -> None:
    with Forking("process", os.environ, 30.0) as process:
        child = process.child()
        try:
            assert process.stop() == -signal.SIGTERM
        finally:
            os.kill(child, signal.SIGKILL)
