"""A host that writes blobs until it is killed; it says each name once the write is acknowledged.

Run as ``python -m tests.integration.storage.server.blob.writing_host <folder>``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from funchost.storage.embedded.store import EmbeddedStore

SIZES = (0, 1000, 200_000, 2_500_000)


def content(number: int) -> bytes:
    """Return what the blob of a number holds, its generation in front."""
    return f"{number:08}".encode() + bytes([number % 256]) * SIZES[number % len(SIZES)]


async def _write(store: EmbeddedStore, lane: int) -> None:
    blobs = store.account("devstoreaccount1").blobs
    for number in range(100_000):
        await blobs.put("abc", f"lane{lane}", content(number))
        print(lane, number, flush=True)


async def _main(folder: Path) -> None:
    store = await EmbeddedStore.open(folder)
    await store.account("devstoreaccount1").blobs.create_container("abc")
    await asyncio.gather(*(_write(store, lane) for lane in range(4)))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
