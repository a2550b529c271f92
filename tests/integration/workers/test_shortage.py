"""A worker on a machine that has no descriptors or threads left: an error that says so, and nothing is left."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Callable

import pytest

from funchost.errors import WorkerStartError
from funchost.testing.process_tree import is_alive
from funchost.workers.process import WorkerProcess
from tests.integration.workers.pools import Setup


def test_a_worker_that_cannot_be_watched_is_a_failed_start(setup: Setup) -> None:
    pids: list[int] = []

    def refuse(
        loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], ended: Callable[[], None]
    ) -> Callable[[], None]:
        pids.append(process.pid)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def scenario() -> None:
        with pytest.raises(WorkerStartError, match="cannot be started with .*: .*Too many open files"):
            WorkerProcess(setup.launch(), lambda stream, line: None, lambda: None, refuse)
        (pid,) = pids
        assert not is_alive(pid)

    setup.run(scenario())
