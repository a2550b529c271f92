"""InstanceProcess over processes that do what a host does not, or not always."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from funchost.host.instance_order import Command
from funchost.platform.placement.local_process import InstanceProcess, Spawned
from tests.integration.platform.placement.placing import until

DEAF = "import os, time; os.close(0); print('deaf', flush=True); time.sleep(600)"


def deaf() -> Spawned:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    os.close(writing)
    return Spawned(process, os.fdopen(reading, "rb", 0))


async def test_a_process_that_does_not_listen_any_more_can_be_told_and_killed() -> None:
    """It is like one that has just ended, of which that is not known yet."""
    printed: list[bytes] = []
    ended: list[int] = []
    instance = InstanceProcess(deaf(), lambda _: None, printed.append, ended.append)
    try:
        await until(lambda: printed)
        await instance.connect(b"an order\n")
        for _ in range(10):
            instance.send(Command.LISTEN)
            await asyncio.sleep(0.01)  # the first ones find out that nobody listens
        instance.send(Command.STOP)
    finally:
        instance.kill()
        await until(lambda: ended)
