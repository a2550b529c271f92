"""Writes long block blobs: blocks side by side, then the list that makes them the blob."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

from funchost.app.invocation import Body

BLOCK = 4 * 1024 * 1024
MAX_BLOCKS = 50_000
"""Most blocks of one blob, a rule of the service."""

AT_ONCE = 2
"""Blocks on their way; with the one that is being gathered they bound the memory."""

Block = bytes | bytearray | memoryview


async def put_blocks(blocks: AsyncIterable[Block], put: Callable[[str, Block], Awaitable[None]]) -> bytes:
    """Send blocks; returns the XML of the block list.

    Args:
        put: sends one block under an id.

    Raises:
        StorageError: as `put` does; blocks that were sent are dropped by the service after a week.
    """
    prefix = uuid.uuid4().hex
    ids: list[str] = []
    under_way: set[asyncio.Future[None]] = set()
    try:
        async for block in blocks:
            if len(under_way) == AT_ONCE:
                under_way = await _first_done(under_way)
            # 48 bytes before encoding, as other clients use: the service wants all ids of a blob equally long,
            # those of another client's unfinished upload too.
            ids.append(base64.b64encode(f"{prefix}{len(ids):016}".encode()).decode("ascii"))
            under_way.add(asyncio.ensure_future(put(ids[-1], block)))
        while under_way:
            under_way = await _first_done(under_way)
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    return block_list(ids)


def block_list(ids: list[str]) -> bytes:
    """Return the XML that makes a blob of the newest blocks of these ids."""
    entries = "".join([f"<Latest>{block}</Latest>" for block in ids])
    return f'<?xml version="1.0" encoding="utf-8"?><BlockList>{entries}</BlockList>'.encode("ascii")


async def blocks_of(body: bytes | Body) -> AsyncIterator[Block]:
    """Cut a body into blocks: of BLOCK bytes, longer ones if there would be too many; an empty body has none."""
    size = len(body) if isinstance(body, bytes) else body.size or 0
    length = max(BLOCK, -(-size // MAX_BLOCKS))
    if isinstance(body, bytes):
        for start in range(0, size, length):
            yield memoryview(body)[start : start + length]
        return
    gathered = bytearray()
    async for piece in body:
        rest = memoryview(piece)
        while len(gathered) + len(rest) >= length:
            missing = length - len(gathered)
            gathered += rest[:missing]
            rest = rest[missing:]
            yield gathered
            gathered = bytearray()
        gathered += rest
    if gathered:
        yield gathered


async def _first_done(under_way: set[asyncio.Future[None]]) -> set[asyncio.Future[None]]:
    done, rest = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return rest
