"""The end of a log stream, and what it says when nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from funchost.platform.api.scm.log_stream import LogStream, StreamTimes


class Silence:
    """A log in which nothing happens."""

    def __init__(self) -> None:
        self.left = False

    async def lines(self) -> AsyncIterator[bytes]:
        try:
            await asyncio.Event().wait()
            yield b"never"
        finally:
            self.left = True


async def test_silence_is_told_and_ends_the_stream_after_a_while() -> None:
    log = Silence()
    stream = LogStream(log.lines(), StreamTimes(0.01, 0.03), asyncio.Event())
    lines = [line.decode() async for line in stream]
    assert "Welcome" in lines[0]
    assert ["No new lines" in line for line in lines[1:-1]] == [True] * 3
    assert "Connect again" in lines[-1]
    assert log.left


async def test_a_stream_ends_with_the_server() -> None:
    log, closing = Silence(), asyncio.Event()
    stream = aiter(LogStream(log.lines(), StreamTimes(), closing))
    assert b"Welcome" in await anext(stream)
    closing.set()
    assert b"has ended" in await anext(stream)
    assert [line async for line in stream] == []
    assert log.left


async def test_a_client_that_leaves_ends_the_reading_of_the_log() -> None:
    log = Silence()
    stream = aiter(LogStream(log.lines(), StreamTimes(), asyncio.Event()))
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait((waiting,))
    assert log.left
