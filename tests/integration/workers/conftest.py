"""Every test of the pool runs on both event loops, and leaves no descriptor behind."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest
import uvloop

from tests.integration.workers.pools import Setup

Work = Coroutine[object, object, None]


def _runner(loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> Callable[[Work], None]:
    def run(work: Work) -> None:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(work)

    return run


@pytest.fixture(params=["asyncio", "uvloop"])
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setup]:
    run = _runner(asyncio.new_event_loop if request.param == "asyncio" else uvloop.new_event_loop)
    run(_nothing())  # the first uvloop of a process opens descriptors that stay
    gc.collect()  # what other tests have left to the collector is not counted
    before = _open_descriptors()
    yield Setup(run, tmp_path)
    gc.collect()
    assert _open_descriptors() <= before


async def _nothing() -> None:
    return


def _open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))
