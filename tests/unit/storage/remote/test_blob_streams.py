from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from funchost.storage.remote.blob_ranges import RANGE, BlobRanges
from funchost.storage.remote.block_upload import AT_ONCE, BLOCK, Block, block_list, blocks_of, put_blocks


class Pieces:
    def __init__(self, *pieces: bytes, size: int | None = None) -> None:
        self.size = size
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def lengths(body: bytes | Pieces) -> list[int]:
    async def collect() -> list[int]:
        return [len(block) async for block in blocks_of(body)]

    return asyncio.run(collect())


def test_a_body_is_cut_into_blocks_whatever_its_pieces_are() -> None:
    assert lengths(bytes(2 * BLOCK + 1)) == [BLOCK, BLOCK, 1]
    assert lengths(Pieces(bytes(2 * BLOCK + 1))) == [BLOCK, BLOCK, 1]
    assert lengths(Pieces(bytes(BLOCK - 1), b"xy", bytes(5))) == [BLOCK, 6]
    assert lengths(Pieces(bytes(BLOCK), b"")) == [BLOCK]
    assert lengths(Pieces()) == []


def test_a_body_of_too_many_blocks_gets_longer_ones() -> None:
    assert lengths(Pieces(bytes(BLOCK + 1), size=BLOCK * 50_000 + 1)) == [BLOCK + 1]


async def _blocks(count: int) -> AsyncIterator[Block]:
    for number in range(count):
        yield str(number).encode()


def test_blocks_go_out_side_by_side_but_not_too_many() -> None:
    under_way: set[str] = set()
    most = 0
    sent: dict[str, bytes] = {}

    async def put(block_id: str, block: Block) -> None:
        nonlocal most
        under_way.add(block_id)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.discard(block_id)
        sent[block_id] = bytes(block)

    listed = asyncio.run(put_blocks(_blocks(7), put))
    assert most == AT_ONCE
    assert listed == block_list(list(sent))
    assert b"".join(sent.values()) == b"0123456"
    assert {len(block_id) for block_id in sent} == {64}


def test_a_block_that_fails_ends_the_upload_and_leaves_nothing_running() -> None:
    running = 0

    async def put(block_id: str, block: Block) -> None:
        nonlocal running
        if bytes(block) == b"1":
            raise ConnectionResetError
        running += 1
        try:
            await asyncio.sleep(60)
        finally:
            running -= 1

    with pytest.raises(ConnectionResetError):
        asyncio.run(put_blocks(_blocks(9), put))
    assert running == 0


def test_ranges_join_to_the_whole_and_are_fetched_one_ahead() -> None:
    asked: list[tuple[int, int]] = []

    async def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return bytes(stop - start)

    async def read() -> int:
        body = BlobRanges(b"first", 5 + RANGE + 7, fetch)
        assert body.size == 5 + RANGE + 7
        pieces = aiter(body)
        length = len(await anext(pieces))
        await asyncio.sleep(0)
        assert asked == [(5, 5 + RANGE)]
        return length + sum([len(piece) async for piece in pieces])

    assert asyncio.run(read()) == 5 + RANGE + 7
    assert asked == [(5, 5 + RANGE), (5 + RANGE, 5 + RANGE + 7)]


def test_a_reader_that_leaves_ends_the_fetch_ahead() -> None:
    ended = False

    async def fetch(start: int, stop: int) -> bytes:
        nonlocal ended
        try:
            await asyncio.sleep(60)
        finally:
            ended = True
        return b""

    async def read() -> None:
        pieces = aiter(BlobRanges(b"first", 100, fetch))
        await anext(pieces)
        await asyncio.sleep(0)
        await pieces.aclose()  # type: ignore[attr-defined]  # an async generator, as asyncio closes it

    asyncio.run(read())
    assert ended
