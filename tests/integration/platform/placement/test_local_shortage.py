"""LocalPlacement on a machine that has no descriptors or threads left: an error that says so, and nothing is left."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from funchost.errors import FuncHostError
from funchost.platform.placement.local_process import InstanceProcess, Spawned
from funchost.platform.placement.placement import InstanceState
from tests.integration.platform.placement.placing import placing, until

NO_DESCRIPTORS = errno.EMFILE, os.strerror(errno.EMFILE)


def not_watched(
    loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes], ended: Callable[[], None]
) -> Callable[[], None]:
    raise OSError(*NO_DESCRIPTORS)


class NotConnected(InstanceProcess):
    """Its pipes get no transports."""

    async def connect(self, order: bytes) -> None:
        await asyncio.sleep(0)
        raise OSError(*NO_DESCRIPTORS)


@pytest.mark.parametrize("run", [partial(InstanceProcess, watch=not_watched), NotConnected])
async def test_an_instance_that_cannot_be_watched_or_talked_to_is_an_error_and_leaves_nothing(
    tmp_path: Path, run: Callable[..., InstanceProcess]
) -> None:
    taken: list[Spawned] = []

    def noted(spawned: Spawned, *told: object) -> InstanceProcess:
        taken.append(spawned)
        return run(spawned, *told)

    async with placing(tmp_path, run=noted) as parts:
        revision = await parts.revision()
        with pytest.raises(FuncHostError, match=r"^An instance of shop cannot be started: .*Too many open files"):
            await parts.placement.ensure(revision, 1, listening=True)
        assert parts.placement.list() == []
        assert parts.changes[-1].state is InstanceState.ENDED
        assert parts.changes[-1].ended == "could not be started"
        ((process, messages),) = taken
        await until(lambda: process.returncode is not None)
        assert process.stdin is not None
        assert process.stdout is not None
        assert (process.stdin.closed, process.stdout.closed, messages.closed) == (True, True, True)
        await until(lambda: not list(parts.data.instances.iterdir()))
