"""A descriptor that a uvloop has got is closed once, by its transport."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from funchost.host.pipe_end import PipeEnd


class Probe(PipeEnd):
    """Opens the descriptor's number anew when it is told to close, as a client's connection might just then."""

    taken: int | None = None

    def close(self) -> None:
        if not is_open(self.fileno()):
            self.taken = os.open(os.devnull, os.O_RDONLY)
        super().close()


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


async def read_end(end: PipeEnd) -> asyncio.BaseTransport:
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, end)
    return transport


async def write_end(end: PipeEnd) -> asyncio.BaseTransport:
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, end)
    return transport


@pytest.mark.parametrize(("which", "connect"), [(0, read_end), (1, write_end)], ids=["read", "write"])
async def test_what_gets_the_number_of_a_closed_pipe_stays_open(
    which: int, connect: Callable[[PipeEnd], Awaitable[asyncio.BaseTransport]]
) -> None:
    ends = os.pipe()
    probe = Probe(ends[which])
    transport = await connect(probe)
    transport.close()
    async with asyncio.timeout(10):
        while is_open(ends[which]) and probe.taken is None:
            await asyncio.sleep(0)
    if probe.taken is not None:
        for _ in range(10):
            await asyncio.sleep(0)
        assert is_open(probe.taken)
        os.close(probe.taken)
    os.close(ends[1 - which])
