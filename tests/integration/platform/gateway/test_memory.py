"""Large bodies pass through the gateway; they do not stay there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.platform.gateway.gatewaying import POST, FakeInstance

SIZE = 100 * 1024 * 1024
PIECE = b"x" * (1024 * 1024)
MODULE = "tests.integration.platform.gateway.gateway_process"
ALLOWED_GROWTH = 6 * 1024 * 1024

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@asynccontextmanager
async def gateway_process(instance: FakeInstance) -> AsyncIterator[tuple[int, int]]:
    """Port and pid of a gateway in a process of its own."""
    await instance.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, "0", str(instance.port), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(await asyncio.wait_for(process.stdout.readline(), 20)), process.pid
    finally:
        process.kill()
        await process.wait()
        await instance.stop()


def peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


async def _ask(port: int, size: int) -> None:
    """Send `size` bytes and get as many back; both sides begin late, so that everything in between fills up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST + b"Content-Length: %d\r\n\r\n" % size)

    async def send() -> None:
        for _ in range(size // len(PIECE)):
            writer.write(PIECE)
            await writer.drain()

    sending = asyncio.create_task(send())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    await sending
    await asyncio.sleep(0.3)
    left = size
    while left:
        got = await reader.read(65536)
        assert got
        left -= len(got)
    writer.close()


async def test_100_mib_up_and_down_leave_no_trace() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            size = left = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
            await asyncio.sleep(0.3)
            while left:
                left -= len(await reader.read(65536))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()

    async with gateway_process(FakeInstance(talk=talk)) as (port, pid):
        await _ask(port, len(PIECE))
        before = peak(pid)
        await _ask(port, SIZE)
        assert peak(pid) - before <= ALLOWED_GROWTH
